"""What a benchmark on a data set's classes is made of: candidates, a protocol, units of work."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from core.audio import read_clip
from core.benchmark.results import Row, finished_or_run
from core.datasets.esc50 import Recording, of_classes
from core.detectors import Detector
from core.detectors.options import make_settings
from core.detectors.registry import head_type
from core.errors import DataSetError
from core.feature_cache import FeatureCache
from core.metrics import Interval
from core.progress import Progress, part
from core.types import AnomalyMap, Clip


@dataclass(frozen=True)
class Candidate:
    """A detector to be measured: a head with settings, under the name of a preset."""

    head: str
    preset: str
    backbone: str
    settings: dict[str, Any]

    def settings_in_full(self) -> Any:
        """The head's settings, defaults included."""
        return make_settings(head_type(self.head).settings_type, self.head, self.settings)

    def detector(self, seed: int) -> Detector:
        """An unfitted detector."""
        return Detector(self.head, self.backbone, seed=seed, **self.settings)


@dataclass(frozen=True)
class Protocol:
    """Which classes are normal and which are mixed in, and which folds train and test."""

    normals: tuple[str, ...]
    anomalies: tuple[str, ...]
    snr_db: tuple[float, ...]
    train_folds: tuple[int, ...] = (1, 2, 3)
    test_folds: tuple[int, ...] = (4, 5)
    seed: int = 0
    compare_grouping: bool = False

    def check(self) -> None:
        """Refuse a class that is both normal and anomalous.

        Raises:
            DataSetError: one is.
        """
        both = sorted(set(self.normals) & set(self.anomalies))
        if both:
            raise DataSetError(f"Class “{both[0]}” is both normal and anomalous; choose one.")


def run_units(
    name: str,
    protocol: Protocol,
    candidates: Sequence[Candidate],
    folder: Path,
    one: Callable[[Candidate, str, Progress], list[Row]],
    progress: Progress,
) -> list[Row]:
    """The rows of every candidate and normal class; finished ones are read, not run again."""
    units = [(candidate, normal) for candidate in candidates for normal in protocol.normals]
    rows: list[Row] = []
    for i, (candidate, normal) in enumerate(units):
        watch = _titled(
            part(progress, i / len(units), (i + 1) / len(units)),
            f"{candidate.head}, {candidate.preset}, {normal}",
        )
        described = {
            "benchmark": name,
            "protocol": dataclasses.asdict(protocol) | {"normals": [normal]},
            "others": sorted(protocol.normals) if name == "novelty" else [],
            "candidate": dataclasses.asdict(candidate),
            # The settings in full: another default is another measurement.
            "settings": dataclasses.asdict(candidate.settings_in_full()),
        }
        rows += finished_or_run(folder, described, partial(one, candidate, normal, watch))
    return rows


def _titled(progress: Progress, title: str) -> Progress:
    return lambda stage, fraction: progress(f"{title}: {stage.lower()}", fraction)


def fitted(
    recordings: list[Recording],
    protocol: Protocol,
    candidate: Candidate,
    normal: str,
    progress: Progress,
) -> tuple[Detector, list[Recording], list[AnomalyMap]]:
    """A detector fitted on the training folds, the test recordings and their maps."""
    train = of_classes(recordings, [normal], protocol.train_folds)
    tests = of_classes(recordings, [normal], protocol.test_folds)
    detector = candidate.detector(protocol.seed)
    detector.fit(
        clips_of(train, detector.sample_rate),
        groups=[recording.source for recording in train],
        n_clips=len(train),
        progress=part(progress, 0.0, 0.3),
    )
    maps = list(detector.score_many(clips_of(tests, detector.sample_rate), cache=FeatureCache()))
    progress("Scoring normal clips", 0.4)
    return detector, tests, maps


def clips_of(recordings: Sequence[Recording], sample_rate: int) -> Iterator[Clip]:
    """The clips of these recordings, read one by one."""
    return (read_clip(recording.path, sample_rate=sample_rate) for recording in recordings)


def row(
    candidate: Candidate,
    data_set: str,
    normal: str,
    snr_db: float | None,
    level: str,
    metric: str,
    value: float | Interval,
    n: int,
) -> Row:
    """One number, with its interval where it is given as one."""
    if not isinstance(value, Interval):
        value = Interval(float(value), np.nan, np.nan)
    return Row(
        head=candidate.head,
        preset=candidate.preset,
        backbone=candidate.backbone,
        data_set=data_set,
        normal=normal,
        snr_db=snr_db,
        level=level,
        metric=metric,
        value=value.value,
        low=None if np.isnan(value.low) else value.low,
        high=None if np.isnan(value.high) else value.high,
        n=n,
    )
