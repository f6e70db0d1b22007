"""What a benchmark on a data set's classes is made of: candidates, a protocol, units of work."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.audio import read_clip
from core.detectors import Detector
from core.detectors.registry import head_type
from core.detectors.settings import make_settings, with_former_names
from core.evaluation.benchmarks.results import Row
from core.evaluation.benchmarks.units import Unit
from core.evaluation.datasets.esc50 import Recording, of_classes
from core.features.cache import FeatureCache
from core.metrics import Interval
from core.runtime.progress import Progress, part
from core.types import AnomalyMap, Clip, TrainingClip


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

    @property
    def learns_classes(self) -> bool:
        """Whether one detector learns all of a data set's classes at once."""
        return head_type(self.head).learns_classes(self.settings_in_full())

    def on(self, data_set: str) -> Candidate:
        """The candidate as it is published for a data set."""
        if self.preset != "published":
            return self
        changed = head_type(self.head).published_for.get(data_set, {})
        return dataclasses.replace(self, settings=self.settings | changed)

    def detector(self, seed: int) -> Detector:
        """An unfitted detector."""
        return Detector(self.head, self.backbone, seed=seed, **self.settings)


@dataclass(frozen=True)
class Protocol:
    """Which classes are normal, and which folds train and test."""

    normals: tuple[str, ...]
    train_folds: tuple[int, ...] = (1, 2, 3)
    test_folds: tuple[int, ...] = (4, 5)
    seed: int = 0


def unit(name: str, candidate: Candidate, normal: str, details: dict[str, Any]) -> Unit:
    """One candidate on one class: what is measured at once, kept, and never measured again."""
    described = {
        "benchmark": name,
        "normal": normal,
        "details": details,
        "candidate": dataclasses.asdict(candidate)
        | {"settings": with_former_names(candidate.settings)},
        # The settings in full: another default is another measurement.
        "settings": with_former_names(dataclasses.asdict(candidate.settings_in_full())),
    }
    return Unit(f"{candidate.head}, {candidate.preset}, {normal}", candidate, normal, described)


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
        (
            TrainingClip(clip, group=recording.source)
            for clip, recording in zip(clips_of(train, detector.sample_rate), train, strict=True)
        ),
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


def clip_scores(
    candidate: Candidate,
    data_set: str,
    normal: str,
    snr_db: float | None,
    found: AnomalyMap,
    made_from: dict[str, Any],
    anomalous: bool,
    event: str | None = None,
) -> dict[str, Any]:
    """One clip's score and what became of it, as plain JSON: what `Measured.clips` holds."""
    return {
        "head": candidate.head,
        "preset": candidate.preset,
        "backbone": candidate.backbone,
        "data_set": data_set,
        "normal": normal,
        "snr_db": snr_db,
        "clip": found.clip_name,
        "anomalous": anomalous,
        "event": event,
        "score": float(found.score),
        "p_value": float(found.p_value),
        "threshold": float(found.threshold),
        "values": {},
        "made_from": made_from,
    }
