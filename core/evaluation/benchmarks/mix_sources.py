"""Where EnvMix's recordings come from: published data sets, plain folders, built-in machines.

Folds that are not named: of five, 1-3 train and 4, 5 test; of ten (UrbanSound8K), 1-6 and 7-10.
Events come from the test folds where they are of the normal clips' own set, else from all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from core.errors import SettingError
from core.evaluation.benchmarks.machine_mixes import MachineMixes, MadeMix
from core.evaluation.benchmarks.recorded_mixes import RecordedMix, RecordedMixes
from core.evaluation.datasets.esc50 import esc50
from core.evaluation.datasets.folders import folder_recordings
from core.evaluation.datasets.recording import Recording
from core.evaluation.datasets.urbansound import urbansound

# Normal clips to fit on and to test with, and mixes to find, by normal class; both are plain data
# that another process can be given.
MixSet = MachineMixes | RecordedMixes
PlannedMix = MadeMix | RecordedMix


def from_machines(
    machines: Sequence[str],
    *,
    seed: int = 0,
    most_training: int | None = None,
    most_tests: int | None = None,
) -> MachineMixes:
    """Take the built-in machines, each a normal class.

    Args:
        machines: The machines.
        seed: What their sounds are made from.
        most_training: How many training clips of each.
        most_tests: How many normal test clips of each, and twice the takes of each fault.

    Returns:
        The mixes.

    Raises:
        SettingError: a number is below 2.
    """
    _check_counts({"most_training": most_training, "most_tests": most_tests})
    counts: dict[str, Any] = {} if most_training is None else {"n_training": most_training}
    if most_tests is not None:
        counts |= {"n_tests": most_tests, "n_of_each_fault": most_tests // 2}
    return MachineMixes(tuple(machines), seed=seed, **counts)


def from_data_sets(
    esc50_root: Path, urbansound_root: Path | None = None, **options: Any
) -> RecordedMixes:
    """Take events of ESC-50 and clips of UrbanSound8K, or of ESC-50 itself.

    Args:
        esc50_root: ESC-50's folder.
        urbansound_root: UrbanSound8K's folder.
        **options: Those of `recorded`.

    Returns:
        The mixes.

    Raises:
        DataSetError: a folder is not laid out as published.
    """
    events = esc50(esc50_root)
    if urbansound_root is None:
        return recorded("esc50", events, events, **options)
    normal = urbansound(urbansound_root)
    return recorded("urbansound+esc50", normal, events, **options)


def from_folders(
    normal_folder: Path, anomaly_folder: Path, rule: str = "file", **options: Any
) -> RecordedMixes:
    """Take events of one plain folder and clips of another.

    Args:
        normal_folder: The normal recordings.
        anomaly_folder: The recordings with events.
        rule: Which files are of one recording, as `folder_recordings` takes it.
        **options: Those of `recorded`.

    Returns:
        The mixes.

    Raises:
        DataSetError: a folder is not there or holds no audio.
    """
    normal = folder_recordings(normal_folder, rule)
    events = folder_recordings(anomaly_folder, rule)
    return recorded("folders", normal, events, **options)


def recorded(
    data_set: str,
    normal: Sequence[Recording],
    events: Sequence[Recording],
    *,
    normals: Sequence[str] | None = None,
    anomalies: Sequence[str] | None = None,
    train_folds: Sequence[int] | None = None,
    test_folds: Sequence[int] | None = None,
    event_folds: Sequence[int] | None = None,
    **options: Any,
) -> RecordedMixes:
    """Mix two lists of recordings, which may be one and the same.

    Args:
        data_set: The set's name in results.
        normal: Where the normal clips come from.
        events: Where the events come from.
        normals: The normal classes, by default all.
        anomalies: The classes of events, by default all.
        train_folds: The folds fitted on.
        test_folds: The folds of the normal clips that are scored.
        event_folds: The folds of the events.
        **options: Seed, `snr_over`, `balanced`, and the most clips, as `RecordedMixes` has them.

    Returns:
        The mixes.

    Raises:
        SettingError: a number is below 2, or a fold both trains and tests.
    """
    _check_counts(options)
    is_of_ten = max(recording.fold for recording in normal) > 5
    train = tuple(train_folds or ((1, 2, 3, 4, 5, 6) if is_of_ten else (1, 2, 3)))
    test = tuple(test_folds or ((7, 8, 9, 10) if is_of_ten else (4, 5)))
    if set(train) & set(test):
        raise SettingError(f"Fold {min(set(train) & set(test))} cannot both train and test.")
    every_fold = tuple(sorted({recording.fold for recording in events}))
    return RecordedMixes(
        data_set=data_set,
        normal_recordings=tuple(normal),
        anomaly_recordings=tuple(events),
        normals=tuple(normals or sorted({recording.category for recording in normal})),
        anomalies=tuple(anomalies or sorted({recording.category for recording in events})),
        train_folds=train,
        test_folds=test,
        event_folds=tuple(event_folds or (test if events is normal else every_fold)),
        **options,
    )


def _check_counts(options: Mapping[str, Any]) -> None:
    for what, name in (("training", "most_training"), ("test", "most_tests")):
        count = options.get(name)
        if count is not None and count < 2:
            raise SettingError(f"At least 2 {what} clips a class are needed, not {count}.")
