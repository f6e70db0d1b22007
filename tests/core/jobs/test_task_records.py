"""Arguments of tasks: refused where they are wrong, and read from records of earlier versions."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from core.errors import SettingError
from core.evaluation.benchmarks import saved
from core.jobs import list_jobs, submit
from core.jobs.tasks import TASKS, task_of
from core.jobs.tasks.bench import BenchTask
from core.jobs.tasks.fit import FitTask
from core.jobs.tasks.score import ScoreTask
from core.jobs.tasks.task import KeyedTask, Task
from core.jobs.tasks.weights import WeightsTask

ON_A_RECORDING = {
    "model_id": "m",
    "clip_id": "c",
    "stretch": [1.5, 3.0],
    "background": "mean",
    "scored_at": "2026-01-01T00:00:00+00:00",
}
BOX = {"start_s": 0.5, "end_s": 1.0, "low_hz": 100.0, "high_hz": 900.0}
FIT = {
    "clip_ids": ["a", "b"], "model_name": "Fan", "head": "anopatch", "preset": "small",
    "groups": None, "labels": ["x", "y"], "backbone": "beats-small", "seed": 3,
    "precision": "float32", "false_alarm_rate": 0.05, "channel": 0,
    "head_settings": {"loudness_exponent": 0.5}, "grouping": {"rule": None, "field": None},
    "classes": {"rule": "folder", "field": 1},
}  # fmt: skip
BENCH = {
    "source": "esc50", "folder": "esc", "normals": ["rain"], "anomalies": ["dog"],
    "heads": ["padim"], "presets": ["published"], "snr_db": [6.0], "n_faithful": 0,
    "most_training": 24, "most_tests": 16, "seed": 0,
}  # fmt: skip

# Arguments as the app of 0.1.0 submitted them, and the keys under which it saved the results.
KEYS: list[tuple[str, dict[str, Any], str]] = [
    ("explain", ON_A_RECORDING | {"stretch": None}, "d0da55664c270bda423621f263917591"),
    ("counterfactual", ON_A_RECORDING | {"rate": 0.05}, "305057b14412861a77a501c2fd7e7923"),
    ("try_mask", ON_A_RECORDING | {"boxes": [BOX]}, "237e32b8a154d827bd6e025f1a8ab788"),
    ("clip_report", ON_A_RECORDING | {"rate": 0.05}, "9a4c96e254d018a2f5f3c2dd3fa3a1d9"),
    (
        "batch_report",
        {"model_id": "m", "rate": 0.05, "name": "Fan", "scored": "0" * 32},
        "8fb4e306c0c29d76d1ac54fcfbc0005d",
    ),
]


@pytest.mark.parametrize(("kind", "arguments", "key"), KEYS, ids=[kind for kind, _, _ in KEYS])
def test_what_0_1_0_saved_is_found_under_its_key(
    kind: str, arguments: dict[str, Any], key: str
) -> None:
    task = task_of(kind, arguments)
    assert isinstance(task, KeyedTask)
    assert task.key == key
    # The moment at which a job was resumed changes nothing of what is saved.
    assert task_of(kind, arguments | {"resumed_since": "2026-02-02T00:00:00+00:00"}) == task


@pytest.mark.parametrize(("kind", "arguments", "key"), KEYS, ids=[kind for kind, _, _ in KEYS])
def test_a_recalibrated_model_is_explained_and_reported_anew(
    kind: str, arguments: dict[str, Any], key: str
) -> None:
    keys = {key}
    for recalibration_id in (1, 2):
        task = task_of(kind, arguments | {"recalibration_id": recalibration_id})
        assert isinstance(task, KeyedTask)
        task.check()
        keys.add(task.key)
    assert len(keys) == 3


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [*((kind, arguments) for kind, arguments, _ in KEYS), ("fit", FIT), ("bench", BENCH)],
)
def test_a_record_of_0_1_0_is_the_record_of_the_same_task_now(
    kind: str, arguments: dict[str, Any]
) -> None:
    task = task_of(kind, arguments)
    task.check()
    assert task.as_record() == arguments
    assert task.from_record(task.as_record()) == task


def test_a_long_training_and_a_benchmark_of_0_1_0_are_found_again() -> None:
    assert FitTask.from_record(FIT).checkpoints.name == "6277d454cecca504"
    now = FIT | {"head_settings": {"energy_exponent": 0.5}, "model_name": "Fan 2"}
    assert FitTask.from_record(now).checkpoints.name == "6277d454cecca504"
    record = BenchTask.from_record(BENCH).as_record()
    assert saved.benchmark_id(record) == "6b32bdc8b664c323"


def test_whether_the_level_counts_is_recorded_only_where_it_does() -> None:
    assert "level_counts" not in FitTask.from_record(FIT).as_record()
    counts = FitTask.from_record(FIT | {"level_counts": True})
    assert counts.as_record() == FIT | {"level_counts": True}
    # The training is the same, so it goes on from the same state.
    assert counts.checkpoints == FitTask.from_record(FIT).checkpoints


def test_a_scoring_goes_on_from_when_it_was_first_asked_for() -> None:
    first = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
    task = task_of("score", {"model_id": "m", "clip_ids": ["a"]})
    resumed = task.resumed(first)
    assert resumed.as_record() == {
        "model_id": "m",
        "clip_ids": ["a"],
        "resumed_since": "2026-01-01T00:00:00+00:00",
    }
    later = first + datetime.timedelta(days=1)
    assert task_of("score", resumed.as_record()).resumed(later) == resumed


@pytest.mark.parametrize("kind", TASKS)
def test_what_a_record_lacks_is_named_and_what_it_has_too_much_is_left_out(kind: str) -> None:
    task = task_of(kind, {"unheard": 1, "device": "cpu"})
    assert len(task.title.split()) >= 3 and "_" not in task.title
    assert not {"unheard", "device"} & set(task.as_record())
    with pytest.raises(SettingError, match=f"of the work “{kind}” cannot be"):
        task.check()


@pytest.mark.parametrize(
    ("task", "said"),
    [
        (FitTask(clip_ids=[]), r"The clip ids of the work “fit” cannot be \[\]"),
        (FitTask(clip_ids=["a"], seed="3"), "seed"),  # type: ignore[arg-type]
        (FitTask(clip_ids=["a"], seed=True), "seed"),
        (FitTask(clip_ids=["a"], false_alarm_rate="1"), "false alarm rate"),  # type: ignore[arg-type]
        (FitTask(clip_ids=["a"], groups=[1]), "groups"),  # type: ignore[list-item]
        (FitTask(clip_ids=["a"], channel="left"), "channel"),  # type: ignore[arg-type]
        (FitTask(clip_ids=["a"], channel=1.5), "channel"),  # type: ignore[arg-type]
        (FitTask(clip_ids=["a"], channel=True), "channel"),
        (FitTask(clip_ids=["a"], channel=-1), "channel is a number from 0"),
        (FitTask(clip_ids=["a"], channel=None), "channel"),  # type: ignore[arg-type]
        (FitTask(clip_ids=["a"], groups=["x", "y"]), "2 groups for 1 recording"),
        (ScoreTask(model_id="", clip_ids=["a"]), "model id"),
        (WeightsTask(name="aisfx", file=3), "file"),  # type: ignore[arg-type]
    ],
)
def test_wrong_arguments_are_refused_where_the_job_is_submitted(task: Task, said: str) -> None:
    with pytest.raises(SettingError, match=said):
        submit(task)
    assert list_jobs() == []
