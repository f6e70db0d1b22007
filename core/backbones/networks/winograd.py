"""A 3x3 convolution with a quarter of the multiplications, by Winograd's minimal filtering.

Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016, F(4x4, 3x3).
PyTorch's convolutions on the CPU multiply all nine taps and already run as fast as the processor
multiplies, so only fewer multiplications are faster.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

LEAST_IN, LEAST_OUT = 64, 128
"""Channels from which it pays: the transforms cost as much for few channels as for many."""
TILE = 4
"""Rows and columns of the output that are made together, from `SPAN` of the input."""
SPAN = 6
# The transforms of section 4.3: products of polynomials at these points and at infinity. A row of
# the input's is the product of (x - other) over the other points, the lowest power first.
_POINTS = np.array([0.0, 1.0, -1.0, 2.0, -2.0])
_OTHERS = [np.delete(_POINTS, i) for i in range(_POINTS.size)]
_SCALES = [[np.prod(point - others)] for point, others in zip(_POINTS, _OTHERS, strict=True)]
OF_INPUT = torch.tensor(
    np.array([*([*np.poly(others)[::-1], 0.0] for others in _OTHERS), np.poly(_POINTS)[::-1]]),
    dtype=torch.float32,
)
OF_TAPS = torch.tensor(
    np.vstack([np.vander(_POINTS, 3, increasing=True) / _SCALES, [0.0, 0.0, 1.0]])
)
OF_OUTPUT = torch.tensor(
    np.column_stack([np.vander(_POINTS, TILE, increasing=True).T, [0.0, 0.0, 0.0, 1.0]]),
    dtype=torch.float32,
).contiguous()
BOTH_WAYS_IN = torch.kron(OF_INPUT, OF_INPUT)
BOTH_WAYS_OUT = torch.kron(OF_OUTPUT, OF_OUTPUT)
# Tiles gone through at once: what is made of them on the way stays in the processor's cache.
TILES_AT_ONCE = 192
OUTPUTS_AT_ONCE = 32


class WinogradConv(nn.Module):
    """A frozen 3x3 convolution, padded by one; on the CPU in 32 bits it takes fewer products.

    There its values are within 1e-5 of the direct sum's, relative to the largest. On a GPU and at
    lower precision it is the convolution itself. Costs four times the memory of its weights more,
    from its first use on the CPU.

    Args:
        direct: the convolution, with a bias
    """

    def __init__(self, direct: nn.Conv2d) -> None:
        super().__init__()
        self.direct = direct
        self._taps: Tensor | None = None

    @staticmethod
    def pays(conv: nn.Conv2d) -> bool:
        """Decide whether a convolution has channels enough to be faster this way.

        Args:
            conv: the convolution

        Returns:
            True where it pays.
        """
        return conv.in_channels >= LEAST_IN and conv.out_channels >= LEAST_OUT

    def forward(self, x: Tensor) -> Tensor:
        """Compute the convolution.

        Args:
            x: [batch, n_in, H, W], channels last in memory

        Returns:
            [batch, n_out, H, W], channels last in memory
        """
        if x.device.type != "cpu" or torch.is_autocast_enabled("cpu"):
            return self.direct(x)  # type: ignore[no-any-return]
        if self._taps is None:
            self._taps = transformed_taps(self.direct.weight)
        assert self.direct.bias is not None
        return tiled(x, self._taps, self.direct.bias)


@torch.no_grad()
def transformed_taps(weight: Tensor) -> Tensor:
    """Transform the taps once, to the points of both axes (section 4.3).

    Args:
        weight: [n_out, n_in, 3, 3]

    Returns:
        [SPAN * SPAN, n_in, n_out]
    """
    n_out, n_in = weight.shape[:2]
    taps = weight.new_empty(SPAN**2, n_in, n_out)
    # Some at a time: in 64 bits all at once are eight times the memory of the weights.
    for start in range(0, n_out, OUTPUTS_AT_ONCE):
        some = weight[start : start + OUTPUTS_AT_ONCE].double()
        at_points = torch.einsum("ia,kcab,jb->ijck", OF_TAPS, some, OF_TAPS)
        taps[..., start : start + OUTPUTS_AT_ONCE] = at_points.reshape(SPAN**2, n_in, -1)
    return taps


def tiled(x: Tensor, taps: Tensor, bias: Tensor) -> Tensor:
    """Compute the convolution tile by tile (Eq. 8 and algorithm 1).

    Args:
        x: [batch, n_in, H, W], channels last in memory
        taps: [SPAN * SPAN, n_in, n_out], of `transformed_taps`
        bias: [n_out]

    Returns:
        [batch, n_out, H, W], channels last in memory
    """
    n, n_in, height, width = x.shape
    n_rows, n_columns = -(-height // TILE), -(-width // TILE)
    padded = F.pad(
        x.permute(0, 2, 3, 1),
        (0, 0, 1, n_columns * TILE - width + 1, 1, n_rows * TILE - height + 1),
    )
    clip, row, column, _ = padded.stride()
    made = x.new_empty(n, n_rows, TILE, n_columns, TILE, taps.shape[2])
    clips_at_once = max(1, TILES_AT_ONCE // (n_rows * n_columns))
    rows_at_once = max(1, TILES_AT_ONCE // n_columns)
    for i in range(0, n, clips_at_once):
        for j in range(0, n_rows, rows_at_once):
            out = made[i : i + clips_at_once, j : j + rows_at_once]
            tiles = padded.as_strided(
                (SPAN, SPAN, out.shape[0], out.shape[1], n_columns, n_in),
                (row, column, clip, TILE * row, TILE * column, 1),
                i * clip + j * TILE * row,
            )
            at_points = (BOTH_WAYS_IN @ tiles.reshape(SPAN**2, -1)).view(SPAN**2, -1, n_in)
            products = torch.bmm(at_points, taps).view(SPAN**2, -1)
            values = (BOTH_WAYS_OUT @ products).view(TILE, TILE, *out.shape[:2], n_columns, -1)
            torch.add(values.permute(2, 3, 0, 4, 1, 5), bias, out=out)
    whole = made.view(n, n_rows * TILE, n_columns * TILE, -1)
    return whole[:, :height, :width].permute(0, 3, 1, 2)
