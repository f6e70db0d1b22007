"""Small tasks that a worker process can import, for tests of jobs."""

from __future__ import annotations

import dataclasses
import datetime
import os
import signal
import sys
import time
from typing import Any, ClassVar

from core.errors import FitError
from core.jobs.tasks.task import OPTIONAL, Task
from core.runtime.progress import Progress, silent


@dataclasses.dataclass(frozen=True, kw_only=True)
class SmallTask(Task):
    """A task of no page."""

    view: ClassVar[str] = "jobs"

    @property
    def title(self) -> str:
        """What the task does, for people."""
        return f"Trying to {self.kind.replace('_', ' ')}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Count(SmallTask):
    """Steps of a tenth of a second."""

    kind: ClassVar[str] = "count"

    steps: int
    resumed_since: str | None = dataclasses.field(default=None, metadata=OPTIONAL)

    def resumed(self, since: datetime.datetime) -> Task:
        """Make a task that knows when it was first asked for."""
        return dataclasses.replace(self, resumed_since=self.resumed_since or since.isoformat())

    def run(self, progress: Progress = silent) -> dict[str, Any]:
        """Count."""
        for i in range(self.steps):
            progress(f"Step {i + 1}", i / self.steps)
            time.sleep(0.1)
        return {
            "counted": self.steps,
            "pid": os.getpid(),
            "threads": os.environ.get("OMP_NUM_THREADS"),
            "heavy": sorted({"torch", "streamlit", "pytest", "alembic"} & set(sys.modules)),
            "main": getattr(sys.modules["__main__"], "__file__", None),
        }


@dataclasses.dataclass(frozen=True, kw_only=True)
class BeKilled(SmallTask):
    """Ends as a process does that used up the memory."""

    kind: ClassVar[str] = "be_killed"

    def run(self, progress: Progress = silent) -> dict[str, Any]:
        """End."""
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


@dataclasses.dataclass(frozen=True, kw_only=True)
class Refuse(SmallTask):
    """A sentence for people."""

    kind: ClassVar[str] = "refuse"

    def run(self, progress: Progress = silent) -> dict[str, Any]:
        """Refuse."""
        raise FitError("Two clips are too few.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Stumble(SmallTask):
    """A mistake of the program's."""

    kind: ClassVar[str] = "stumble"

    def run(self, progress: Progress = silent) -> dict[str, Any]:
        """Stumble."""
        return {"never": {}["there"]}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Exhaust(SmallTask):
    """No memory left."""

    kind: ClassVar[str] = "exhaust"

    def run(self, progress: Progress = silent) -> dict[str, Any]:
        """Exhaust the memory."""
        raise MemoryError


SMALL_TASKS = {task.kind: task for task in (Count, BeKilled, Refuse, Stumble, Exhaust)}
