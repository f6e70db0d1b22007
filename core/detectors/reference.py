"""What a cell is compared with: the training set, or the rest of its own clip."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from core.detectors.head import HeadSettings
from core.detectors.options import option
from core.types import FeatureMaps


@dataclass(frozen=True)
class ReferenceSettings(HeadSettings):
    """Settings of heads that can listen for what differs from a clip's own background."""

    reference: str = option(
        "training",
        "What a sound is compared with: the training set as it is, or (clip) after every clip's "
        "own background is taken away, which finds events but not what lasts the whole clip.",
        choices=("training", "clip"),
    )


def referred(maps: FeatureMaps, reference: str) -> FeatureMaps:
    """The maps as they are ("training"), or less their own background ("clip").

    The background is each row's and channel's median over time. A clip longer than a segment
    (30 s) is referred to the background of each segment.
    """
    if reference == "training":
        return maps
    return FeatureMaps(
        maps.log_mel, {name: less_background(values) for name, values in maps.layers.items()}
    )


def less_background(layer: Tensor) -> Tensor:
    """A map [channel, freq, time] less its median over time."""
    return layer - layer.median(dim=-1, keepdim=True).values
