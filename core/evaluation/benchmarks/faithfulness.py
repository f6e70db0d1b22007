"""Faithfulness of a detector's maps, from the sound of mixes whose stems are known.

Each masked clip goes through the whole detector again: Vision to Sound, section 3.2.4, and what
`core.metrics` has beyond it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from core import metrics
from core.detectors.detector import Detector
from core.errors import MetricError
from core.evaluation.benchmarks.results import ResultRow
from core.evaluation.benchmarks.trial import Trial
from core.evaluation.datasets.mixing import Mix
from core.explain.explanation import explain
from core.runtime.progress import Progress, part, steps
from core.spectral.masking import apply_mask
from core.types import AnomalyMap, Clip, Float32Array

# The papers' names of what core.metrics measures.
METRICS = {
    "ff_v1_keep": "FF v1 as printed",
    "ff_v1_remove": "FF v1 as described",
    "average_increase": "AI",
    "average_drop": "AD",
    "average_gain": "AG",
    "ff_v2": "FF v2",
}


def faithfulness_rows(
    detector: Detector,
    mixes: Sequence[tuple[Mix, AnomalyMap]],
    trial: Trial,
    *,
    n_exchanged: int,
    seed: int,
    progress: Progress,
) -> list[ResultRow]:
    """Measure how faithful the maps of mixes are.

    Args:
        detector: The detector that made the maps.
        mixes: Each mix and its map.
        trial: What the rows are of.
        n_exchanged: For how many of the mixes insertion and deletion are measured.
        seed: What intervals and random rankings draw from.
        progress: Called with how far the work is.

    Returns:
        A row a measure: the mean over the mixes for which it is defined, with its interval.
        SI-SDR is in dB, complexity in nats. Costs three scores a mix, and 38 more for each of
        `n_exchanged` mixes (insertion and deletion, less a random ranking's).
    """
    values: defaultdict[str, list[float]] = defaultdict(list)
    for (made, found), step in steps(part(progress, 0.0, 0.4), mixes):
        for metric, measure in _measures(detector, made, found, step).items():
            try:
                values[metric].append(measure())
            except MetricError:
                # An empty map has no place for its energy: no number, and n says so.
                continue
    for (made, found), step in steps(part(progress, 0.4, 1.0), mixes[:n_exchanged]):
        curves = metrics.insertion_deletion(
            partial(_evidence, detector, made.clip),
            made.clip.samples,
            found.raw,
            partial(_masked, detector),
            made.background,
            seed=seed,
        )
        values["insertion less random"].append(curves.insertion_gain)
        values["deletion less random"].append(curves.deletion_gain)
        step("Exchanging cells", 1.0)
    rows = []
    for metric, of_mixes in values.items():
        if of_mixes and np.isfinite(of_mixes).all():
            mean = metrics.mean_interval(np.array(of_mixes), seed=seed)
            rows += trial.rows("faithfulness", {metric: mean}, len(of_mixes))
    return rows


def _measures(
    detector: Detector, made: Mix, found: AnomalyMap, progress: Progress
) -> dict[str, Callable[[], float]]:
    settings = detector.spectrogram_settings
    background = Clip.from_samples(made.background, made.clip.sample_rate, "background")
    explained = explain(detector, made.clip, found=found, background=background, progress=progress)
    p, o, q, r = (explained.faithfulness[name] for name in "poqr")
    of_masked = metrics.faithfulness(original=p, kept=o, removed=q, filled=r)
    truth = metrics.truth_mask(made.stem_power(settings), made.columns(settings))
    return {
        **{name: partial(of_masked.__getitem__, key) for key, name in METRICS.items()},
        "energy in mask": partial(metrics.energy_in_mask, truth, found.evidence),
        "pointing": partial(metrics.pointing_game, truth, found.raw),
        "sparseness": partial(metrics.sparseness, found.evidence),
        "complexity": partial(metrics.complexity, found.evidence),
        "SI-SDR, dB": partial(metrics.si_sdr_db, explained.kept.samples, made.event),
        "SI-SDR of the mix, dB": partial(metrics.si_sdr_db, made.clip.samples, made.event),
    }


def _masked(detector: Detector, samples: Float32Array, mask: Float32Array) -> Float32Array:
    return apply_mask(samples, np.asarray(mask, np.float32), detector.spectrogram_settings)


def _evidence(detector: Detector, clip: Clip, samples: Float32Array) -> float:
    changed = Clip.from_samples(
        np.clip(samples, -1.0, 1.0), clip.sample_rate, f"{clip.name}, exchanged"
    )
    found = detector.score(changed)
    return detector.calibration.evidence_scale(found.threshold).clip_evidence(found.score)
