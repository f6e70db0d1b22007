"""Whether a map points at the true cells: its peak, and its energy."""

from __future__ import annotations

import numpy as np

from core.errors import MetricError
from core.metrics.checks import AnyArray, BoolArray, checked
from core.types import Float64Array


def energy_in_mask(truth: AnyArray, map: AnyArray) -> float:
    """The share of the map's sum that lies in true cells, sum(M truth) / sum(M).

    A constant map gives the share of true cells.

    Raises:
        MetricError: nothing is true; the map is 0 everywhere, negative somewhere, or holds NaN;
            or shapes differ.
    """
    mask, values = _pair(truth, map)
    if values.min() < 0.0 or not np.isfinite(values.max()):
        raise MetricError("The map is negative or infinite somewhere; take the calibrated one.")
    total = float(values.sum())
    if total == 0.0:
        raise MetricError("The map is 0 everywhere, so the place of its energy is undefined.")
    return float(values[mask].sum() / total)


def pointing_game(truth: AnyArray, map: AnyArray) -> float:
    """1 where the map's highest cell is true, else 0; of several highest, the share that is.

    Zhang et al., "Top-down neural attention by excitation backprop", ECCV 2016, for one clip.

    Raises:
        MetricError: nothing is true, the map holds NaN, or shapes differ.
    """
    mask, values = _pair(truth, map)
    return float(mask[values == values.max()].mean())


def _pair(truth: AnyArray, map: AnyArray) -> tuple[BoolArray, Float64Array]:
    mask, values = checked(truth, map)
    if not mask.any():
        raise MetricError("Pointing is undefined: nothing in the truth is anomalous.")
    return mask, values
