"""The long work of the app: a dataclass for each kind, found by the kind's name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.errors import SettingError
from core.jobs.tasks.bench import BenchTask
from core.jobs.tasks.demo import DemoTask
from core.jobs.tasks.explain import CounterfactualTask, ExplainTask, TryMaskTask
from core.jobs.tasks.fit import FitTask
from core.jobs.tasks.fit_heads import FitHeadsTask
from core.jobs.tasks.recalibrate import RecalibrateTask
from core.jobs.tasks.report import BatchReportTask, ClipReportTask
from core.jobs.tasks.score import ScoreTask
from core.jobs.tasks.task import Task
from core.jobs.tasks.weights import WeightsTask

_KINDS: tuple[type[Task], ...] = (
    FitTask,
    ScoreTask,
    DemoTask,
    RecalibrateTask,
    FitHeadsTask,
    ExplainTask,
    CounterfactualTask,
    TryMaskTask,
    ClipReportTask,
    BatchReportTask,
    BenchTask,
    WeightsTask,
)
TASKS: dict[str, type[Task]] = {task.kind: task for task in _KINDS}


def task_of(kind: str, arguments: Mapping[str, Any]) -> Task:
    """Make the task of a job's record.

    Args:
        kind: the kind of work, as the record names it
        arguments: as the record holds them

    Returns:
        The task; its arguments are not checked.

    Raises:
        SettingError: this program does no such work.
    """
    if kind not in TASKS:
        raise SettingError(f"There is no work called “{kind}”; there is {', '.join(TASKS)}.")
    return TASKS[kind].from_record(arguments)
