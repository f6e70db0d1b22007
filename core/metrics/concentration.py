"""How concentrated a map is: on how little of a clip it puts its evidence."""

from __future__ import annotations

import numpy as np

from core.metrics.checks import AnyArray, checked_numbers, checked_sum
from core.types import Float64Array


def sparseness(map: AnyArray) -> float:
    """Compute the Gini index of a map's cells.

    Chalasani et al., ICML 2020; the index after Hurley and Rickard, 2009.

    Args:
        map: [freq, time], at least 0

    Returns:
        0 for equal cells, near 1 for a single one (1 - 1/n).

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
    """Compute the entropy of a map's cells (Bhatt et al., IJCAI 2020).

    Args:
        map: [freq, time], at least 0

    Returns:
        Nats: log n for equal cells, 0 for a single one.

    Raises:
        MetricError: the map is 0 everywhere, negative somewhere, or holds NaN.
    """
    shares = _shares(map)
    shares = shares[shares > 0.0]
    return max(0.0, float(-(shares * np.log(shares)).sum()))


def _shares(map: AnyArray) -> Float64Array:
    values = checked_numbers(map).ravel()
    shares: Float64Array = values / checked_sum(values)
    return shares
