"""Regions: what a person would draw around the sounds that exceed a threshold on a raw map."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from core.detectors.connected_parts import parts_of
from core.runtime.columns import Overview, column_peaks
from core.types import Float32Array, Float64Array, Region

MOST_PARTS = 100
# Shares of the way up from a map's median. Chosen, with the gaps below, on folds 1-3 of ESC-10 and
# on takes of the built-in machines that no benchmark uses: the best box shares 40 % of its area
# with the truth's (IoU) on recordings and 51 % on machines; boxes around the cells above the
# threshold had 3 % and 21 %. Leaving a class out of the choice cost at most 3 points.
EXTENT = 1 / 3
# Networks blur more in time than in frequency, so a box's ends are looked for higher up. Machines
# with short faults gain 11 points by it, recordings lose 1.
DURATION = (0.5, 0.6)
# Where the threshold lies at most so far up, box and outline end in the same rows. Rows a third of
# the way up whatever the threshold had 53 % of their length in common with the truth's on 96
# mixes of fold 3 of ESC-10, now 70 %; on 44 takes of the machines 51 %, now 62 %.
CLEAR = 0.7
# Closer than both is one sound: the strokes of a rattle, the partials of a cry.
GAP_S = 0.25
GAP_OCTAVES = 1.0


def find_regions(
    raw: Float32Array,
    threshold: float,
    freq_hz: Float64Array,
    time_s: Float64Array,
    p_value: Callable[[float], float],
    overview: Overview | None = None,
) -> tuple[Region, ...]:
    """Find the sounds that exceed a threshold on a raw map, each as one region.

    Cells above the threshold that lie at most 0.25 s and one octave apart belong together, and so
    does all that connects with them a third of the way from the map's median to the threshold or
    higher (hysteresis, as of Canny's edges, 1986). A box spans the rows and the columns in which
    the region exceeds the threshold, so it ends where the outline on the picture ends. Two kinds
    of regions are the exception: of a weak one, whose highest cell is hardly above the threshold,
    rows count down to a third of the way from the median to that cell and columns to 60 %, so that
    it is not narrower than its sound; of one whose threshold lies lower than a third (columns: a
    half) of the way, the loud sound's halo does not count.

    There is a region exactly when the map's highest cell exceeds the threshold, and the first
    region holds that cell. Cost: linear in the cells; an hour (96 x 155,000) takes 0.4 s on one
    core; the memory is that of 16,384 columns, however long the map is.

    Args:
        raw: [freq, time].
        threshold: what a region's highest cell must exceed.
        freq_hz: [freq], the rows' centres.
        time_s: [time], the columns' centres, evenly spaced.
        p_value: gives a peak's p-value.
        overview: of the map, where it is known: then only the columns with regions are read.

    Returns:
        The regions, strongest first; `AnomalyMap` counts all and holds the first 100.
    """
    overview = overview or Overview.of(raw)
    peaks, middle = overview.peaks, overview.middle
    if not float(peaks.max()) > threshold:
        return ()
    floor = min(middle, threshold)
    extent = _between(floor, threshold, EXTENT)
    cut, reach = np.float64(threshold), _gap_columns(time_s)

    def together(start: int, stop: int) -> NDArray[np.bool_]:
        before = min(start, reach - 1)
        part = np.ascontiguousarray(raw[:, start - before : stop])
        found = _joined(part > cut, freq_hz, reach)
        found |= part > extent
        return found[:, before:]

    def edges_at(peak: float) -> tuple[np.float64, np.float64]:
        base = middle if peak > middle else floor
        rows, columns = _shares((threshold - base) / (peak - base))
        return _between(base, peak, rows), _between(base, peak, columns)

    # A column without a cell of a region lies between two, so each run of others is for itself.
    runs = _runs(_later(peaks > cut, reach) | (peaks > extent), peaks > cut)
    return _boxes(raw, runs, together, threshold, edges_at, freq_hz, time_s, p_value)


def find_parts(
    raw: Float32Array, threshold: float, freq_hz: Float64Array, time_s: Float64Array
) -> tuple[Region, ...]:
    """Find the 8-connected parts of a map above a threshold, each in a box around all its cells.

    For what is no score, such as a mask or a share of models; p-values are 1, which claims nothing.

    Args:
        raw: [freq, time].
        threshold: what a cell must exceed.
        freq_hz: [freq], the rows' centres.
        time_s: [time], the columns' centres.

    Returns:
        The parts, the one with the highest cell first, at most 100.
    """
    cut = np.float64(threshold)
    above = column_peaks(raw) > cut
    parts = _boxes(
        raw, _runs(above, above), lambda start, stop: raw[:, start:stop] > cut, threshold,
        lambda _: (cut, cut), freq_hz, time_s, lambda _: 1.0,
    )  # fmt: skip
    return parts[:MOST_PARTS]


def _boxes(
    raw: Float32Array,
    runs: Sequence[tuple[int, int]],
    together: Callable[[int, int], NDArray[np.bool_]],
    threshold: float,
    edges_at: Callable[[float], tuple[np.float64, np.float64]],
    freq_hz: Float64Array,
    time_s: Float64Array,
    p_value: Callable[[float], float],
) -> tuple[Region, ...]:
    # The connected parts of what is `together` in runs of columns that exceed the threshold; from
    # a part's highest cell, `edges_at` gives the values that its rows and its columns must reach
    # to be in the box.
    row_edges, column_edges = _edges(freq_hz), _edges(time_s)
    regions = []
    for run in runs:
        for peak, rows, columns in parts_of(raw, run, together, edges_at):
            if peak.score > threshold:
                regions.append(
                    Region(
                        start_s=float(column_edges[columns.start]),
                        end_s=float(column_edges[columns.stop]),
                        low_hz=float(row_edges[rows.start]),
                        high_hz=float(row_edges[rows.stop]),
                        peak_s=float(time_s[peak.column]),
                        peak_hz=float(freq_hz[peak.row]),
                        score=peak.score,
                        p_value=p_value(peak.score),
                    )
                )
    order = sorted(regions, key=lambda region: (-region.score, region.peak_hz, region.peak_s))
    return tuple(order)


def _shares(of_threshold: float) -> tuple[float, float]:
    # How far up a region's rows and columns must reach, from how far up the threshold lies.
    columns = min(max(of_threshold, DURATION[0]), DURATION[1])
    if of_threshold <= CLEAR:
        return max(of_threshold, EXTENT), columns
    # From there down to a third of a region that is hardly found.
    return EXTENT + (1.0 - of_threshold) / (1.0 - CLEAR) * (CLEAR - EXTENT), columns


def _later(above: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    # Each cell reaches the gap's length later, so that what lies closer touches.
    later: NDArray[np.uint8] = ndimage.maximum_filter1d(
        above.view(np.uint8), reach, mode="constant", origin=(reach - 1) // 2
    )
    return later.view(np.bool_)


def _joined(above: NDArray[np.bool_], freq_hz: Float64Array, reach: int) -> NDArray[np.bool_]:
    # Each cell reaches the gaps' lengths later and higher.
    later, joined = _later(above, reach), np.empty_like(above)
    for row, lowest in enumerate(np.searchsorted(freq_hz, freq_hz / 2.0**GAP_OCTAVES)):
        np.any(later[lowest : row + 1], axis=0, out=joined[row])
    return joined


def _gap_columns(time_s: Float64Array) -> int:
    hop_s = float(time_s[1] - time_s[0]) if time_s.size > 1 else GAP_S
    return int(GAP_S / hop_s) + 1


def _runs(live: NDArray[np.bool_], needed: NDArray[np.bool_]) -> list[tuple[int, int]]:
    # The first column of each run of live ones with a needed one among them, and the one after it.
    changes = np.flatnonzero(np.diff(np.concatenate([[False], live, [False]])))
    runs = zip(changes[::2].tolist(), changes[1::2].tolist(), strict=True)
    return [(start, stop) for start, stop in runs if needed[start:stop].any()]


def _between(floor: float, top: float, share: float) -> np.float64:
    # In 64 bits: NumPy would round a Python float to the map's 32 before it compares, and a
    # highest cell just above the threshold would be lost.
    return np.float64(top - (1.0 - share) * (top - floor))


def _edges(centres: Float64Array) -> Float64Array:
    # Borders between the cells with these centres; the outer ones stay within the axis.
    between = (centres[1:] + centres[:-1]) / 2
    return np.concatenate([[max(0.0, centres[0])], between, [centres[-1]]])
