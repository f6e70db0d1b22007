"""EnvMix: a detector for each normal class, scored on clips with an anomaly of a known stem.

Vision to Sound, sections 3.1 and 3.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from core.detectors import Detector
from core.errors import SettingError
from core.evaluation.benchmarks.faithful import faithfulness_rows
from core.evaluation.benchmarks.mix_set import MixSet, NormalClip, PlannedMix
from core.evaluation.benchmarks.protocol import Candidate, clip_scores, row, unit
from core.evaluation.benchmarks.results import Measured, Row
from core.evaluation.benchmarks.units import run_units
from core.evaluation.datasets.envmix import Mix
from core.features.cache import FeatureCache
from core.metrics import (
    ByClip,
    Interval,
    RankedClips,
    bootstrap_interval,
    f1_at,
    f1_floor,
    mean_interval,
    spectrogram_metrics,
    temporal_metrics,
    truth_columns,
    truth_mask,
)
from core.runtime.progress import Progress, part
from core.types import AnomalyMap, Float64Array, TrainingClip

# The papers' names of what core.metrics measures.
METRICS = {
    "roc_auc": "ROC",
    "f1_max": "F1",
    "f1_above_40th_percentile": "F1 above the 40th percentile",
    "au_pro": "PRO",
    "au_pro_moviad": "PRO, moviad's variant",
}
# Features of more sound than this are not kept for the next head: the cache would throw them out.
MOST_CACHED_HOURS = 4.0


@dataclass(frozen=True)
class EnvMixOptions:
    """What is measured beyond the paper's three levels, and at which SNRs.

    `n_faithful` clips of each class and SNR have their faithfulness measured, which costs three
    more scores a clip; `n_exchanged` of those insertion and deletion, 38 more a clip. An SNR of
    None leaves made faults as loud as they are made.
    """

    snr_db: tuple[float | None, ...] = (6.0, 0.0, -6.0)
    seed: int = 0
    compare_grouping: bool = False
    n_faithful: int = 0
    n_exchanged: int = 0

    def check(self) -> None:
        """Refuse SNRs that are no numbers, or none.

        Raises:
            SettingError: as said.
        """
        if not self.snr_db or len(set(self.snr_db)) != len(self.snr_db):
            raise SettingError("EnvMix needs at least one SNR, and each of them once.")
        if not all(snr_db is None or abs(snr_db) <= 60 for snr_db in self.snr_db):
            raise SettingError("An SNR lies between -60 and 60 dB.")


def run_envmix(
    mix_set: MixSet,
    options: EnvMixOptions,
    candidates: Sequence[Candidate],
    folder: Path,
    progress: Progress,
    n_jobs: int | None = 1,
) -> Measured:
    """The paper's numbers at three levels for each candidate, normal class and SNR.

    Spectrogram and temporal values are means over the mixes, and pooled. Features are computed
    once and shared by heads through the disk cache. Cost on two cores: a minute a candidate and
    class of 24 training clips and 48 mixes at 3 SNRs, for heads that train a network several.
    """
    mix_set.check()
    options.check()
    units = [
        unit("envmix", candidate, normal, asdict(options) | {"set": mix_set.described(normal)})
        for candidate in candidates
        for normal in mix_set.normals
    ]
    return run_units(units, partial(_envmix_class, mix_set, options), folder, progress, n_jobs)


def _envmix_class(
    mix_set: MixSet,
    options: EnvMixOptions,
    candidate: Candidate,
    normal: str,
    progress: Progress,
) -> Measured:
    training, tests = mix_set.training(normal), mix_set.tests(normal)
    planned = mix_set.mixes(normal)
    detector = candidate.detector(options.seed)
    rate = detector.sample_rate
    detector.fit(
        (TrainingClip(clip.read(rate), group=clip.source) for clip in training),
        n_clips=len(training),
        progress=part(progress, 0.0, 0.3),
    )
    normal_maps = _scored(detector, tests)
    progress("Scoring normal clips", 0.4)
    normal_scores = np.array([found.score for found in normal_maps])
    measured = Measured()
    measured.rows.extend(_false_alarms(mix_set, options, candidate, normal, detector, normal_maps))
    clip_of = partial(clip_scores, candidate, mix_set.data_set, normal)
    measured.clips.extend(
        clip_of(None, found, clip.described(), anomalous=False)
        for clip, found in zip(tests, normal_maps, strict=True)
    )
    for i, snr_db in enumerate(options.snr_db):
        watch = part(
            progress, 0.4 + 0.6 * i / len(options.snr_db), 0.4 + 0.6 * (i + 1) / len(options.snr_db)
        )
        rows, clips = _one_snr(
            mix_set, options, candidate, normal, detector, planned, normal_scores, snr_db, watch
        )
        measured.rows.extend(rows)
        measured.clips.extend(clips)
    return measured


def _one_snr(
    mix_set: MixSet,
    options: EnvMixOptions,
    candidate: Candidate,
    normal: str,
    detector: Detector,
    planned: Sequence[PlannedMix],
    normal_scores: Float64Array,
    snr_db: float | None,
    progress: Progress,
) -> tuple[list[Row], list[dict[str, Any]]]:
    settings, seconds = detector.spectrogram_settings, 0.0
    faithful: list[tuple[Mix, AnomalyMap]] = []
    every = max(1, len(planned) // max(1, options.n_faithful))
    masks, columns, found_maps = [], [], []
    scoring = part(progress, 0.0, 0.5 if options.n_faithful else 1.0)
    # Eight at a time, as the detector takes them: a thousand mixes fit no memory.
    for start in range(0, len(planned), 8):
        made = [one.make(detector.sample_rate, snr_db) for one in planned[start : start + 8]]
        seconds += sum(one.clip.duration_seconds for one in made)
        total_hours = seconds / (start + len(made)) * len(planned) * len(options.snr_db) / 3600
        cache = FeatureCache() if total_hours <= MOST_CACHED_HOURS else None
        scored = detector.score_many((one.clip for one in made), cache=cache)
        for j, (one, found) in enumerate(zip(made, scored, strict=True), start=start):
            power, injected = one.stem_power(settings), one.columns(settings)
            masks.append(truth_mask(power, injected))
            columns.append(truth_columns(power, injected))
            found_maps.append(found)
            if len(faithful) < options.n_faithful and j % every == 0:
                faithful.append((one, found))
            scoring("Scoring mixes", (j + 1) / len(planned))
    maps = [found.raw for found in found_maps]
    scores = np.array([found.score for found in found_maps])
    measured_row = partial(row, candidate, mix_set.data_set, normal, snr_db)
    levels = {
        "spectrogram": spectrogram_metrics(masks, maps),
        "temporal": temporal_metrics(columns, maps),
    }
    rows = _sample_rows(measured_row, normal_scores, scores, found_maps[0].threshold, options.seed)
    for level, measured in levels.items():
        for metric, by_clip in measured.items():
            rows += _level_rows(measured_row, level, METRICS[metric], by_clip, options.seed)
    if faithful:
        rows += faithfulness_rows(
            detector, faithful, measured_row, n_exchanged=options.n_exchanged,
            seed=options.seed, progress=part(progress, 0.5, 1.0),
        )  # fmt: skip
    clips = []
    for i, (one_planned, found) in enumerate(zip(planned, found_maps, strict=True)):
        clip = clip_scores(
            candidate, mix_set.data_set, normal, snr_db, found, one_planned.described(),
            anomalous=True, event=one_planned.event,
        )  # fmt: skip
        clip["values"] = {
            f"{level} {METRICS[metric]}": float(by_clip.per_clip[i])
            for level, measured in levels.items()
            for metric, by_clip in measured.items()
            if not np.isnan(by_clip.per_clip[i])
        }
        clips.append(clip)
    return rows, clips


def _sample_rows(
    measured_row: partial[Row],
    normal_scores: Float64Array,
    scores: Float64Array,
    threshold: float,
    seed: int,
) -> list[Row]:
    truth = np.repeat([False, True], [normal_scores.size, scores.size])
    every = np.concatenate([normal_scores, scores])
    ranked = RankedClips(truth, every)
    values: dict[str, float | Interval] = {
        metric: bootstrap_interval(statistic, truth.size, seed=seed, strata=truth)
        for metric, statistic in (
            ("ROC", ranked.roc_auc), ("pROC", ranked.partial_roc_auc), ("F1", ranked.f1_max),
        )
    }  # fmt: skip
    values |= {
        "F1 floor": f1_floor(truth),
        "F1 at 5% false alarms": f1_at(truth, every, threshold),
    }
    return [measured_row("sample", metric, value, truth.size) for metric, value in values.items()]


def _level_rows(
    measured_row: partial[Row], level: str, metric: str, by_clip: ByClip, seed: int
) -> list[Row]:
    """The mean over clips and the pooled value; what is undefined gives no row."""
    rows, n = [], by_clip.defined.size
    if n:
        rows.append(measured_row(level, metric, mean_interval(by_clip.defined, seed=seed), n))
    if not np.isnan(by_clip.pooled):
        rows.append(measured_row(level, f"{metric} pooled", by_clip.pooled, by_clip.per_clip.size))
    return rows


def _scored(detector: Detector, clips: Sequence[NormalClip]) -> list[AnomalyMap]:
    read = (clip.read(detector.sample_rate) for clip in clips)
    return list(detector.score_many(read, cache=FeatureCache()))


def _false_alarms(
    mix_set: MixSet,
    options: EnvMixOptions,
    candidate: Candidate,
    normal: str,
    detector: Detector,
    normal_maps: Sequence[AnomalyMap],
) -> list[Row]:
    """The share of the test normals above the threshold at the nominal 5 % and 10 %.

    With `compare_grouping` also for a detector whose folds ignore which clips were cut from one
    recording, which is what a calibration must not do.
    """
    calibrated = [("", detector, normal_maps)]
    if options.compare_grouping:
        ungrouped = candidate.detector(options.seed)
        rate = ungrouped.sample_rate
        training = mix_set.training(normal)
        ungrouped.fit([TrainingClip(clip.read(rate), group=clip.name) for clip in training])
        calibrated.append((", ungrouped", ungrouped, _scored(ungrouped, mix_set.tests(normal))))
    rows = []
    for suffix, calibrated_one, maps in calibrated:
        scores = np.array([found.score for found in maps])
        for nominal in (0.05, 0.10):
            alarms = int(np.sum(scores > calibrated_one.calibration.threshold(nominal)))
            bounds = stats.binomtest(alarms, scores.size).proportion_ci(method="exact")
            share = Interval(alarms / scores.size, float(bounds.low), float(bounds.high))
            metric = f"false alarms at {nominal:.0%}{suffix}"
            rows.append(
                row(candidate, mix_set.data_set, normal, None, "sample", metric, share, scores.size)
            )
    return rows
