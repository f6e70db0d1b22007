"""Cross-fitting: scorers score clips they were not fitted on, which calibrates the detector."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.detectors.calibration.folds import MOST_FOLDS, grouped_folds
from core.detectors.calibration.view_scores import CLIP, ViewScores
from core.detectors.fusion import ScoreFusion, as_floats
from core.detectors.measured import Measured
from core.detectors.scorer import Scorer
from core.detectors.views.row_scale import RowScale
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
        segment_clips: which training clip each of the stationary view's vectors is of; known
            after a fit only, as is `moments_s`.
        moments_s: when each calibration clip stands out most of its own background, in seconds.
    """

    scorer: Scorer
    scores: ViewScores
    rows: RowScale | None = None
    fusion: ScoreFusion | None = None
    segment_clips: tuple[int, ...] = ()
    moments_s: tuple[float, ...] = ()

    def scores_of(self, measured: Measured) -> dict[str, float]:
        """Score a clip by the highest cell that its map would have.

        Args:
            measured: of the clip.

        Returns:
            The clip's score without the level view, and what each view says, by the names of
            `ViewScores`; the score alone where there is one view, or the model is older than 0.2.0.
        """
        if self.fusion is None or measured.stationary is None:
            return {CLIP: self.scorer.single_view(measured)[1]}
        event = self.scorer.event_scores(measured, self.rows)
        evidence = self.fusion.evidence(event, measured.stationary.distances)
        clip_score = float(as_floats(evidence.fused).max())
        if measured.levels is None:
            return {CLIP: clip_score}
        levels = self.fusion.level_evidence(measured.levels.stretches.double().numpy())
        return {
            CLIP: clip_score,
            EVENT: float(evidence.event.max()),
            STATIONARY: float(evidence.stationary.max()),
            LEVEL: float(as_floats(levels).max()),
        }


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

    Folds, banks and sums depend on the order of the clips, so they are taken in one of their own:
    in whatever order they are given, the same clips make the same detector.

    Args:
        new_scorer: makes an unfitted one.
        features: of the normal clips.
        seed: of the folds and of the fits.
        progress: called with a stage and a fraction.

    Returns:
        The scorer, its calibration scores, and the score fusion where there are two views.
    """
    given = sorted(range(len(features)), key=lambda i: features.clips[i].identity)
    features = features.subset(given)
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
    calibrated = sorted(single or measured)
    about: dict[str, Any] = {
        "clips": np.array([given[j] for j in calibrated]),
        "window_seconds": window_seconds,
        "n_groups": len({groups[j] for j in calibrated}),
        "cross_fitted": cross_fitted,
    }
    if not measured:
        return Fitted(
            scorer, ViewScores({CLIP: np.array([single[j] for j in calibrated])}, **about)
        )
    found_of = [measured[j] for j in calibrated]
    rows = RowScale.of([one.cells for one in found_of])
    event = [scorer.event_scores(one, rows) for one in found_of]
    distances = [one.stationary.distances for one in found_of if one.stationary]
    levels = np.array([float(one.levels.stretches.max()) for one in found_of if one.levels])
    fusion = ScoreFusion.of(event, distances, levels)
    fitted_on = range(len(features)) if cross_fitted else rest
    fitted = Fitted(
        scorer,
        ViewScores({}, **about),
        rows,
        fusion,
        tuple(given[j] for j in fitted_on for _ in range(features.n_segments(j))),
        tuple(scorer.event_moment(one, rows) for one in found_of),
    )
    scores = ViewScores.of_clips([fitted.scores_of(one) for one in found_of], **about)
    return dataclasses.replace(fitted, scores=scores)
