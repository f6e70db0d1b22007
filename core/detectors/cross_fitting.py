"""Cross-fitting: scorers score clips they were not fitted on, which calibrates the detector."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.detectors.calibration.calibration import Calibration
from core.detectors.calibration.folds import MOST_FOLDS, grouped_folds
from core.detectors.fusion import ScoreFusion
from core.detectors.scorer import Scorer
from core.detectors.views.stationary import StationaryScores
from core.features.extractor import Features
from core.runtime.progress import Progress, part

# From here on a quarter of the clips is enough to calibrate on, and one fit instead of five.
CROSS_FITTED_BELOW = 100


@dataclass(frozen=True, eq=False)
class Fitted:
    """A scorer and what is known of its scores on normal clips it was not fitted on."""

    scorer: Scorer
    calibration: Calibration
    fusion: ScoreFusion | None


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
    quarter is set apart for good. Clips of one group are never on both sides.

    Args:
        new_scorer: makes an unfitted one.
        features: of the normal clips.
        seed: of the folds and of the fits.
        progress: called with a stage and a fraction.

    Returns:
        The scorer, its calibration, and the score fusion where there are two views.
    """
    groups = [clip.group for clip in features.clips]
    folds = grouped_folds(groups, MOST_FOLDS, seed=seed)
    cross_fitted = len(features) < CROSS_FITTED_BELOW
    rounds = folds if cross_fitted else folds[:1]
    n_fits = len(rounds) + cross_fitted
    window_seconds = float(np.median([clip.duration_seconds for clip in features.clips]))
    scores: list[float] = []
    peaks: list[float] = []
    stationary: list[StationaryScores] = []
    for i, fold in enumerate(rounds):
        step = part(progress, i / n_fits, (i + 1) / n_fits)
        scorer = new_scorer()
        rest = sorted(set(range(len(features))) - set(fold))
        scorer.fit(features.subset(rest), seed=seed, progress=part(step, 0.0, 0.7))
        for k, j in enumerate(fold):
            found = scorer.score(features.clips[j], features[j], window_seconds)
            scores.append(found.score)
            peaks.append(float(found.raw.max()))
            stationary += [found.stationary] if found.stationary else []
            step("Scoring clips of another fold", 0.7 + 0.3 * (k + 1) / len(fold))
    if cross_fitted:
        scorer = new_scorer()
        scorer.fit(features, seed=seed, progress=part(progress, 1 - 1 / n_fits, 1.0))
    fusion = ScoreFusion.of(scores, peaks, stationary) if stationary else None
    if fusion is not None:
        views = list(zip(scores, peaks, stationary, strict=True))
        scores = [fusion.score(score, average) for score, _, average in views]
        peaks = [fusion.peak_score(*view) for view in views]
    calibration = Calibration(
        np.sort(np.array(scores, dtype=np.float64)),
        np.sort(np.array(peaks, dtype=np.float64)),
        window_seconds=window_seconds,
        n_groups=len({groups[j] for fold in rounds for j in fold}),
        cross_fitted=cross_fitted,
    )
    return Fitted(scorer, calibration, fusion)
