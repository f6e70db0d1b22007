"""Where several models agree that a clip is anomalous.

Models of different backbones see one clip on different axes; their maps are laid on those of the
first by the nearest cell, so that no value is invented.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from core.detectors.region_words import time_and_band
from core.detectors.regions import find_parts
from core.runtime.columns import COLUMNS_AT_ONCE
from core.runtime.memory import release
from core.runtime.spool import Spool
from core.types import AnomalyMap, Float32Array, Float64Array, Region

Value = TypeVar("Value", bound=np.generic)
# More than half of the models: where they agree.
MAJORITY = 0.5


@dataclass(frozen=True, eq=False)
class Agreement:
    """The share of models whose map exceeds its threshold, cell by cell.

    Attributes:
        share: [freq, time] float32 in [0, 1]; of long maps, on disk.
        freq_hz: The centres of its rows, [freq].
        time_s: The centres of its columns, [time].
        regions: Where more than half agree, the largest share first.
    """

    share: Float32Array
    freq_hz: Float64Array
    time_s: Float64Array
    regions: tuple[Region, ...]


def agreement(maps: Sequence[AnomalyMap]) -> Agreement:
    """Count how many of the maps of one clip exceed their thresholds, cell by cell.

    Args:
        maps: A map a model.

    Returns:
        The share of the models, on the axes of the first.

    Raises:
        ValueError: there is no map.
    """
    if not maps:
        raise ValueError("There is no map to compare.")
    freq_hz, time_s = maps[0].freq_hz, maps[0].time_s
    shares = Spool()
    for start in range(0, time_s.size, COLUMNS_AT_ONCE):
        part = time_s[start : start + COLUMNS_AT_ONCE]
        above = [on_axes(found.raw, found, freq_hz, part) > found.threshold for found in maps]
        share: Float32Array = np.mean(above, axis=0, dtype=np.float32)
        shares.append(share.T)
        for found in maps:
            release(found.raw)
    share = shares.array().T
    return Agreement(share, freq_hz, time_s, find_parts(share, MAJORITY, freq_hz, time_s))


def on_axes(
    layer: NDArray[Value], found: AnomalyMap, freq_hz: Float64Array, time_s: Float64Array
) -> NDArray[Value]:
    """Lay values of a map on other axes.

    Args:
        layer: Values [freq, time] on the axes of `found`.
        found: The map.
        freq_hz: The rows wanted.
        time_s: The columns wanted.

    Returns:
        The value of the nearest cell for each; distances in frequency are those on a mel axis.
    """
    rows = _nearest(np.log1p(found.freq_hz / 700.0), np.log1p(freq_hz / 700.0))
    columns = _nearest(found.time_s, time_s)
    taken: NDArray[Value] = layer[np.ix_(rows, columns)]
    return taken


def agreement_sentence(maps: Sequence[AnomalyMap], agreed: Agreement) -> str:
    """Say how many models find the recording anomalous, and where most of them agree.

    Args:
        maps: A map a model.
        agreed: What `agreement` gave.

    Returns:
        One sentence.
    """
    n_anomalous, n_models = sum(found.anomalous for found in maps), len(maps)
    if n_models == 1:
        return f"The one model finds this recording {'anomalous' if n_anomalous else 'normal'}."
    said = (
        f"{n_anomalous or 'None'} of {n_models} models "
        f"{'finds' if n_anomalous <= 1 else 'find'} this recording anomalous"
    )
    if not agreed.regions:
        return f"{said}; there is no place where more than half of them agree."
    strongest = agreed.regions[0]
    n_there = round(strongest.score * n_models)
    return f"{said}; {n_there} of them agree on {time_and_band(strongest)}."


def _nearest(centres: Float64Array, wanted: Float64Array) -> NDArray[np.intp]:
    """Return for each wanted place the index of the nearest of the rising centres."""
    between = (centres[1:] + centres[:-1]) / 2
    found: NDArray[np.intp] = np.searchsorted(between, wanted)
    return found
