"""EnvMix: a detector for each normal class, scored on clips with an anomaly of a known stem.

Vision to Sound, sections 3.1 and 3.2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from core import metrics
from core.backbones import load_backbone
from core.detectors.detector import Detector
from core.errors import SettingError
from core.evaluation.benchmarks.envmix_tables import FALSE_ALARMS, envmix_tables
from core.evaluation.benchmarks.faithfulness import faithfulness_rows
from core.evaluation.benchmarks.manifest import write_manifest
from core.evaluation.benchmarks.means import share_of
from core.evaluation.benchmarks.mix_sources import MixSet, PlannedMix
from core.evaluation.benchmarks.results import Measured, ResultRow, write_results
from core.evaluation.benchmarks.trial import NormalClip, Trial, fit, score
from core.evaluation.benchmarks.units import Unit, run_units
from core.evaluation.candidate import Candidate
from core.evaluation.datasets.mixing import Mix
from core.features.cache import FeatureCache
from core.runtime.progress import Progress, part, steps
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
# As the detector takes them: a thousand mixes fit no memory.
MADE_TOGETHER = 8
LARGEST_SNR_DB = 60


@dataclass(frozen=True)
class EnvMixOptions:
    """What is measured beyond the paper's three levels, and at which SNRs.

    Attributes:
        snr_db: The signal-to-noise ratios in dB; None leaves made faults as loud as they are made.
        seed: What fits and intervals draw from.
        compare_grouping: Whether false alarms are also measured for a detector whose folds ignore
            which clips were cut from one recording.
        n_faithful: On how many clips of each class and SNR faithfulness is measured, which costs
            three more scores a clip.
        n_exchanged: On how many of those insertion and deletion, 38 more scores a clip.
    """

    snr_db: tuple[float | None, ...] = (6.0, 0.0, -6.0)
    seed: int = 0
    compare_grouping: bool = False
    n_faithful: int = 0
    n_exchanged: int = 0

    def __post_init__(self) -> None:
        """Refuse SNRs that make no sense.

        Raises:
            SettingError: there is none, one stands there twice, or one is beyond ±60 dB.
        """
        if not self.snr_db or len(set(self.snr_db)) != len(self.snr_db):
            raise SettingError("EnvMix needs at least one SNR, and each of them once.")
        if not all(snr_db is None or abs(snr_db) <= LARGEST_SNR_DB for snr_db in self.snr_db):
            raise SettingError("An SNR lies between -60 and 60 dB.")


def write_envmix(
    mix_set: MixSet,
    options: EnvMixOptions,
    candidates: Sequence[Candidate],
    folder: Path,
    configuration: Mapping[str, Any],
    progress: Progress,
    *,
    backbone: str,
    stems: bool = False,
    n_jobs: int | None = 1,
) -> str:
    """Run EnvMix, or what an earlier run left, and write manifest, results and tables.

    Measures the paper's numbers at three levels for each candidate, normal class and SNR;
    spectrogram and temporal values are means over the mixes, and pooled. Features are computed
    once and shared by heads through the disk cache. Cost on two cores: a minute a candidate and
    class of 24 training clips and 48 mixes at 3 SNRs, for heads that train a network several.

    Args:
        mix_set: The mixes.
        options: What is measured.
        candidates: The detectors.
        folder: Where everything goes.
        configuration: What is needed to repeat it, as plain JSON.
        progress: Called with how far the work is.
        backbone: The network at whose rate the manifest's mixes are made.
        stems: Whether mixes and stems are written as WAV too.
        n_jobs: As `run_units` takes it.

    Returns:
        The tables, in Markdown.

    Raises:
        HearMapError: a set is not as published, or a unit of work failed; what was finished
            before is kept.
    """
    mix_set.check()
    rate = load_backbone(backbone).settings.sample_rate
    mixing, measuring = part(progress, 0.0, 0.02), part(progress, 0.02, 1.0)
    write_manifest(mix_set, options.snr_db, rate, folder, mixing, stems=stems)
    units = [
        Unit.of("envmix", candidate, normal, asdict(options) | {"set": mix_set.described(normal)})
        for candidate in candidates
        for normal in mix_set.normals
    ]
    measure = partial(_measure, mix_set, options)
    measured = run_units(units, measure, folder, measuring, n_jobs)
    tables = envmix_tables(measured.rows)
    write_results(folder, {"sample_rate": rate, **configuration}, measured, tables)
    progress("Done", 1.0)
    return tables


def _measure(
    mix_set: MixSet,
    options: EnvMixOptions,
    candidate: Candidate,
    normal: str,
    progress: Progress,
) -> Measured:
    training: Sequence[NormalClip] = mix_set.training(normal)
    tests: Sequence[NormalClip] = mix_set.tests(normal)
    detector = fit(candidate, training, options.seed, part(progress, 0.0, 0.3))
    maps = list(score(detector, tests))
    normal_scores = np.array([found.score for found in maps])
    progress("Scoring normal clips", 0.4)
    trial = Trial(candidate, mix_set.data_set, normal)
    alarms = _false_alarms(detector, normal_scores)
    if options.compare_grouping:
        # What a calibration must not do: clips of one recording on both sides of a fold.
        ungrouped = candidate.detector(seed=options.seed)
        rate = ungrouped.sample_rate
        ungrouped.fit([TrainingClip(clip.read(rate), group=clip.name) for clip in training])
        scores = np.array([found.score for found in score(ungrouped, tests)])
        alarms |= _false_alarms(ungrouped, scores, ", ungrouped")
    clips = [
        trial.clip(found, clip.described(), anomalous=False)
        for clip, found in zip(tests, maps, strict=True)
    ]
    planned = mix_set.mixes(normal)
    at_snrs = [
        _measure_at_snr(detector, planned, normal_scores, options, replace(trial, snr_db=snr), step)
        for snr, step in steps(part(progress, 0.4, 1.0), options.snr_db)
    ]
    first = Measured(trial.rows("sample", alarms, len(tests)), clips)
    return Measured.joined([first, *at_snrs])


def _false_alarms(
    detector: Detector, normal_scores: Float64Array, suffix: str = ""
) -> dict[str, float | metrics.Interval]:
    """Return the share of the test normals above the threshold at the nominal 5 % and 10 %."""
    shares: dict[str, float | metrics.Interval] = {}
    for nominal in (0.05, 0.10):
        n_alarms = int(np.sum(normal_scores > detector.calibration.threshold(nominal)))
        shares[f"{FALSE_ALARMS}{nominal:.0%}{suffix}"] = share_of(n_alarms, normal_scores.size)
    return shares


def _measure_at_snr(
    detector: Detector,
    planned: Sequence[PlannedMix],
    normal_scores: Float64Array,
    options: EnvMixOptions,
    trial: Trial,
    progress: Progress,
) -> Measured:
    settings, seconds = detector.spectrogram_settings, 0.0
    faithful: list[tuple[Mix, AnomalyMap]] = []
    every = max(1, len(planned) // max(1, options.n_faithful))
    masks, columns, maps = [], [], []
    scoring = part(progress, 0.0, 0.5 if options.n_faithful else 1.0)
    for start in range(0, len(planned), MADE_TOGETHER):
        of_batch = planned[start : start + MADE_TOGETHER]
        batch = [one.make(detector.sample_rate, trial.snr_db) for one in of_batch]
        seconds += sum(one.clip.duration_seconds for one in batch)
        total_hours = seconds / (start + len(batch)) * len(planned) * len(options.snr_db) / 3600
        cache = FeatureCache() if total_hours <= MOST_CACHED_HOURS else None
        scored = detector.score_many((one.clip for one in batch), cache=cache)
        for j, (one, found) in enumerate(zip(batch, scored, strict=True), start=start):
            power, injected = one.stem_power(settings), one.columns(settings)
            masks.append(metrics.truth_mask(power, injected))
            columns.append(metrics.truth_columns(power, injected))
            maps.append(found)
            if len(faithful) < options.n_faithful and j % every == 0:
                faithful.append((one, found))
            scoring("Scoring mixes", (j + 1) / len(planned))
    raw = [found.raw for found in maps]
    levels = {
        "spectrogram": metrics.spectrogram_metrics(masks, raw),
        "temporal": metrics.temporal_metrics(columns, raw),
    }
    scores = np.array([found.score for found in maps])
    rows = _sample_rows(trial, normal_scores, scores, maps[0].threshold, options.seed)
    of_clips: list[dict[str, float]] = [{} for _ in maps]
    for level, by_metric in levels.items():
        for metric, by_clip in by_metric.items():
            name, defined = METRICS[metric], by_clip.defined
            # What is undefined gives no row and no value.
            if defined.size:
                mean = metrics.mean_interval(defined, seed=options.seed)
                rows += trial.rows(level, {name: mean}, defined.size)
            if not np.isnan(by_clip.pooled):
                rows += trial.rows(level, {f"{name} pooled": by_clip.pooled}, len(maps))
            for of_clip, value in zip(of_clips, by_clip.per_clip.tolist(), strict=True):
                if not np.isnan(value):
                    of_clip[f"{level} {name}"] = value
    if faithful:
        rows += faithfulness_rows(
            detector,
            faithful,
            trial,
            n_exchanged=options.n_exchanged,
            seed=options.seed,
            progress=part(progress, 0.5, 1.0),
        )
    clips = [
        trial.clip(found, plan.described(), anomalous=True, event=plan.event, values=of_clip)
        for plan, found, of_clip in zip(planned, maps, of_clips, strict=True)
    ]
    return Measured(rows, clips)


def _sample_rows(
    trial: Trial, normal_scores: Float64Array, scores: Float64Array, threshold: float, seed: int
) -> list[ResultRow]:
    truth = np.repeat([False, True], [normal_scores.size, scores.size])
    every = np.concatenate([normal_scores, scores])
    ranked = metrics.RankedClips(truth, every)
    statistics = {"ROC": ranked.roc_auc, "pROC": ranked.partial_roc_auc, "F1": ranked.f1_max}
    values: dict[str, float | metrics.Interval] = {
        metric: metrics.bootstrap_interval(statistic, truth.size, seed=seed, strata=truth)
        for metric, statistic in statistics.items()
    }
    values["F1 floor"] = metrics.f1_floor(truth)
    values["F1 at 5% false alarms"] = metrics.f1_at(truth, every, threshold)
    return trial.rows("sample", values, truth.size)
