"""Faithfulness of a detector's maps, from the sound of mixes whose stems are known.

Each masked clip goes through the whole detector again: Vision to Sound, section 3.2.4, and what
`core.metrics` has beyond it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from core.detectors import Detector
from core.errors import MetricError
from core.evaluation.benchmarks.results import Row
from core.evaluation.datasets.envmix import Mix
from core.metrics import (
    complexity,
    energy_in_mask,
    faithfulness_per_clip,
    insertion_deletion,
    mean_interval,
    pointing_game,
    si_sdr_db,
    sparseness,
    truth_mask,
)
from core.runtime.progress import Progress, part
from core.spectral.masking import apply_mask, filled, kept, removed
from core.types import AnomalyMap, Clip, Float32Array, Float64Array

METRICS = {
    "ff_v1_keep": "FF v1 as printed",
    "ff_v1_remove": "FF v1 as described",
    "ff_v2": "FF v2",
    "average_increase": "AI",
    "average_drop": "AD",
    "average_gain": "AG",
}
LEVEL = "faithfulness"


def faithfulness_rows(
    detector: Detector,
    mixes: Sequence[tuple[Mix, AnomalyMap]],
    measured_row: Callable[..., Row],
    *,
    n_exchanged: int,
    seed: int,
    progress: Progress,
) -> list[Row]:
    """A row a measure, the mean over the mixes for which it is defined, with its interval.

    Cost: three scores a mix, and 38 more for each of the first `n_exchanged` mixes (insertion
    and deletion, less a random ranking's). SI-SDR is in dB; complexity in nats.
    """
    of_clips = _masked_probabilities(detector, mixes, part(progress, 0.0, 0.4))
    by_metric = {METRICS[name]: values.tolist() for name, values in of_clips.items()}
    settings = detector.spectrogram_settings
    for made, found in mixes:
        truth = truth_mask(made.stem_power(settings), made.columns(settings))
        masked = kept(made.clip, found.evidence, settings).samples
        measures: dict[str, Callable[[], float]] = {
            "energy in mask": partial(energy_in_mask, truth, found.evidence),
            "pointing": partial(pointing_game, truth, found.raw),
            "sparseness": partial(sparseness, found.evidence),
            "complexity": partial(complexity, found.evidence),
            "SI-SDR, dB": partial(si_sdr_db, masked, made.event),
            "SI-SDR of the mix, dB": partial(si_sdr_db, made.clip.samples, made.event),
        }
        for metric, measure in measures.items():
            try:
                by_metric.setdefault(metric, []).append(measure())
            except MetricError:
                # An empty map has no place for its energy: no number, and n says so.
                continue
    exchanged = list(mixes)[:n_exchanged]
    watch = part(progress, 0.4, 1.0)
    for i, (made, found) in enumerate(exchanged):
        curves = insertion_deletion(
            _probability(detector, made.clip),
            made.clip.samples,
            found.raw,
            lambda samples, mask: apply_mask(samples, np.asarray(mask, dtype=np.float32), settings),
            made.background,
            seed=seed,
        )
        by_metric.setdefault("insertion less random", []).append(curves.insertion_gain)
        by_metric.setdefault("deletion less random", []).append(curves.deletion_gain)
        watch("Exchanging cells", (i + 1) / len(exchanged))
    return [
        measured_row(LEVEL, metric, mean_interval(np.array(values), seed=seed), len(values))
        for metric, values in by_metric.items()
        if values and np.isfinite(values).all()
    ]


def _masked_probabilities(
    detector: Detector, mixes: Sequence[tuple[Mix, AnomalyMap]], progress: Progress
) -> dict[str, Float64Array]:
    settings, calibration = detector.spectrogram_settings, detector.calibration
    rate = detector.sample_rate

    def parts(kind: str) -> list[Clip]:
        clips = []
        for made, found in mixes:
            if kind == "kept":
                clips.append(kept(made.clip, found.evidence, settings))
            elif kind == "removed":
                clips.append(removed(made.clip, found.evidence, settings))
            else:
                background = Clip.from_samples(made.background, rate, "background")
                clips.append(filled(made.clip, background, found.evidence, settings))
        return clips

    probabilities = {"original": [calibration.clip_evidence(found.score) for _, found in mixes]}
    for i, kind in enumerate(("kept", "removed", "filled")):
        scored = detector.score_many(parts(kind))
        probabilities[kind] = [calibration.clip_evidence(found.score) for found in scored]
        progress("Scoring what maps keep and remove", (i + 1) / 3)
    return faithfulness_per_clip(**{name: np.array(p) for name, p in probabilities.items()})


def _probability(detector: Detector, clip: Clip) -> Callable[[Float32Array], float]:
    def probability(samples: Float32Array) -> float:
        changed = Clip.from_samples(
            np.clip(samples, -1.0, 1.0), clip.sample_rate, f"{clip.name}, exchanged"
        )
        return detector.calibration.clip_evidence(detector.score(changed).score)

    return probability
