"""Whether a map points at the true cells: its peak, and its energy."""

from __future__ import annotations

from core.errors import MetricError
from core.metrics.checks import AnyArray, BoolArray, checked, checked_sum
from core.types import Float64Array


def energy_in_mask(truth: AnyArray, map: AnyArray) -> float:
    """Compute the share of a map's sum that lies in true cells, sum(M truth) / sum(M).

    Args:
        truth: [freq, time]
        map: [freq, time], at least 0

    Returns:
        The share; a constant map gives the share of true cells.

    Raises:
        MetricError: nothing is true; the map is 0 everywhere, negative somewhere, or holds NaN;
            or shapes differ.
    """
    mask, values = _checked_pair(truth, map)
    return float(values[mask].sum() / checked_sum(values))


def pointing_game(truth: AnyArray, map: AnyArray) -> float:
    """Test whether a map's highest cell is true.

    Zhang et al., "Top-down neural attention by excitation backprop", ECCV 2016, for one clip.

    Args:
        truth: [freq, time]
        map: [freq, time]

    Returns:
        1 where it is, else 0; of several highest cells, the share that is.

    Raises:
        MetricError: nothing is true, the map holds NaN, or shapes differ.
    """
    mask, values = _checked_pair(truth, map)
    return float(mask[values == values.max()].mean())


def _checked_pair(truth: AnyArray, map: AnyArray) -> tuple[BoolArray, Float64Array]:
    mask, values = checked(truth, map)
    if not mask.any():
        raise MetricError("Pointing is undefined: nothing in the truth is anomalous.")
    return mask, values
