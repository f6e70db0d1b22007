"""A head's cells become a map on the spectrogram's axes, and the map a clip's score."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from scipy import ndimage
from torch import Tensor

from core.detectors.head import CellScores
from core.types import FeatureMaps, Float32Array


def spectrogram_map(
    cells: Sequence[Tensor], segments: Sequence[tuple[int, int]], n_frames: int, sigma: float
) -> Float32Array:
    """One map [freq, time] of the cell maps of consecutive segments, smoothed.

    `segments` gives rows and columns of each segment's log-mel. Cells are enlarged bilinearly
    with their centres where they belong; columns past the clip's last frame are cut off.
    Smoothing repeats the border outward, so it works on maps narrower than its reach.
    """
    enlarged = [
        F.interpolate(cell[None, None], size=size, mode="bilinear", align_corners=False)[0, 0]
        for cell, size in zip(cells, segments, strict=True)
    ]
    whole = torch.cat(enlarged, dim=1)[:, :n_frames].numpy()
    if sigma > 0:
        whole = ndimage.gaussian_filter(whole, sigma, mode="nearest")
    return np.ascontiguousarray(whole, dtype=np.float32)


def window_starts(n_columns: int, window: int) -> list[int]:
    """First columns of windows that overlap by half and cover everything; one where it fits."""
    if n_columns <= window * 1.5:
        return [0]
    return [*range(0, n_columns - window, max(1, window // 2)), n_columns - window]


def weighted_peak(scores: Sequence[CellScores], window_share: float) -> float:
    """The highest cell times its weight, in the window of the clip where that is largest.

    `window_share` is the window's length over the clip's, so that a long clip is judged by
    stretches as long as those the detector was calibrated on.
    """
    cells = torch.cat([score.map for score in scores], dim=1)
    weights = torch.cat([score.clip_weight for score in scores if score.clip_weight is not None], 1)
    n_columns = cells.shape[1]
    window = max(1, round(n_columns * min(1.0, window_share)))
    best = -torch.inf
    for start in window_starts(n_columns, window):
        stop = n_columns if n_columns <= window * 1.5 else start + window
        part = cells[:, start:stop]
        row, column = divmod(int(part.argmax()), part.shape[1])
        best = max(best, float(part[row, column] * weights[row, start + column]))
    return best


def input_size(maps: FeatureMaps) -> tuple[int, int]:
    """Rows and columns of the segment's log-mel."""
    return maps.log_mel.shape[0], maps.log_mel.shape[1]
