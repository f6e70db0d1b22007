"""Levels of octave bands in dB below full scale, from any front end's log-mel spectrogram."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.spectral import kaldi, yamnet_mel
from core.spectral.spectrogram import SpectrogramSettings, mel_power

# Silence has this level. Front ends in decibels round each mel power up to 1e-10, which can be
# -108 dB for the whole spectrum; above -100 dB every front end here is right to 0.1 dB.
FLOOR_DB = -105.0
FEWEST_ROWS = 2


@dataclass(frozen=True)
class Band:
    """Neighbouring rows of a spectrogram.

    Attributes:
        first_row: the lowest row.
        stop_row: the row above the highest.
        low_hz: half-way to the row below, or the spectrogram's lower end.
        high_hz: half-way to the row above, or its upper end.
    """

    first_row: int
    stop_row: int
    low_hz: float
    high_hz: float


def octave_bands(settings: SpectrogramSettings) -> tuple[Band, ...]:
    """Divide a front end's rows into the octaves around 1 kHz, 2 kHz, 500 Hz and so on.

    Where an octave has fewer than two rows it goes to the one above.

    >>> [round(band.high_hz) for band in octave_bands(SpectrogramSettings())]
    [94, 184, 358, 710, 1392, 2884, 5664, 11442, 22050]

    Args:
        settings: the front end.

    Returns:
        The bands, rising; together they hold every row.
    """
    centres = settings.freq_hz
    borders = [settings.f_min_hz, *(centres[1:] + centres[:-1]) / 2, settings.f_max_hz]
    n_octaves = int(np.ceil(np.log2(max(settings.f_max_hz, 1000.0) / 1000.0))) + 1
    octaves_hz = 1000.0 * 2.0 ** (np.arange(-7, n_octaves) + 0.5)
    stops = [0]
    for stop in np.searchsorted(centres, octaves_hz):
        if stop - stops[-1] >= FEWEST_ROWS:
            stops.append(int(stop))
    # Rows left over at the top belong to the last band.
    stops[max(1, len(stops) - 1) :] = [len(centres)]
    return tuple(
        Band(first, stop, float(borders[first]), float(borders[stop]))
        for first, stop in itertools.pairwise(stops)
    )


def band_power(log_mel: Tensor, settings: SpectrogramSettings, bands: Sequence[Band]) -> Tensor:
    """Compute the mean square of the samples that lies in each band, frame by frame.

    0 dB is a square wave at full scale, so a sine at full scale has -3 dB. Measured with every
    front end here, white noise within its range is right to 0.2 dB, a tone from 440 Hz on to 0.1.
    The 16-bit floats that features are rounded to change no level above the floor by 0.1 dB.

    Args:
        log_mel: [freq, time].
        settings: the front end.
        bands: of its rows.

    Returns:
        [band, time] float64.
    """
    rows = row_power(log_mel, settings)
    return torch.stack([rows[band.first_row : band.stop_row].sum(dim=0) for band in bands])


def row_power(log_mel: Tensor, settings: SpectrogramSettings) -> Tensor:
    """Compute the mean square of the samples that lies in each row, frame by frame.

    Args:
        log_mel: [freq, time].
        settings: the front end.

    Returns:
        [freq, time] float64; neighbouring rows add up to `band_power`.
    """
    # Near 0, 32-bit floats would lose what "shifted log" adds 1 to.
    return mel_power(log_mel.double(), settings) * _row_weights(settings)[:, None]


def decibel(power: Tensor) -> Tensor:
    """Express power in dB.

    Args:
        power: mean squares, of any shape.

    Returns:
        The level, at least `FLOOR_DB`, of the same shape.
    """
    return 10.0 * torch.log10(power.clamp(min=10.0 ** (FLOOR_DB / 10.0)))


def _row_weights(settings: SpectrogramSettings) -> Tensor:
    # What turns a row's mel power into the mean square of the samples within its triangle.
    centres = settings.freq_hz
    window = torch.hann_window(settings.n_fft, dtype=torch.float64)
    if settings.compression == "kaldi":
        window = torch.hann_window(kaldi.FRAME, periodic=False, dtype=torch.float64) ** 0.85
        # The triangles are 1 high. Pre-emphasis (0.97) is undone at each row's centre.
        cosine = np.cos(2.0 * np.pi * centres / settings.sample_rate)
        weights = 1.0 / (1.0 - 2.0 * 0.97 * cosine + 0.97**2)
    elif settings.compression == "yamnet":
        window = torch.hann_window(yamnet_mel.FRAME, dtype=torch.float64)
        # The square of a weighted sum of magnitudes, which of noise has pi / 4 of the power.
        weights = 4.0 / np.pi / yamnet_mel.filter_bank().sum(dim=0).double().numpy()
    else:
        low = np.concatenate([[settings.f_min_hz], centres[:-1]])
        high = np.concatenate([centres[1:], [settings.f_max_hz]])
        # The area of a triangle that is 1 high; Slaney's norm divides by it in Hz, "sum" in bins.
        weights = (high - low) / 2.0
        if settings.mel_norm == "sum":
            weights /= settings.sample_rate / settings.n_fft
    # Parseval: the bins above 0 stand for those below it too.
    scale = 2.0 / (settings.n_fft * float(window.square().sum()))
    return torch.from_numpy(weights * scale)
