"""What every metric asks of its arrays: equal shapes, a mask of truth, numbers without NaN."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import MetricError
from core.types import Float64Array

AnyArray = NDArray[Any]
BoolArray = NDArray[np.bool_]


def checked(truth: AnyArray, scores: AnyArray) -> tuple[BoolArray, Float64Array]:
    """Check truth and scores.

    Args:
        truth: [...], of 0 and 1
        scores: of the same shape

    Returns:
        The truth as booleans and the scores as 64-bit floats.

    Raises:
        MetricError: the shapes differ, the truth is not a mask, or a score is not a number.
    """
    mask = np.asarray(truth)
    if not mask.size:
        raise MetricError(f"The truth is an empty array, of shape {mask.shape}.")
    if mask.dtype != np.bool_ and not ((mask == 0) | (mask == 1)).all():
        raise MetricError("The truth holds values other than 0 and 1; a mask is needed.")
    numbers = checked_numbers(scores)
    if mask.shape != numbers.shape:
        raise MetricError(
            f"The truth has shape {mask.shape} and the scores {numbers.shape}; "
            "they must be of one shape."
        )
    return mask.astype(np.bool_, copy=False), numbers


def checked_numbers(scores: AnyArray) -> Float64Array:
    """Check scores; infinity is in order, it ranks as any number does.

    Args:
        scores: [...]

    Returns:
        The scores as 64-bit floats.

    Raises:
        MetricError: there are none, or one is NaN.
    """
    numbers = np.asarray(scores, dtype=np.float64)
    if not numbers.size:
        raise MetricError(f"The scores are an empty array, of shape {numbers.shape}.")
    n_missing = int(np.isnan(numbers).sum())
    if n_missing:
        raise MetricError(
            f"{n_missing} of {numbers.size} scores, in an array of shape {numbers.shape}, "
            "are not numbers (NaN)."
        )
    return numbers


def checked_map(values: AnyArray, what: str = "map") -> Float64Array:
    """Check a map.

    Args:
        values: [freq, time]
        what: what sentences call it

    Returns:
        The map as 64-bit floats.

    Raises:
        MetricError: it has other than two axes, no cells, or NaN.
    """
    numbers = checked_numbers(values)
    if numbers.ndim != 2:
        raise MetricError(f"The {what} has shape {numbers.shape}; [freq, time] is needed.")
    return numbers


def checked_sum(values: AnyArray) -> float:
    """Sum a calibrated map.

    Args:
        values: [freq, time], at least 0

    Returns:
        The sum, above 0.

    Raises:
        MetricError: the map is 0 everywhere, or negative or infinite somewhere.
    """
    if values.min() < 0.0 or not np.isfinite(values.max()):
        raise MetricError("The map is negative or infinite somewhere; take the calibrated one.")
    total = float(values.sum())
    if total == 0.0:
        raise MetricError("The map is 0 everywhere, so where its sum lies is undefined.")
    return total


def check_both_classes(truth: BoolArray, metric: str) -> None:
    """Check that the truth holds both classes, which the metric compares.

    Args:
        truth: [...]
        metric: what sentences call the metric

    Raises:
        MetricError: it holds one class only.
    """
    if truth.all() or not truth.any():
        kind = "anomalous" if truth.any() else "normal"
        raise MetricError(
            f"{metric} is undefined: all {truth.size} values of the truth are {kind}, "
            "and it compares anomalous with normal ones."
        )
