"""Intervals by drawing clips anew: what another test set of the same size might have given.

Percentile bootstrap (Efron, 1979). Clips are drawn, never cells, which are not independent; the
seed is explicit, so a table can be written again to the digit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import MetricError
from core.metrics.checks import AnyArray, checked_numbers

N_RESAMPLES = 1000
CONFIDENCE = 0.95

IndexArray = NDArray[np.int64]


@dataclass(frozen=True)
class Interval:
    """A value on all clips, and where it lies when clips are drawn anew."""

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
    """The interval of a statistic of clip indices, drawn with replacement.

    Shape:
        strata: [n_clips], such as the truth: each value keeps its number of clips, so that a
        statistic that needs both classes is defined in every draw

    Raises:
        MetricError: there are no clips, or not one stratum for each.
    """
    kept = [np.arange(n_clips)] if strata is None else _members(strata, n_clips)
    if not n_clips:
        raise MetricError("An interval is undefined: there are no clips.")
    value = statistic(np.arange(n_clips))
    generator = np.random.default_rng(seed)
    draws = [
        statistic(np.concatenate([generator.choice(part, part.size) for part in kept]))
        for _ in range(n_resamples)
    ]
    return _interval(value, np.array(draws), confidence)


def mean_interval(
    values: AnyArray,
    *,
    seed: int,
    n_resamples: int = N_RESAMPLES,
    confidence: float = CONFIDENCE,
) -> Interval:
    """The interval of the mean of one value a clip, [n].

    Raises:
        MetricError: there is no value, or one is NaN.
    """
    numbers = checked_numbers(values).ravel()
    return bootstrap_interval(
        lambda chosen: float(numbers[chosen].mean()),
        numbers.size,
        seed=seed,
        n_resamples=n_resamples,
        confidence=confidence,
    )


def _members(strata: AnyArray, n_clips: int) -> list[IndexArray]:
    labels = np.asarray(strata)
    if labels.shape != (n_clips,):
        raise MetricError(f"The strata have shape {labels.shape} for {n_clips} clips.")
    return [np.flatnonzero(labels == label) for label in np.unique(labels)]


def _interval(value: float, draws: AnyArray, confidence: float) -> Interval:
    tail = (1.0 - confidence) / 2.0
    low, high = np.quantile(draws, [tail, 1.0 - tail])
    return Interval(value, float(low), float(high))
