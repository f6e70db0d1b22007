"""A head's cells become a map on the spectrogram's axes, and a clip's score."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

import numpy as np
import torch.nn.functional as F
from scipy import ndimage
from torch import Tensor

from core.detectors.heads.head import CellScores
from core.types import Float32Array, Float64Array

N_BEST = 5


def segment_maps(
    cells_of: Callable[[int], Tensor], sizes: Sequence[tuple[int, int]], sigma: float
) -> Iterator[Float32Array]:
    """Make a smoothed map of the cells of each of consecutive segments.

    Cells are enlarged bilinearly with their centres where they belong. Smoothing runs across the
    borders of segments as over the whole clip; beyond the clip it repeats the border outward, so
    it works on maps narrower than its reach.

    Args:
        cells_of: gives a segment's cells [row, column] by its place.
        sizes: rows and columns of each segment's log-mel.
        sigma: of the Gaussian smoothing, in cells of the spectrogram.

    Yields:
        Each segment's map [freq, time] on its log-mel's grid.
    """
    stops = np.cumsum([columns for _, columns in sizes]).tolist()
    starts = [0, *stops[:-1]]
    # As far as SciPy's filter reaches.
    reach = int(4.0 * sigma + 0.5)

    @lru_cache(maxsize=3)
    def enlarged(index: int) -> Float32Array:
        cells = cells_of(index).float()[None, None]
        size = sizes[index]
        map_ = F.interpolate(cells, size=size, mode="bilinear", align_corners=False)[0, 0]
        found: Float32Array = map_.numpy()
        return found

    for start, stop in zip(starts, stops, strict=True):
        first, last = max(0, start - reach), min(stops[-1], stop + reach)
        near = range(bisect_right(stops, first), bisect_left(starts, last))
        parts = [enlarged(i)[:, max(0, first - starts[i]) : last - starts[i]] for i in near]
        wide = np.concatenate(parts, axis=1)
        if sigma > 0:
            wide = ndimage.gaussian_filter(wide, sigma, mode="nearest")
        yield wide[:, start - first : stop - first]


def window_starts(n_columns: int, window: int) -> list[int]:
    """Place windows that overlap by half and cover everything; one where it fits.

    Args:
        n_columns: what is covered.
        window: a window's columns.

    Returns:
        Their first columns.
    """
    if n_columns <= window * 1.5:
        return [0]
    return [*range(0, n_columns - window, max(1, window // 2)), n_columns - window]


def windows(n_columns: int, window: int) -> list[tuple[int, int]]:
    """Place windows as `window_starts` does; a single one reaches to the end.

    Args:
        n_columns: what is covered.
        window: a window's columns.

    Returns:
        First and last column of each.
    """
    starts = window_starts(n_columns, window)
    return [(s, n_columns if len(starts) == 1 else s + window) for s in starts]


def weighted_peaks(scored: CellScores) -> tuple[Tensor, Tensor]:
    """Find the highest cell of each column, and that cell's weight.

    Args:
        scored: of one segment, with weights.

    Returns:
        [column] each.

    Raises:
        ValueError: there are no weights.
    """
    if scored.clip_weight is None:
        raise ValueError("The head has given no weights.")
    rows = scored.map.argmax(dim=0)[None]
    return scored.map.gather(0, rows)[0], scored.clip_weight.gather(0, rows)[0]


def weighted_peak(highest: Tensor, weights: Tensor, windows: Sequence[tuple[int, int]]) -> float:
    """Find the highest cell times its weight, in the window of the clip where that is largest.

    Args:
        highest: [column], each column's highest cell.
        weights: [column], those cells' weights.
        windows: first and last column of each window, so that a long clip is judged by stretches
            as long as those the detector was calibrated on.

    Returns:
        The clip's score.
    """
    places = (start + int(highest[start:stop].argmax()) for start, stop in windows)
    return max(float(highest[place] * weights[place]) for place in places)


def column_scores(cells: Tensor) -> Tensor:
    """Average the five best rows of each column.

    Args:
        cells: [row, column].

    Returns:
        [column].
    """
    return cells.topk(min(N_BEST, len(cells)), dim=0).values.mean(dim=0)


def best_columns(columns: Tensor, windows: Sequence[tuple[int, int]]) -> Float64Array:
    """Average the five best columns of each window.

    An event is wider than a cell: one outlying cell cannot lift this score, and an event that
    lasts for half a second is not diluted by the rest of the clip.

    Args:
        columns: [column] of the whole clip, as `column_scores` gives them.
        windows: first and last column of each window.

    Returns:
        The score of each window, [window].
    """
    parts = (columns[start:stop] for start, stop in windows)
    return np.array([float(part.topk(min(N_BEST, len(part))).values.mean()) for part in parts])


def windows_of(n_columns: int, window_share: float) -> list[tuple[int, int]]:
    """Place the windows in which a clip is judged.

    Args:
        n_columns: the clip's.
        window_share: the window's length over the clip's.

    Returns:
        First and last column of each.
    """
    return windows(n_columns, max(1, round(n_columns * min(1.0, window_share))))
