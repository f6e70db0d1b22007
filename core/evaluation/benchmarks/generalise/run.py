"""Fit each detector and each rival on every case, and write down every clip it scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from core import metrics
from core.detectors.detector import Detector
from core.evaluation.benchmarks.generalise.rivals import RIVALS, Rival, RivalFound
from core.evaluation.benchmarks.generalise.rows import EVENT_SCORE, OVERLAPS, RATES, rows_of
from core.evaluation.benchmarks.generalise.sets import (
    ONE_EVENT_SETS,
    Anomalous,
    Case,
    recording_of,
)
from core.evaluation.benchmarks.generalise.verdict import best_overlap, event_box
from core.evaluation.benchmarks.mix_sources import PlannedMix
from core.evaluation.benchmarks.results import Measured
from core.evaluation.benchmarks.trial import NormalClip, fit
from core.evaluation.benchmarks.units import Unit, run_units
from core.evaluation.candidate import Candidate
from core.evaluation.datasets.mixing import Mix
from core.features.cache import FeatureCache
from core.runtime.progress import Progress, part
from core.spectral.spectrogram import SpectrogramSettings
from core.types import Clip, Float32Array

# As the detector takes them: all mixes of a case would fill the memory.
MADE_TOGETHER = 8


def run_generalise(
    cases: Sequence[Case],
    candidates: Sequence[Candidate],
    folder: Path,
    seed: int,
    progress: Progress,
    n_jobs: int | None = 1,
) -> Measured:
    """Measure every detector and every rival on the same clips.

    Cost on two cores, of ESC-10, 120 clips of MIMII and four made machines: 2 minutes for the
    features of 3 hours of sound, then 100 s for PaDiM recommended, 320 s for PaDiM as published,
    and 50 s for both rivals. Like other benchmarks it does not know that the program changed: a
    changed detector with the same settings needs another folder.

    Args:
        cases: What is fitted and scored.
        candidates: The detectors.
        folder: Where what is finished is saved.
        seed: What fits and intervals draw from.
        progress: Called with how far the work is.
        n_jobs: As `run_units` takes it.

    Returns:
        Rows computed from the clips alone, and all clips: as `Measured.clips` has them, and `fit`
        (the case), `recording` (the one that the clip is or was made of), of detectors also
        `flagged` (whether the score exceeds the threshold, by promised rate), `n_regions`,
        `contradicts` (anomalous without a region, or the reverse) and `views` (each view's score).

    Raises:
        HearMapError: a unit failed; what was finished before is kept.
    """
    subjects: list[Candidate | Rival] = [*candidates, *(Rival(name) for name in RIVALS)]
    units = [
        Unit.of("generalise", subject, case.title, case.described() | {"seed": seed})
        for subject in subjects
        for case in cases
    ]
    measure = partial(_measure, {case.title: case for case in cases}, seed)
    clips = run_units(units, measure, folder, progress, n_jobs).clips
    return Measured(rows_of(clips, seed), clips)


def _measure(
    cases: Mapping[str, Case], seed: int, subject: Any, title: str, progress: Progress
) -> Measured:
    case = cases[title]
    detector = fit(subject, case.training, seed, part(progress, 0.0, 0.4))
    scored = [*case.tests, *case.anomalous]
    cache, clips = FeatureCache(), []
    for start in range(0, len(scored), MADE_TOGETHER):
        batch = scored[start : start + MADE_TOGETHER]
        made = [_made(one, detector.sample_rate) for one in batch]
        sounds = (one.clip if isinstance(one, Mix) else one for one in made)
        for one, sound, found in zip(
            batch, made, detector.score_many(sounds, cache=cache), strict=True
        ):
            clips.append(_about(subject, case, one) | _found(detector, one, sound, found))
        part(progress, 0.4, 1.0)("Scoring clips", len(clips) / len(scored))
    return Measured(clips=clips)


def _made(one: NormalClip | Anomalous, sample_rate: int) -> Clip | Mix:
    if not isinstance(one, Anomalous):
        return one.read(sample_rate)
    if isinstance(one.sound, PlannedMix):
        return one.sound.make(sample_rate, one.snr_db)
    return one.sound.read(sample_rate)


def _about(subject: Candidate | Rival, case: Case, one: NormalClip | Anomalous) -> dict[str, Any]:
    anomalous = one if isinstance(one, Anomalous) else None
    sound = one.sound if isinstance(one, Anomalous) else one
    return {
        "head": subject.head,
        "preset": subject.preset,
        "backbone": subject.backbone,
        "data_set": anomalous.data_set if anomalous else case.source,
        "normal": case.normal,
        "fit": case.title,
        "recording": recording_of(sound),
        "snr_db": anomalous.snr_db if anomalous else None,
        "anomalous": anomalous is not None,
        "event": sound.event if isinstance(sound, PlannedMix) else None,
        "made_from": sound.described(),
    }


def _found(
    detector: Detector, one: NormalClip | Anomalous, sound: Clip | Mix, found: Any
) -> dict[str, Any]:
    values: dict[str, float] = {}
    if isinstance(sound, Mix) and found.raw is not None:
        values |= _map_values(sound, found.raw, detector.spectrogram_settings)
    entry = {"clip": found.clip_name, "score": float(found.score), "values": values}
    if isinstance(found, RivalFound):
        values[EVENT_SCORE] = found.event_score
        return entry | {"p_value": None, "threshold": None}
    if isinstance(one, Anomalous) and one.data_set in ONE_EVENT_SETS and found.regions:
        assert isinstance(sound, Mix)
        settings = detector.spectrogram_settings
        overlap = best_overlap(found.regions, event_box(sound, settings), settings)
        values |= dict(zip(OVERLAPS, overlap, strict=True))
    thresholds = {name: detector.calibration.threshold(rate) for name, rate in RATES.items()}
    return entry | {
        "p_value": float(found.p_value),
        "threshold": float(found.threshold),
        "flagged": {name: bool(found.score > cut) for name, cut in thresholds.items()},
        "n_regions": len(found.regions),
        "contradicts": found.anomalous != bool(found.regions),
        "views": {view.view: view.score for view in found.views},
    }


def _map_values(made: Mix, raw: Float32Array, settings: SpectrogramSettings) -> dict[str, float]:
    """Return the AUROC of the map's cells and of its columns, where both classes are there."""
    power, injected = made.stem_power(settings), made.columns(settings)
    mask, columns = metrics.truth_mask(power, injected), metrics.truth_columns(power, injected)
    over_time = metrics.temporal_scores(raw)
    pairs = (("spectrogram", mask, raw), ("temporal", columns, over_time))
    return {
        level: metrics.roc_auc(truth, scores)
        for level, truth, scores in pairs
        if 0 < truth.mean() < 1
    }
