"""Where an anomaly lies in time and frequency, and how well maps find it."""

from __future__ import annotations

import numpy as np

from core.errors import MetricError
from core.metrics.checks import AnyArray, BoolArray, checked_map
from core.types import Float64Array

# Vision to Sound, 3.2.2: the top 40 % of the energy where the anomaly is injected.
TRUTH_SHARE = 0.4


def truth_mask(stem_power: AnyArray, columns: slice, share: float = TRUTH_SHARE) -> BoolArray:
    """The cells of highest energy of an anomaly's own sound, within the columns it lasts.

    Vision to Sound, 3.2.2. Cells as loud as the last one that counts count too; cells without
    any energy never do, so a stem with much silence has fewer.

    Shape:
        stem_power: [freq, time], at least 0; returns [freq, time]

    Raises:
        MetricError: the columns are none, the stem is silent there, or share is not in (0, 1].
    """
    power = injected(stem_power, columns)
    if not 0.0 < share <= 1.0:
        raise MetricError(f"The share of cells is {share}; it must be above 0 and at most 1.")
    n_cells = max(1, round(share * power.size))
    cut = np.partition(power.ravel(), power.size - n_cells)[power.size - n_cells]
    mask = np.zeros(np.shape(stem_power), dtype=np.bool_)
    mask[:, columns] = (power >= cut) & (power > 0.0)
    return mask


def injected(stem_power: AnyArray, columns: slice) -> Float64Array:
    """The part [freq, columns] of a stem's power that holds the injected sound.

    Raises:
        MetricError: there is no such part, it is silent, or power is negative somewhere.
    """
    power = checked_map(stem_power, "stem's power")
    part = power[:, columns]
    if not part.size:
        raise MetricError(
            f"Columns {columns.start} to {columns.stop} hold nothing of the stem's "
            f"{power.shape[1]} columns."
        )
    if part.min() < 0.0:
        raise MetricError("The stem's power is negative somewhere; power is needed, not decibels.")
    if not part.any():
        raise MetricError(
            f"The anomaly is silent in columns {columns.start} to {columns.stop}, so nothing "
            "there is true."
        )
    return part
