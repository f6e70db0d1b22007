"""Windows of one length, for heads that learn one thing for each column."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from core.detectors.views.spectrogram_map import window_starts


def median_index(lengths: Sequence[int]) -> int:
    """Find where the median length stands, the lower one of two.

    >>> median_index([54, 54, 20, 108])
    0

    Args:
        lengths: of clips.

    Returns:
        The index.
    """
    return sorted(range(len(lengths)), key=lambda i: lengths[i])[(len(lengths) - 1) // 2]


def cut_windows(values: Tensor, width: int) -> tuple[Tensor, list[int]]:
    """Cut windows that overlap by half.

    The last window ends with the last column. A map shorter than the window is repeated until it
    fills one.

    Args:
        values: [..., time].
        width: a window's columns.

    Returns:
        [window, ..., width], and the windows' first columns.
    """
    n_columns = values.shape[-1]
    if n_columns < width:
        repeated = torch.cat([values] * -(-width // n_columns), dim=-1)
        return repeated[None, ..., :width], [0]
    starts = [0, n_columns - width] if n_columns > width else [0]
    if n_columns > 1.5 * width:
        starts = window_starts(n_columns, width)
    return torch.stack([values[..., start : start + width] for start in starts]), starts


def blend_windows(windows: Tensor, starts: list[int], n_columns: int) -> Tensor:
    """Blend windows into one map; overlaps fade into each other.

    Args:
        windows: [window, freq, width].
        starts: their first columns.
        n_columns: of the map.

    Returns:
        [freq, n_columns].
    """
    if len(starts) == 1:
        return windows[0, :, :n_columns]
    width = windows.shape[-1]
    ramp = torch.arange(1, width + 1, device=windows.device)
    weight = torch.minimum(ramp, ramp.flip(0)).to(windows.dtype)
    total = windows.new_zeros(windows.shape[1], n_columns)
    weights = windows.new_zeros(n_columns)
    for window, start in zip(windows, starts, strict=True):
        total[:, start : start + width] += window * weight
        weights[start : start + width] += weight
    return total / weights
