"""What each view says of the calibration clips, clip by clip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.detectors.calibration.calibration import Calibration
from core.types import EVENT, LEVEL, STATIONARY, Float64Array

CLIP = "clip"
VIEWS = (EVENT, STATIONARY, LEVEL)


@dataclass(frozen=True, eq=False)
class ViewScores:
    """The scores of the calibration clips, by view and in the order of the clips.

    Attributes:
        scores: name -> [n]. `CLIP` is the clip's score without the level view; a detector with two
            views has one of each of `VIEWS` besides.
        clips: [n], which of the training clips each is; empty where they are none of them
            (`Recalibration`), and in models fitted before 0.2.0, whose scores are sorted.
        window_seconds: the length the scores stand for.
        n_groups: independent recordings among the clips.
        cross_fitted: whether each comes from a detector fitted on the other folds.
    """

    scores: Mapping[str, Float64Array]
    clips: NDArray[np.int64]
    window_seconds: float
    n_groups: int
    cross_fitted: bool

    @classmethod
    def of_clips(cls, scores: Sequence[Mapping[str, float]], **about: Any) -> ViewScores:
        """Put the scores of clips together.

        Args:
            scores: of each clip, by name; one or more.
            **about: the other attributes.

        Returns:
            The scores of all.
        """
        return cls({name: np.array([one[name] for one in scores]) for name in scores[0]}, **about)

    def of(self, name: str) -> Calibration:
        """Calibrate one view, or the clip's score.

        Args:
            name: one of `scores`.

        Returns:
            Its calibration.
        """
        return self._calibration(self.scores[name])

    def clip_scores(self, level_counts: bool) -> Float64Array:
        """Give the clips' scores.

        Args:
            level_counts: whether the level view counts towards the score.

        Returns:
            [n].
        """
        if not (level_counts and LEVEL in self.scores):
            return self.scores[CLIP]
        return np.maximum(self.scores[CLIP], self.scores[LEVEL])

    def calibration(self, level_counts: bool) -> Calibration:
        """Calibrate the clip's score.

        Args:
            level_counts: whether the level view counts towards the score.

        Returns:
            The calibration.
        """
        return self._calibration(self.clip_scores(level_counts))

    def _calibration(self, scores: Float64Array) -> Calibration:
        return Calibration(
            np.sort(scores),
            window_seconds=self.window_seconds,
            n_groups=self.n_groups,
            cross_fitted=self.cross_fitted,
        )
