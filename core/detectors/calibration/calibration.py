"""Scores of normal clips the detector was not fitted on give p-values and thresholds.

A threshold is kept beside the scores, never baked in: it follows from the false-alarm rate a user
asks for, at any time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.detectors.calibration.evidence_scale import EvidenceScale
from core.detectors.calibration.gumbel import Gumbel
from core.types import Float64Array

# Beyond this a fitted tail says nothing that anybody could check.
MOST_ONE_IN = 1e6


@dataclass(frozen=True, eq=False)
class Calibration:
    """The calibration scores, of normal clips the detector was not fitted on, and what follows.

    The p-values hold if new normal clips come as these did: same machine, place, microphone and
    length.

    Attributes:
        clip_scores: [n] sorted, the score of each such clip.
        window_seconds: the length the scores stand for.
        n_groups: independent recordings among the clips.
        cross_fitted: whether each score comes from a detector fitted on the other folds (then it
            is slightly too high, and thresholds err to the safe side).
    """

    clip_scores: Float64Array
    window_seconds: float
    n_groups: int
    cross_fitted: bool

    @property
    def n_clips(self) -> int:
        """Number of calibration scores."""
        return self.clip_scores.size

    @property
    def smallest_rate(self) -> float:
        """The lowest false-alarm rate these clips can promise, 1 / (n + 1)."""
        return 1.0 / (self.n_clips + 1)

    def p_value(self, score: float) -> float:
        """Compute how often a normal clip scores at least this high.

        (1 + #{calibration scores >= s}) / (n + 1), the conformal p-value, valid for any
        distribution of scores (Vovk et al., 2005).

        Args:
            score: s, a clip's.

        Returns:
            The p-value, in 0..1.
        """
        n_lower = int(np.searchsorted(self.clip_scores, score, side="left"))
        return (1 + self.n_clips - n_lower) / (self.n_clips + 1)

    def one_in(self, score: float) -> float | None:
        """Estimate how rare a score is that no calibration score reaches.

        By the tail of a Gumbel distribution fitted to the calibration scores: an extrapolation,
        which ranks what all have the lowest p-value there is. It is never less than n + 1.

        Args:
            score: a clip's.

        Returns:
            About one normal clip in so many scores as high, at most a million; None where the
            p-value is measured.
        """
        if self.n_clips == 0 or score <= self.clip_scores[-1]:
            return None
        log_survival = float(self._score_tail.log_survival(np.array(score)))
        return float(np.clip(np.exp(min(-log_survival, 50.0)), self.n_clips + 1, MOST_ONE_IN))

    def rarity(self, score: float) -> float:
        """Say how rare a score is: counted as far as the clips go, extrapolated beyond.

        What the p-value says with more clips than there are, so that scores beyond all calibration
        clips, which have one p-value, can still be told apart.

        Args:
            score: a clip's.

        Returns:
            About one normal clip in so many scores as high.
        """
        return self.one_in(score) or 1.0 / self.p_value(score)

    def threshold(self, false_alarm_rate: float) -> float:
        """Find the clip score above which a clip is anomalous.

        A score exceeds it exactly when its p-value is at most the rate. With too few clips for
        the rate, the tail of a Gumbel distribution fitted to the scores takes over (`warning`).

        Args:
            false_alarm_rate: share of normal clips above it.

        Returns:
            The threshold.
        """
        # Round-off must not turn 0.05 * 20 into 0.99 of a clip.
        n_allowed = int(np.floor(false_alarm_rate * (self.n_clips + 1) + 1e-9))
        if n_allowed >= 1:
            return float(self.clip_scores[-min(n_allowed, self.n_clips)])
        highest = float(self.clip_scores[-1])
        return max(highest, self._score_tail.quantile_above(false_alarm_rate))

    def evidence_scale(self, threshold: float) -> EvidenceScale:
        """Give the scale from 0 to 1 of maps and scores, on which the threshold is 0.5.

        Args:
            threshold: that cuts them.

        Returns:
            The scale.
        """
        return EvidenceScale(self._score_tail, threshold)

    def warning(self, false_alarm_rate: float) -> str | None:
        """Say when the clips are too few for a false-alarm rate.

        Args:
            false_alarm_rate: the rate asked for.

        Returns:
            A sentence; None where they are enough.
        """
        if false_alarm_rate >= self.smallest_rate:
            return None
        needed = int(np.ceil(1.0 / false_alarm_rate)) - 1
        return (
            f"{self.n_clips} normal recordings measure false-alarm rates down to "
            f"{100 * self.smallest_rate:.1f} %. {100 * false_alarm_rate:.1f} % is extrapolated; it "
            f"takes {needed} recordings to measure it."
        )

    @cached_property
    def _score_tail(self) -> Gumbel:
        return Gumbel.of(self.clip_scores)
