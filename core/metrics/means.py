"""Means of values, and of values that have intervals: of machines, ids or noise levels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from core.errors import MetricError
from core.metrics.bootstrap import Interval
from core.metrics.checks import AnyArray


def arithmetic_mean(values: Iterable[float]) -> float:
    """Compute the sum over the number.

    Args:
        values: at least one

    Returns:
        The mean.

    Raises:
        MetricError: there are none.
    """
    return float(np.mean(_some(values)))


def harmonic_mean(values: Iterable[float]) -> float:
    """Compute the number over the sum of reciprocals: one bad machine pulls it down.

    Args:
        values: at least one, at least 0

    Returns:
        The mean; 0 if any is 0.

    Raises:
        MetricError: there are none, or one is negative.

    >>> round(harmonic_mean([0.5, 1.0]), 4)
    0.6667
    """
    numbers = _some(values)
    if numbers.min() < 0.0:
        raise MetricError("A harmonic mean is undefined for negative values.")
    if numbers.min() == 0.0:
        return 0.0
    return float(numbers.size / (1.0 / numbers).sum())


def independent_mean(intervals: Sequence[Interval]) -> Interval:
    """Compute the arithmetic mean of values measured on different clips.

    The distances to the bounds add up as the spreads of independent numbers do, in quadrature.

    Args:
        intervals: at least one

    Returns:
        The mean and its interval.

    Raises:
        MetricError: there are none.

    >>> independent_mean([Interval(0.5, 0.4, 0.6), Interval(0.7, 0.6, 0.8)]).low.__round__(3)
    0.529
    """
    mean = arithmetic_mean(one.value for one in intervals)
    return _in_quadrature(mean, intervals, np.full(len(intervals), 1.0 / len(intervals)))


def independent_harmonic_mean(intervals: Sequence[Interval]) -> Interval:
    """Compute the harmonic mean of values measured on different clips.

    To first order a value counts by its slope, (mean / value)^2 / n.

    Args:
        intervals: at least one

    Returns:
        The mean and its interval; 0 if any value is 0.

    Raises:
        MetricError: there are none, or one is negative.
    """
    mean = harmonic_mean(one.value for one in intervals)
    values = np.array([one.value for one in intervals])
    slopes = np.square(mean / values) / values.size if mean > 0.0 else np.zeros(values.size)
    return _in_quadrature(mean, intervals, slopes)


def dependent_mean(intervals: Sequence[Interval]) -> Interval:
    """Compute the arithmetic mean of values measured on the same clips.

    Such as several noise levels.

    Args:
        intervals: at least one

    Returns:
        The mean; its bounds are the means of the bounds, at most as wide as that if the values
        were wholly dependent.

    Raises:
        MetricError: there are none.
    """
    return Interval(
        arithmetic_mean(one.value for one in intervals),
        arithmetic_mean(one.low for one in intervals),
        arithmetic_mean(one.high for one in intervals),
    )


def _in_quadrature(mean: float, intervals: Sequence[Interval], slopes: AnyArray) -> Interval:
    below = np.array([one.value - one.low for one in intervals])
    above = np.array([one.high - one.value for one in intervals])
    return Interval(
        mean,
        mean - float(np.sqrt(np.square(slopes * below).sum())),
        mean + float(np.sqrt(np.square(slopes * above).sum())),
    )


def _some(values: Iterable[float]) -> AnyArray:
    numbers = np.array(list(values), dtype=np.float64)
    if not numbers.size:
        raise MetricError("A mean is undefined: there are no values.")
    return numbers
