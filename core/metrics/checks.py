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
    """Truth as booleans and scores as 64-bit floats, of one shape.

    Raises:
        MetricError: the shapes differ, the truth is not a mask, or a score is not a number.
    """
    mask = checked_mask(truth)
    numbers = checked_numbers(scores)
    if mask.shape != numbers.shape:
        raise MetricError(
            f"The truth has shape {mask.shape} and the scores {numbers.shape}; "
            "they must be of one shape."
        )
    return mask, numbers


def checked_mask(truth: AnyArray) -> BoolArray:
    """Truth as booleans.

    Raises:
        MetricError: it is empty or holds anything but 0 and 1.
    """
    mask = np.asarray(truth)
    if not mask.size:
        raise MetricError(f"The truth is an empty array, of shape {mask.shape}.")
    if mask.dtype == np.bool_:
        return mask
    if not ((mask == 0) | (mask == 1)).all():
        raise MetricError("The truth holds values other than 0 and 1; a mask is needed.")
    return mask.astype(np.bool_)


def checked_numbers(scores: AnyArray) -> Float64Array:
    """Scores as 64-bit floats; infinity is in order, it ranks as any number does.

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
    """A map [freq, time] as 64-bit floats.

    Raises:
        MetricError: it has other than two axes, no cells, or NaN.
    """
    numbers = checked_numbers(values)
    if numbers.ndim != 2:
        raise MetricError(f"The {what} has shape {numbers.shape}; [freq, time] is needed.")
    return numbers


def checked_both_classes(truth: BoolArray, metric: str) -> None:
    """Nothing, if the truth holds both classes.

    Raises:
        MetricError: one class only; the metric compares two.
    """
    if truth.all() or not truth.any():
        kind = "anomalous" if truth.any() else "normal"
        raise MetricError(
            f"{metric} is undefined: all {truth.size} values of the truth are {kind}, "
            "and it compares anomalous with normal ones."
        )
