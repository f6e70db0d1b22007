"""Connected parts of a raw map above a threshold, as boxes in Hz and seconds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import ndimage

from core.types import Float32Array, Float64Array, Region

MOST_REGIONS = 100


def find_regions(
    raw: Float32Array,
    threshold: float,
    freq_hz: Float64Array,
    time_s: Float64Array,
    p_value: Callable[[float], float],
) -> tuple[Region, ...]:
    """Find the 8-connected parts of a raw map above a threshold.

    A box reaches half-way to the neighbouring rows and columns. At most the 100 strongest.

    Args:
        raw: [freq, time].
        threshold: what a cell must exceed.
        freq_hz: [freq], the rows' centres.
        time_s: [time], the columns' centres.
        p_value: gives a peak's p-value.

    Returns:
        The regions, strongest first.
    """
    labels, _ = ndimage.label(raw > threshold, structure=np.ones((3, 3)))
    # Each peak within its own box: `ndimage.maximum_position` would sort the whole map, which
    # for an hour costs half a GiB.
    peaks = []
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        inside = np.where(labels[box] == number, raw[box], -np.inf)
        row, column = divmod(int(inside.argmax()), inside.shape[1])
        peaks.append((float(inside.max()), box, box[0].start + row, box[1].start + column))
    peaks.sort(key=lambda peak: -peak[0])
    row_edges, column_edges = _edges(freq_hz), _edges(time_s)
    return tuple(
        Region(
            start_s=float(column_edges[columns.start]),
            end_s=float(column_edges[columns.stop]),
            low_hz=float(row_edges[rows.start]),
            high_hz=float(row_edges[rows.stop]),
            peak_s=float(time_s[column]),
            peak_hz=float(freq_hz[row]),
            score=score,
            p_value=p_value(score),
        )
        for score, (rows, columns), row, column in peaks[:MOST_REGIONS]
    )


def _edges(centres: Float64Array) -> Float64Array:
    # Borders between the cells with these centres; the outer ones stay within the axis.
    between = (centres[1:] + centres[:-1]) / 2
    return np.concatenate([[max(0.0, centres[0])], between, [centres[-1]]])
