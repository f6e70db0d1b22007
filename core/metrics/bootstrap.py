"""Intervals by drawing clips anew: what another test set of the same size might have given.

Percentile bootstrap (Efron, 1979). Clips are drawn, never cells, which are not independent; the
seed is explicit, so a table can be written again to the digit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import MetricError
from core.metrics.checks import AnyArray, checked_numbers

N_RESAMPLES = 1000
CONFIDENCE = 0.95

IndexArray = NDArray[np.int64]


@dataclass(frozen=True)
class Interval:
    """A value on all clips, and where it lies when clips are drawn anew.

    Attributes:
        value: on all clips
        low: the interval's lower end
        high: its upper end
    """

    value: float
    low: float
    high: float


def bootstrap_interval(
    statistic: Callable[[IndexArray], float],
    n_clips: int,
    *,
    seed: int,
    strata: AnyArray | None = None,
    n_resamples: int = N_RESAMPLES,
    confidence: float = CONFIDENCE,
) -> Interval:
    """Bootstrap a statistic of clips, drawn with replacement.

    Args:
        statistic: takes the indices of the clips drawn, [n]
        n_clips: clips there are
        seed: of the draws
        strata: [n_clips], such as the truth: each value keeps its number of clips, so that a
            statistic that needs both classes is defined in every draw
        n_resamples: draws
        confidence: of the interval

    Returns:
        The statistic of all clips and its interval.

    Raises:
        MetricError: there are no clips, or not one stratum for each.
    """
    strata = np.zeros(n_clips) if strata is None else np.asarray(strata)
    if strata.shape != (n_clips,):
        raise MetricError(f"The strata have shape {strata.shape} for {n_clips} clips.")
    if not n_clips:
        raise MetricError("An interval is undefined: there are no clips.")
    members = [np.flatnonzero(strata == stratum) for stratum in np.unique(strata)]
    generator = np.random.default_rng(seed)
    draws = [
        statistic(np.concatenate([generator.choice(part, part.size) for part in members]))
        for _ in range(n_resamples)
    ]
    tail = (1.0 - confidence) / 2.0
    low, high = np.quantile(draws, [tail, 1.0 - tail])
    return Interval(statistic(np.arange(n_clips)), float(low), float(high))


def mean_interval(values: AnyArray, *, seed: int, **options: Any) -> Interval:
    """Bootstrap the mean of one value a clip.

    Args:
        values: [n]
        seed: of the draws
        **options: n_resamples and confidence, as `bootstrap_interval` takes them

    Returns:
        The mean of all clips and its interval.

    Raises:
        MetricError: there is no value, or one is NaN.
    """
    numbers = checked_numbers(values).ravel()

    def mean(chosen: IndexArray) -> float:
        return float(numbers[chosen].mean())

    return bootstrap_interval(mean, numbers.size, seed=seed, **options)
