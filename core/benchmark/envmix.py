"""EnvMix and novelty: a detector for each normal class, scored on clips of other folds."""

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
from core.datasets.envmix import Mix, mix
from core.datasets.esc50 import Recording, of_classes
from core.detectors import Detector
from core.errors import DataSetError
from core.feature_cache import FeatureCache
from core.metrics import column_scores, roc_auc, truth_columns, truth_mask
from core.progress import Progress, part
from core.types import AnomalyMap, Clip

SCORED_TOGETHER = 8


@dataclass(frozen=True)
class Candidate:
    """A detector to be measured: a head with settings, under the name of a preset."""

    head: str
    preset: str
    backbone: str
    settings: dict[str, Any]

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

    def check(self) -> None:
        """Refuse a class that is both normal and anomalous.

        Raises:
            DataSetError: one is.
        """
        both = sorted(set(self.normals) & set(self.anomalies))
        if both:
            raise DataSetError(f"Class “{both[0]}” is both normal and anomalous; choose one.")


def run_envmix(
    recordings: list[Recording],
    protocol: Protocol,
    candidates: Sequence[Candidate],
    folder: Path,
    progress: Progress,
) -> list[Row]:
    """AUROC at sample, spectrogram and temporal level for each candidate, normal class and SNR.

    Every test clip of the normal class is a normal one, and once mixed with an event of each
    anomaly class, taken in turn from the test folds, a third time never with a recording of its
    own source. Spectrogram and temporal values are means over the mixes.
    """
    protocol.check()
    of_classes(recordings, (*protocol.normals, *protocol.anomalies), protocol.test_folds)

    def one(candidate: Candidate, normal: str, watch: Progress) -> list[Row]:
        return _envmix_class(recordings, protocol, candidate, normal, watch)

    return _run_units("envmix", protocol, candidates, folder, one, progress)


def run_novelty(
    recordings: list[Recording],
    protocol: Protocol,
    candidates: Sequence[Candidate],
    folder: Path,
    progress: Progress,
) -> list[Row]:
    """Sample AUROC of each class's held-out clips against those of the other normal classes."""
    of_classes(recordings, protocol.normals, protocol.test_folds)
    if len(protocol.normals) < 2:
        raise DataSetError("Novelty needs at least two normal classes: one against the others.")

    def one(candidate: Candidate, normal: str, watch: Progress) -> list[Row]:
        return _novelty_class(recordings, protocol, candidate, normal, watch)

    return _run_units("novelty", protocol, candidates, folder, one, progress)


def _run_units(
    name: str,
    protocol: Protocol,
    candidates: Sequence[Candidate],
    folder: Path,
    one: Callable[[Candidate, str, Progress], list[Row]],
    progress: Progress,
) -> list[Row]:
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
        }
        rows += finished_or_run(folder, described, partial(one, candidate, normal, watch))
    return rows


def _titled(progress: Progress, title: str) -> Progress:
    return lambda stage, fraction: progress(f"{title}: {stage.lower()}", fraction)


def _envmix_class(
    recordings: list[Recording],
    protocol: Protocol,
    candidate: Candidate,
    normal: str,
    progress: Progress,
) -> list[Row]:
    detector, tests, normal_maps = _fitted(recordings, protocol, candidate, normal, progress)
    normal_scores = np.array([scored.score for scored in normal_maps])
    rows = [*_false_alarms(detector, candidate, "envmix", normal, normal_scores)]
    watch = part(progress, 0.4, 1.0)
    for i, snr_db in enumerate(protocol.snr_db):
        mixes = list(_mixes(recordings, protocol, tests, detector.sample_rate, snr_db))
        settings = detector.spectrogram_settings
        scores, spectrogram_roc, temporal_roc = [], [], []
        scored_maps = detector.score_many((made.clip for made in mixes), cache=FeatureCache())
        for j, (made, scored) in enumerate(zip(mixes, scored_maps, strict=True)):
            power, columns = made.stem_power(settings), made.columns(settings)
            mask, times = truth_mask(power, columns), truth_columns(power, columns)
            scores.append(scored.score)
            spectrogram_roc.append(roc_auc(mask.ravel(), scored.raw.ravel()))
            temporal_roc.append(roc_auc(times, column_scores(scored.raw)))
            watch("Scoring mixes", (i + (j + 1) / len(mixes)) / len(protocol.snr_db))
        truth = np.repeat([False, True], [len(normal_scores), len(scores)])
        sample_roc = roc_auc(truth, np.concatenate([normal_scores, scores]))
        for level, value in (
            ("sample", sample_roc),
            ("spectrogram", float(np.mean(spectrogram_roc))),
            ("temporal", float(np.mean(temporal_roc))),
        ):
            rows.append(_row(candidate, "envmix", normal, snr_db, level, "ROC", value, len(scores)))
    return rows


def _novelty_class(
    recordings: list[Recording],
    protocol: Protocol,
    candidate: Candidate,
    normal: str,
    progress: Progress,
) -> list[Row]:
    detector, _, normal_maps = _fitted(recordings, protocol, candidate, normal, progress)
    others = of_classes(
        recordings, [c for c in protocol.normals if c != normal], protocol.test_folds
    )
    watch = part(progress, 0.4, 1.0)
    scores = []
    for scored in detector.score_many(_clips(others, detector.sample_rate), cache=FeatureCache()):
        scores.append(scored.score)
        watch("Scoring other classes", len(scores) / len(others))
    truth = np.repeat([False, True], [len(normal_maps), len(scores)])
    value = roc_auc(truth, np.array([*(m.score for m in normal_maps), *scores]))
    return [_row(candidate, "novelty", normal, None, "sample", "ROC", value, truth.size)]


def _fitted(
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
        _clips(train, detector.sample_rate),
        groups=[recording.source for recording in train],
        n_clips=len(train),
        progress=part(progress, 0.0, 0.3),
    )
    maps = list(detector.score_many(_clips(tests, detector.sample_rate), cache=FeatureCache()))
    progress("Scoring normal clips", 0.4)
    return detector, tests, maps


def _mixes(
    recordings: list[Recording],
    protocol: Protocol,
    tests: Sequence[Recording],
    sample_rate: int,
    snr_db: float,
) -> Iterator[Mix]:
    for anomaly in protocol.anomalies:
        events = of_classes(recordings, [anomaly], protocol.test_folds)
        for i, normal in enumerate(tests):
            allowed = [event for event in events if event.source != normal.source]
            event = allowed[i % len(allowed)]
            yield mix(
                read_clip(normal.path, sample_rate=sample_rate),
                read_clip(event.path, sample_rate=sample_rate),
                snr_db,
                seed=protocol.seed,
            )


def _clips(recordings: Sequence[Recording], sample_rate: int) -> Iterator[Clip]:
    return (read_clip(recording.path, sample_rate=sample_rate) for recording in recordings)


def _false_alarms(
    detector: Detector, candidate: Candidate, data_set: str, normal: str, scores: Any
) -> Iterator[Row]:
    """The share of held-out test normals above the threshold at the nominal 5 % and 10 %."""
    for rate in (0.05, 0.10):
        observed = float(np.mean(scores > detector.calibration.threshold(rate)))
        metric = f"false alarms at {rate:.0%}"
        yield _row(candidate, data_set, normal, None, "sample", metric, observed, len(scores))


def _row(
    candidate: Candidate,
    data_set: str,
    normal: str,
    snr_db: float | None,
    level: str,
    metric: str,
    value: float,
    n: int,
) -> Row:
    return Row(
        head=candidate.head,
        preset=candidate.preset,
        backbone=candidate.backbone,
        data_set=data_set,
        normal=normal,
        snr_db=snr_db,
        level=level,
        metric=metric,
        value=value,
        low=None,
        high=None,
        n=n,
    )
