"""A head's cells become a map on the spectrogram's axes, and a clip's score."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from scipy import ndimage
from torch import Tensor

from core.detectors.heads.head import CellScores
from core.types import Float32Array, Float64Array

N_BEST = 5


def spectrogram_map(
    cells: Sequence[Tensor],
    sizes: Sequence[tuple[int, int]],
    n_frames: int,
    sigma: float,
    weights: Sequence[Tensor] = (),
) -> Float32Array:
    """Make one map of the cells of consecutive segments, smoothed, then weighted.

    Cells are enlarged bilinearly with their centres where they belong; columns past the clip's
    last frame are cut off. Smoothing repeats the border outward, so it works on maps narrower
    than its reach.

    Args:
        cells: [row, column] of each segment.
        sizes: rows and columns of each segment's log-mel.
        n_frames: the clip's.
        sigma: of the Gaussian smoothing, in cells of the spectrogram.
        weights: [freq, time] of each segment on its log-mel's grid, or none.

    Returns:
        [freq, time].
    """
    enlarged = [
        F.interpolate(cell[None, None], size=size, mode="bilinear", align_corners=False)[0, 0]
        for cell, size in zip(cells, sizes, strict=True)
    ]
    whole = torch.cat(enlarged, dim=1).numpy()
    del enlarged  # an hour's map is 60 MB, and every copy of it counts
    if sigma > 0:
        whole = ndimage.gaussian_filter(whole, sigma, mode="nearest")
    start = 0
    for weight in weights:
        whole[:, start : start + weight.shape[1]] *= weight.numpy()
        start += weight.shape[1]
    return np.ascontiguousarray(whole[:, :n_frames], dtype=np.float32)


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


def weighted_peak(scores: Sequence[CellScores], windows: Sequence[tuple[int, int]]) -> float:
    """Find the highest cell times its weight, in the window of the clip where that is largest.

    Args:
        scores: of each segment.
        windows: first and last column of each window, so that a long clip is judged by stretches
            as long as those the detector was calibrated on.

    Returns:
        The clip's score.
    """
    cells = torch.cat([score.map for score in scores], dim=1)
    weights = torch.cat([score.clip_weight for score in scores if score.clip_weight is not None], 1)
    best = -torch.inf
    for start, stop in windows:
        part = cells[:, start:stop]
        row, column = divmod(int(part.argmax()), part.shape[1])
        best = max(best, float(part[row, column] * weights[row, start + column]))
    return best


def best_columns(cells: Tensor, windows: Sequence[tuple[int, int]]) -> Float64Array:
    """Average the five best columns of each window, each the mean of its five best rows.

    An event is wider than a cell: one outlying cell cannot lift this score, and an event that
    lasts for half a second is not diluted by the rest of the clip.

    Args:
        cells: [row, column] of the whole clip.
        windows: first and last column of each window.

    Returns:
        The score of each window, [window].
    """
    columns = cells.topk(min(N_BEST, len(cells)), dim=0).values.mean(dim=0)
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
