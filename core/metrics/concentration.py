"""How little of a clip a map points at: an explanation of everything explains nothing."""

from __future__ import annotations

import numpy as np

from core.errors import MetricError
from core.metrics.checks import AnyArray, checked_numbers
from core.types import Float64Array


def sparseness(map: AnyArray) -> float:
    """The Gini index of a map's cells: 0 for equal ones, near 1 for a single one (1 - 1/n).

    Chalasani et al., ICML 2020; the index after Hurley and Rickard, 2009.

    Raises:
        MetricError: the map is 0 everywhere, negative somewhere, or holds NaN.

    >>> sparseness(np.ones((4, 4)))
    0.0
    """
    shares = np.sort(_shares(map))
    n = shares.size
    rank = np.arange(1, n + 1)
    return max(0.0, float(((2.0 * rank - n - 1.0) / n) @ shares))


def complexity(map: AnyArray) -> float:
    """The entropy of a map's cells in nats: log n for equal ones, 0 for a single one.

    Bhatt et al., IJCAI 2020.

    Raises:
        MetricError: the map is 0 everywhere, negative somewhere, or holds NaN.
    """
    shares = _shares(map)
    shares = shares[shares > 0.0]
    return max(0.0, float(-(shares * np.log(shares)).sum()))


def _shares(map: AnyArray) -> Float64Array:
    """Each cell's share of the map's sum, [n]."""
    values = checked_numbers(map).ravel()
    if values.min() < 0.0 or not np.isfinite(values.max()):
        raise MetricError("The map is negative or infinite somewhere; take the calibrated one.")
    total = float(values.sum())
    if total == 0.0:
        raise MetricError("The map is 0 everywhere, so how it is spread is undefined.")
    shares: Float64Array = values / total
    return shares
