"""Background subtraction: a clip's own median over time is taken away, which leaves events."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from core.detectors.heads.head import HeadSettings
from core.detectors.settings import option
from core.spectral.spectrogram import SpectrogramSettings, mel_power
from core.types import FeatureMaps

SILENT_DB = 60.0
# What is missing against the background counts this much of what is added to it. On folds 1-3 of
# ESC-10 0, 0.1 and 0.3 are within 0.2 points of each other and 1 is 2 points worse; but only above
# 0 is a stroke that fails to come seen at all.
MISSING_SHARE = 0.3


@dataclass(frozen=True)
class BackgroundSettings(HeadSettings):
    """Settings of heads that can score the event view of a clip."""

    views: str = option(
        "training",
        "What the head compares. training: the sound as it is, as published. event: the sound "
        "after background subtraction, which finds events but not what lasts the whole clip. "
        "both: the event view, and besides it the stationary view, which finds what lasts.",
        choices=("training", "event", "both"),
    )


def subtract_background(
    maps: FeatureMaps,
    layers: tuple[str, ...],
    views: str,
    spectrogram_settings: SpectrogramSettings,
) -> FeatureMaps:
    """Give the layers' maps as they are ("training"), or what stands out of their background.

    The background is each row's and channel's median over the clip's active frames. Of a clip
    longer than a segment (30 s) each segment has its own.

    Args:
        maps: of one segment.
        layers: the layers to give.
        views: the head's setting.
        spectrogram_settings: the front end.

    Returns:
        The maps, those of other layers left out where background is subtracted.
    """
    if views == "training":
        return maps
    active = active_frames(mel_power(maps.log_mel, spectrogram_settings))
    return FeatureMaps(
        maps.log_mel, {layer: residual(maps.layers[layer], active) for layer in layers}
    )


def active_frames(power: Tensor) -> Tensor:
    """Find the frames within 60 dB of the loudest one.

    Padding of digital silence is no background. Where less than a tenth is active, all count.

    Args:
        power: mel power [freq, time].

    Returns:
        [time] bool.
    """
    energy = power.sum(dim=0)
    active = energy > energy.max() * 10.0 ** (-SILENT_DB / 10.0)
    return active if int(active.sum()) >= max(4, len(active) // 10) else torch.ones_like(active)


def residual(layer: Tensor, active: Tensor) -> Tensor:
    """Take a map's median over active time away, and damp what is missing.

    Args:
        layer: [channel, freq, time].
        active: [time] bool, on the log-mel's frames.

    Returns:
        [channel, freq, time].
    """
    # The columns all of whose frames are active; all where there is none. Picking them costs as
    # much as the median itself, and mostly all are active.
    columns = active.reshape(layer.shape[-1], -1).all(dim=1)
    kept = layer if columns.all() or not columns.any() else layer[..., columns]
    # The lower median, as `median` gives it, in three quarters of the time.
    middle = (kept.shape[-1] + 1) // 2
    background = kept.contiguous().kthvalue(middle, dim=-1, keepdim=True).values
    return F.leaky_relu(layer - background, MISSING_SHARE)
