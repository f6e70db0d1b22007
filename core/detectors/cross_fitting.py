"""Cross-fitting: scorers score clips they were not fitted on, which calibrates the detector."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.detectors.calibration.folds import MOST_FOLDS, grouped_folds
from core.detectors.calibration.row_scale import RowScale
from core.detectors.calibration.view_scores import CLIP, ViewScores
from core.detectors.fusion import ScoreFusion
from core.detectors.scorer import Measured, Scorer, as_floats
from core.features.extractor import Features
from core.runtime.progress import Progress, part
from core.types import EVENT, LEVEL, STATIONARY

# From here on a quarter of the clips is enough to calibrate on, and one fit instead of five.
CROSS_FITTED_BELOW = 100


@dataclass(frozen=True, eq=False)
class Fitted:
    """A scorer and what is known of its scores on normal clips it was not fitted on.

    Attributes:
        scorer: the scorer.
        scores: of the calibration clips, by view.
        rows: what a distance means in each row; None where there is one view only.
        fusion: how the views are weighed; None where there is one view only.
    """

    scorer: Scorer
    scores: ViewScores
    rows: RowScale | None = None
    fusion: ScoreFusion | None = None


def fit_and_calibrate(
    new_scorer: Callable[[], Scorer],
    features: Features,
    *,
    seed: int,
    progress: Progress,
) -> Fitted:
    """Fit a scorer on clips and calibrate it on clips that it, or its like, was not fitted on.

    Below 100 clips it is cross-fitted: each clip is scored by a scorer fitted on the other
    folds (four at most), and the one that is kept is fitted on all of them. From 100 clips on a
    quarter is set apart for good. Clips of one group are never on both sides. Memory: 2 bytes a
    cell of the head's grid of the calibration clips, 2 MB an hour.

    Args:
        new_scorer: makes an unfitted one.
        features: of the normal clips.
        seed: of the folds and of the fits.
        progress: called with a stage and a fraction.

    Returns:
        The scorer, its calibration scores, and the score fusion where there are two views.
    """
    groups = [clip.group for clip in features.clips]
    folds = grouped_folds(groups, MOST_FOLDS, seed=seed)
    cross_fitted = len(features) < CROSS_FITTED_BELOW
    rounds = folds if cross_fitted else folds[:1]
    n_fits = len(rounds) + cross_fitted
    window_seconds = float(np.median([clip.duration_seconds for clip in features.clips]))
    measured: dict[int, Measured] = {}
    single: dict[int, float] = {}
    for i, fold in enumerate(rounds):
        step = part(progress, i / n_fits, (i + 1) / n_fits)
        scorer = new_scorer()
        rest = sorted(set(range(len(features))) - set(fold))
        scorer.fit(features.subset(rest), seed=seed, progress=part(step, 0.0, 0.7))
        for k, j in enumerate(fold):
            found = scorer.measure(features.clips[j], features[j], window_seconds)
            if scorer.stationary is None:
                single[j] = scorer.single_view(found)[1]
            else:
                measured[j] = found.for_calibration()
            step("Scoring clips of another fold", 0.7 + 0.3 * (k + 1) / len(fold))
    if cross_fitted:
        scorer = new_scorer()
        scorer.fit(features, seed=seed, progress=part(progress, 1 - 1 / n_fits, 1.0))
    # In the order of the clips, so that each score is known by its clip.
    order = sorted(single or measured)
    about: dict[str, Any] = {
        "clips": np.array(order),
        "window_seconds": window_seconds,
        "n_groups": len({groups[j] for j in order}),
        "cross_fitted": cross_fitted,
    }
    if not measured:
        return Fitted(scorer, ViewScores({CLIP: np.array([single[j] for j in order])}, **about))
    found_of = [measured[j] for j in order]
    rows = RowScale.of([one.cells for one in found_of])
    event = [scorer.event_scores(one, rows) for one in found_of]
    distances = [one.stationary.distances for one in found_of if one.stationary]
    levels = np.array([float(one.levels.stretches.max()) for one in found_of if one.levels])
    fusion = ScoreFusion.of(event, distances, levels)
    evidence = [fusion.evidence(*views) for views in zip(event, distances, strict=True)]
    scores = {
        CLIP: as_floats(np.array([one.fused.max() for one in evidence])),
        EVENT: np.array([one.event.max() for one in evidence]),
        STATIONARY: np.array([one.stationary.max() for one in evidence]),
        LEVEL: as_floats(fusion.level_evidence(levels)),
    }
    return Fitted(scorer, ViewScores(scores, **about), rows, fusion)
