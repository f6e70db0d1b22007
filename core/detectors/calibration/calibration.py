"""Scores of normal clips the detector was not fitted on give p-values and thresholds.

A threshold is kept beside the scores, never baked in: it follows from the false-alarm rate a user
asks for, at any time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import numpy as np

from core.types import Float32Array, Float64Array

# M is 0.5 where a normal clip's strongest cell would lie once in 20 clips, 1 once in 400.
HALF_RATE = 0.05
COLUMNS_AT_ONCE = 4096
# Beyond this a fitted tail says nothing that anybody could check.
MOST_ONE_IN = 1e6


@dataclass(frozen=True)
class Gumbel:
    """The law of maxima, P(X <= x) = exp(-exp(-(x - location) / scale))."""

    location: float
    scale: float

    @classmethod
    def of(cls, peaks: Float64Array) -> Gumbel:
        """Fit the Gumbel distribution of the same first two L-moments, steady with few samples.

        Args:
            peaks: [n], the samples.

        Returns:
            The distribution.
        """
        ordered = np.sort(peaks)
        n = ordered.size
        mean = float(ordered.mean())
        l2 = float((2.0 * np.arange(n) / max(n - 1, 1) - 1.0) @ ordered) / n
        # Plain floats: NumPy's own make thresholds and verdicts that JSON refuses to write.
        scale = max(float(l2) / math.log(2.0), 1e-6 * max(abs(mean), 1.0))
        return cls(mean - np.euler_gamma * scale, scale)

    def log_survival(self, values: Float64Array | Float32Array) -> Float64Array:
        """Compute the logarithm of P(X > x), exact far out in either tail.

        Args:
            values: x, of any shape.

        Returns:
            The same shape.
        """
        z = (np.asarray(values, dtype=np.float64) - self.location) / self.scale
        # Beyond 36 P is exp(-z) to the last digit; below -700 the exponential would overflow.
        near = np.log(-np.expm1(-np.exp(-np.clip(z, -700.0, 36.0))))
        return np.where(z > 36.0, -z, near)

    def quantile_above(self, probability: float) -> float:
        """Find the value exceeded with a probability.

        Args:
            probability: in 0..1.

        Returns:
            The value.
        """
        return self.location - self.scale * float(np.log(-np.log1p(-probability)))


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

    def evidence(self, raw: Float32Array) -> Float32Array:
        """Calibrate a raw map: the evidence map M, on one scale for all clips.

        A map's highest cell is the clip's score, so one scale serves both. With p the chance that
        a normal clip scores this high (a Gumbel distribution, the law of maxima, fitted to the
        calibration scores), M = log p / (2 log 0.05), at most 1: half-way at p = 5 %, full at
        p = 0.25 %, near 0 in what is normal.

        Args:
            raw: [freq, time].

        Returns:
            [freq, time] float32 in [0, 1]; of a memory map what computes it where it is read.
        """
        if isinstance(raw, np.memmap):
            return cast("Float32Array", EvidenceOnDemand(self, raw))
        evidence = np.empty_like(raw, dtype=np.float32)
        # A stretch at a time: an hour's map in 64-bit floats, three times over, is half a GiB.
        for start in range(0, raw.shape[-1], COLUMNS_AT_ONCE):
            columns = np.s_[..., start : start + COLUMNS_AT_ONCE]
            log_p = self._score_tail.log_survival(raw[columns])
            evidence[columns] = np.clip(log_p / (2.0 * np.log(HALF_RATE)), 0.0, 1.0)
        return evidence

    def clip_evidence(self, score: float) -> float:
        """Compute a clip's place on the scale of M: 0.5 at a 5 % false-alarm rate, without steps.

        Args:
            score: the clip's.

        Returns:
            A number in [0, 1].
        """
        log_p = float(self._score_tail.log_survival(np.array(score)))
        return float(np.clip(log_p / (2.0 * np.log(HALF_RATE)), 0.0, 1.0))

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


class EvidenceOnDemand:
    """The evidence map of a raw map on disk, used like an array and computed where it is read.

    Args:
        calibration: the calibration
        raw: [freq, time], a memory map
    """

    def __init__(self, calibration: Calibration, raw: Float32Array) -> None:
        self._calibration = calibration
        self._raw = raw
        self.shape = raw.shape

    def __getitem__(self, cells: Any) -> Float32Array:
        """Compute some cells.

        Args:
            cells: as of an array

        Returns:
            Their evidence.
        """
        return self._calibration.evidence(np.array(self._raw[cells]))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Float32Array:
        """Compute the whole map.

        Args:
            dtype: of the array that is wanted
            copy: is always made

        Returns:
            [freq, time].
        """
        return self[:].astype(dtype or np.float32, copy=False)
