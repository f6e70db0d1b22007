"""EnvMix and novelty: a detector for each normal class, scored on clips of other folds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from scipy import stats

from core.audio import read_clip
from core.benchmark.protocol import Candidate, Protocol, clips_of, fitted, row, run_units
from core.benchmark.results import Row
from core.datasets.envmix import Mix, mix
from core.datasets.esc50 import Recording, of_classes
from core.detectors import Detector
from core.feature_cache import FeatureCache
from core.metrics import (
    Interval,
    f1_at,
    f1_floor,
    f1_max,
    mean_interval,
    roc_auc_interval,
    spectrogram_metrics,
    temporal_metrics,
    truth_columns,
    truth_mask,
)
from core.progress import Progress, part
from core.types import Float64Array

# The papers' names of what core.metrics measures.
METRICS = {
    "roc_auc": "ROC",
    "f1_max": "F1",
    "f1_above_40th_percentile": "F1 above the 40th percentile",
    "au_pro": "PRO",
}


def run_envmix(
    recordings: list[Recording],
    protocol: Protocol,
    candidates: Sequence[Candidate],
    folder: Path,
    progress: Progress,
) -> list[Row]:
    """The paper's numbers at three levels for each candidate, normal class and SNR.

    Every test clip of the normal class is a normal one, and is mixed once with an event of each
    anomaly class, taken in turn from the test folds, never cut from the same recording.
    Spectrogram and temporal values are means over the mixes, and pooled.
    """
    protocol.check()
    of_classes(recordings, (*protocol.normals, *protocol.anomalies), protocol.test_folds)

    def one(candidate: Candidate, normal: str, watch: Progress) -> list[Row]:
        return _envmix_class(recordings, protocol, candidate, normal, watch)

    return run_units("envmix", protocol, candidates, folder, one, progress)


def _envmix_class(
    recordings: list[Recording],
    protocol: Protocol,
    candidate: Candidate,
    normal: str,
    progress: Progress,
) -> list[Row]:
    detector, tests, normal_maps = fitted(recordings, protocol, candidate, normal, progress)
    normal_scores = np.array([scored.score for scored in normal_maps])
    measured_row = partial(row, candidate, "envmix", normal)
    rows = _false_alarms(recordings, protocol, candidate, normal, detector, normal_scores)
    settings, threshold = detector.spectrogram_settings, normal_maps[0].threshold
    watch = part(progress, 0.4, 1.0)
    for i, snr_db in enumerate(protocol.snr_db):
        mixes = list(_mixes(recordings, protocol, tests, detector.sample_rate, snr_db))
        scores, maps, masks, columns = [], [], [], []
        scored_maps = detector.score_many((made.clip for made in mixes), cache=FeatureCache())
        for j, (made, scored) in enumerate(zip(mixes, scored_maps, strict=True)):
            power, injected = made.stem_power(settings), made.columns(settings)
            masks.append(truth_mask(power, injected))
            columns.append(truth_columns(power, injected))
            scores.append(scored.score)
            maps.append(scored.raw)
            watch("Scoring mixes", (i + (j + 1) / len(mixes)) / len(protocol.snr_db))
        truth = np.repeat([False, True], [len(normal_scores), len(scores)])
        all_scores = np.concatenate([normal_scores, scores])
        roc = roc_auc_interval(truth, all_scores, seed=protocol.seed)
        rows += [
            measured_row(snr_db, "sample", "ROC", roc, truth.size),
            measured_row(snr_db, "sample", "F1", f1_max(truth, all_scores), truth.size),
            measured_row(snr_db, "sample", "F1 floor", f1_floor(truth), truth.size),
            measured_row(
                snr_db,
                "sample",
                "F1 at 5% false alarms",
                f1_at(truth, all_scores, threshold),
                truth.size,
            ),
        ]
        for level, measured in (
            ("spectrogram", spectrogram_metrics(masks, maps)),
            ("temporal", temporal_metrics(columns, maps)),
        ):
            for metric, by_clip in measured.items():
                mean = mean_interval(by_clip.defined, seed=protocol.seed)
                pooled = by_clip.pooled
                rows.append(measured_row(snr_db, level, METRICS[metric], mean, len(maps)))
                rows.append(
                    measured_row(snr_db, level, f"{METRICS[metric]} pooled", pooled, len(maps))
                )
    return rows


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


def _false_alarms(
    recordings: list[Recording],
    protocol: Protocol,
    candidate: Candidate,
    normal: str,
    detector: Detector,
    scores: Float64Array,
) -> list[Row]:
    """The share of the test normals above the threshold at the nominal 5 % and 10 %.

    With `compare_grouping` also for a detector whose folds ignore which clips were cut from one
    recording, which is what a calibration must not do.
    """
    calibrated = [("", detector, scores)]
    if protocol.compare_grouping:
        tests = of_classes(recordings, [normal], protocol.test_folds)
        ungrouped = candidate.detector(protocol.seed)
        train = of_classes(recordings, [normal], protocol.train_folds)
        ungrouped.fit(clips_of(train, ungrouped.sample_rate), groups=[r.path.name for r in train])
        clips = clips_of(tests, ungrouped.sample_rate)
        other = [scored.score for scored in ungrouped.score_many(clips, cache=FeatureCache())]
        calibrated.append((", ungrouped", ungrouped, np.array(other)))
    rows = []
    for suffix, calibrated_one, found in calibrated:
        for rate in (0.05, 0.10):
            alarms = int(np.sum(found > calibrated_one.calibration.threshold(rate)))
            bounds = stats.binomtest(alarms, found.size).proportion_ci(method="exact")
            share = Interval(alarms / found.size, float(bounds.low), float(bounds.high))
            metric = f"false alarms at {rate:.0%}{suffix}"
            rows.append(row(candidate, "envmix", normal, None, "sample", metric, share, found.size))
    return rows
