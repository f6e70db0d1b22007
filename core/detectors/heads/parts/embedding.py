"""Locally aware patch features: pooled maps brought to the finest grid and concatenated."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from core.types import FeatureMaps


def patch_embedding(
    maps: FeatureMaps, layers: tuple[str, ...], device: torch.device, pooled: bool
) -> Tensor:
    """Join the layers as one map on the finest layer's grid.

    Coarser maps are resized bilinearly, as PatchCore does.

    Args:
        maps: of one segment.
        layers: the layers, finest first.
        device: where it is made.
        pooled: average each 3x3 neighbourhood first, zeros around the border included (PatchCore,
            section 3.1, with p = 3).

    Returns:
        [channel, freq, time].
    """
    values = [maps.layers[layer].to(device)[None] for layer in layers]
    if pooled:
        values = [F.avg_pool2d(layer, 3, stride=1, padding=1) for layer in values]
    size = values[0].shape[-2:]
    resized = [
        layer
        if layer.shape[-2:] == size
        else F.interpolate(layer, size=size, mode="bilinear", align_corners=False)
        for layer in values
    ]
    # Joined cell by cell: with a cell's channels side by side in memory, `as_rows` copies nothing.
    return torch.cat([layer[0].permute(1, 2, 0) for layer in resized], dim=2).permute(2, 0, 1)


def as_rows(embedding: Tensor) -> Tensor:
    """Turn a map into one row a cell.

    Args:
        embedding: [channel, freq, time].

    Returns:
        [freq * time, channel].
    """
    return embedding.permute(1, 2, 0).flatten(0, 1).contiguous()
