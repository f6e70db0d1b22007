"""Scores of normal clips the detector never fitted turn scores into p-values and thresholds.

A threshold is kept beside the scores, never baked in: it follows from the false-alarm rate a user
asks for, at any time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.types import Float32Array, Float64Array

# M is 0.5 where a normal clip's strongest cell would lie once in 20 clips, 1 once in 400.
HALF_RATE = 0.05
COLUMNS_AT_ONCE = 4096


@dataclass(frozen=True)
class Gumbel:
    """The law of maxima, P(X <= x) = exp(-exp(-(x - location) / scale))."""

    location: float
    scale: float

    @classmethod
    def of(cls, peaks: Float64Array) -> Gumbel:
        """The Gumbel distribution of the same first two L-moments, steady with few samples."""
        ordered = np.sort(peaks)
        n = ordered.size
        mean = float(ordered.mean())
        l2 = float((2.0 * np.arange(n) / max(n - 1, 1) - 1.0) @ ordered) / n
        # Plain floats: NumPy's own make thresholds and verdicts that JSON refuses to write.
        scale = max(float(l2) / math.log(2.0), 1e-6 * max(abs(mean), 1.0))
        return cls(mean - np.euler_gamma * scale, scale)

    def log_survival(self, values: Float64Array | Float32Array) -> Float64Array:
        """The logarithm of P(X > x), exact far out in either tail."""
        z = (np.asarray(values, dtype=np.float64) - self.location) / self.scale
        # Beyond 36 P is exp(-z) to the last digit; below -700 the exponential would overflow.
        near = np.log(-np.expm1(-np.exp(-np.clip(z, -700.0, 36.0))))
        survival: Float64Array = np.where(z > 36.0, -z, near)
        return survival

    def quantile_above(self, probability: float) -> float:
        """The value exceeded with this probability."""
        return self.location - self.scale * float(np.log(-np.log1p(-probability)))


@dataclass(frozen=True, eq=False)
class Calibration:
    """Held-out normal clips' scores, and what follows from them.

    Shape:
        clip_scores: [n] sorted, the score of each held-out normal clip
        peak_scores: [n] sorted, the highest cell of each held-out normal map
    `window_seconds` is the length the scores stand for; `n_groups` the number of independent
    recordings among the clips; `cross_fitted` whether each score comes from a detector fitted on
    the other folds (then it is slightly too high, and thresholds err to the safe side).

    The p-values hold if new normal clips come as the held-out ones did: same machine, place,
    microphone and length.
    """

    clip_scores: Float64Array
    peak_scores: Float64Array
    window_seconds: float
    n_groups: int
    cross_fitted: bool

    @property
    def n_clips(self) -> int:
        """Number of held-out normal clips."""
        return self.clip_scores.size

    @property
    def smallest_rate(self) -> float:
        """The lowest false-alarm rate these clips can promise, 1 / (n + 1)."""
        return 1.0 / (self.n_clips + 1)

    def p_value(self, score: float) -> float:
        """How often a normal clip scores at least this high: (1 + #{held-out >= s}) / (n + 1).

        The conformal p-value, valid for any distribution of scores (Vovk et al., 2005).
        """
        return _conformal(self.clip_scores, score)

    def peak_p_value(self, raw: float) -> float:
        """How often a normal clip's map reaches at least this high somewhere."""
        return _conformal(self.peak_scores, raw)

    def threshold(self, false_alarm_rate: float) -> float:
        """The clip score above which a clip is called anomalous at this false-alarm rate.

        A score exceeds it exactly when its p-value is at most the rate. With too few clips for
        the rate, the tail of a Gumbel distribution fitted to the scores takes over (`warning`).
        """
        return _threshold(self.clip_scores, false_alarm_rate, self._score_tail)

    def map_threshold(self, false_alarm_rate: float) -> float:
        """The raw map value that a normal clip reaches anywhere at this false-alarm rate."""
        return _threshold(self.peak_scores, false_alarm_rate, self._peak_tail)

    def evidence(self, raw: Float32Array) -> Float32Array:
        """The calibrated map M in [0, 1] of a raw map, on one scale for all clips.

        With p the chance that a normal clip's map reaches this value anywhere (a Gumbel
        distribution, the law of maxima, fitted to the held-out peaks), M = log p / (2 log 0.05),
        at most 1: half-way at p = 5 %, full at p = 0.25 %, near 0 in what is ordinary.
        """
        evidence = np.empty_like(raw, dtype=np.float32)
        # A stretch at a time: an hour's map in 64-bit floats, three times over, is half a GiB.
        for start in range(0, raw.shape[-1], COLUMNS_AT_ONCE):
            columns = np.s_[..., start : start + COLUMNS_AT_ONCE]
            log_p = self._peak_tail.log_survival(raw[columns])
            evidence[columns] = np.clip(log_p / (2.0 * np.log(HALF_RATE)), 0.0, 1.0)
        return evidence

    def clip_evidence(self, score: float) -> float:
        """The clip's place on the scale of M: 0.5 at a 5 % false-alarm rate, without steps."""
        log_p = float(self._score_tail.log_survival(np.array(score)))
        return float(np.clip(log_p / (2.0 * np.log(HALF_RATE)), 0.0, 1.0))

    def warning(self, false_alarm_rate: float) -> str | None:
        """A sentence when the clips are too few for the rate asked, else None."""
        if false_alarm_rate >= self.smallest_rate:
            return None
        needed = int(np.ceil(1.0 / false_alarm_rate)) - 1
        return (
            f"{self.n_clips} normal clips can promise a false-alarm rate of "
            f"{self.smallest_rate:.1%} at best; {false_alarm_rate:.1%} is extrapolated and needs "
            f"at least {needed} clips to be sure."
        )

    @cached_property
    def _score_tail(self) -> Gumbel:
        return Gumbel.of(self.clip_scores)

    @cached_property
    def _peak_tail(self) -> Gumbel:
        return Gumbel.of(self.peak_scores)


def _conformal(held_out: Float64Array, score: float) -> float:
    n_higher = held_out.size - int(np.searchsorted(held_out, score, side="left"))
    return (1 + n_higher) / (held_out.size + 1)


def _threshold(held_out: Float64Array, rate: float, tail: Gumbel) -> float:
    # Round-off must not turn 0.05 * 20 into 0.99 of a clip.
    n_allowed = int(np.floor(rate * (held_out.size + 1) + 1e-9))
    if n_allowed >= 1:
        return float(held_out[held_out.size - min(n_allowed, held_out.size)])
    return max(float(held_out[-1]), tail.quantile_above(rate))
