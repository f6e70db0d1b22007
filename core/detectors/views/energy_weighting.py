"""Energy weighting: how far each cell's power stands above its clip's own background."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from core.detectors.views.background_subtraction import active_frames
from core.spectral.spectrogram import SpectrogramSettings, mel_power


def energy_weight(
    log_mel: Tensor, spectrogram_settings: SpectrogramSettings, exponent: float
) -> Tensor:
    """Compute (power / background) ** exponent.

    The power is averaged over 3x3 cells, the background is one number a clip: the mean over the
    bands of its median power over active frames. An exponent of 0.08 lets 20 dB count 1.45 times.

    Args:
        log_mel: [freq, time].
        spectrogram_settings: the front end.
        exponent: the energy exponent.

    Returns:
        The weight [freq, time].
    """
    power = mel_power(log_mel, spectrogram_settings)
    active = active_frames(power)
    padded = F.pad(power[None, None], (1, 1, 1, 1), mode="replicate")
    smoothed = F.avg_pool2d(padded, 3, stride=1)[0, 0]
    background = smoothed[:, active].median(dim=1).values.mean()
    return ((smoothed + 1e-12) / (background + 1e-9)).pow(exponent)


def coarse_weight(weight: Tensor, grid: torch.Size) -> Tensor:
    """Average a weight over each cell of a coarser grid.

    Args:
        weight: [freq, time].
        grid: rows and columns.

    Returns:
        The weight on that grid.
    """
    return F.adaptive_avg_pool2d(weight[None], (grid[0], grid[1]))[0]
