"""The bins of a histogram of scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

MOST_BINS = 40


def finite(values: ArrayLike) -> NDArray[np.float64]:
    """Leave out what is not a finite number.

    Args:
        values: Numbers of any shape.

    Returns:
        The finite ones [n].
    """
    array = np.asarray(values, dtype=float).ravel()
    kept: NDArray[np.float64] = array[np.isfinite(array)]
    return kept


def bin_edges(scores: ArrayLike) -> NDArray[np.float64]:
    """Choose equal bins over scores: as many as Freedman and Diaconis (1981) advise, 5 to 40.

    Args:
        scores: Scores [n]; those that are not finite are left out.

    Returns:
        The edges [k + 1] of the bins.

    >>> bin_edges([1.0, 1.0]).size
    2
    """
    values = finite(scores)
    if values.size == 0:
        return np.array([0.0, 1.0])
    low, high = float(values.min()), float(values.max())
    if high - low < 1e-9 * max(1.0, abs(high)):
        reach = 0.02 * max(abs(low), 1.0)
        return np.array([low - reach, high + reach])
    quarter, three = np.quantile(values, [0.25, 0.75])
    width = 2 * (three - quarter) / values.size ** (1 / 3)
    wanted = (high - low) / width if width > 0 else MOST_BINS
    return np.linspace(low, high, int(np.clip(np.ceil(wanted), 5, MOST_BINS)) + 1)
