"""Kaldi's log-mel filter-bank energies, BEATs' input, on the time grid of our own frames.

The frames are those of `torchaudio.compliance.kaldi.fbank`: 25 ms every 10 ms at 16 kHz, without
their mean, pre-emphasised, under a Povey window; 128 triangles on the mel scale.
"""

from __future__ import annotations

import torch
from torch import Tensor

from core.spectral.stretch import stretch
from core.spectral.torchaudio_import import torchaudio

SAMPLE_RATE = 16_000
HOP = 160
FRAME = 400
N_FFT = 512
N_MELS = 128
F_MIN_HZ = 20.0
# The waveform is made as loud as 16-bit integers before the logarithm; then the mean over AudioSet
# is taken away and twice its spread divided by (BEATs' own preprocessing).
FULL_SCALE = 2.0**15
MEAN = 15.41663
SPREAD = 6.55582


def log_mel_frames(samples: Tensor, start: int, stop: int) -> Tensor:
    """Compute frames start..stop, standardised as BEATs wants them.

    There are 1 + n // 160 frames. Frame i covers samples 160 i - 160 to 160 i + 240, so its centre
    is 2.5 ms after 10 ms times i; frame i equals Kaldi's frame i - 1, and what lies outside the
    recording is its reflection.

    Args:
        samples: [..., n] at 16 kHz, in -1..1.
        start: the first frame.
        stop: the frame after the last.

    Returns:
        [..., freq, time].
    """
    first, last = (start - 1) * HOP, (stop - 2) * HOP + FRAME
    inside = stretch(samples, first, last)
    flat = inside.reshape(-1, inside.shape[-1])
    energies = [
        torchaudio.compliance.kaldi.fbank(
            one[None] * FULL_SCALE,
            num_mel_bins=N_MELS,
            sample_frequency=float(SAMPLE_RATE),
            frame_length=25.0,
            frame_shift=10.0,
            low_freq=F_MIN_HZ,
        )
        for one in flat
    ]
    frames = standardised(torch.stack(energies))
    return frames.transpose(1, 2).reshape(*samples.shape[:-1], N_MELS, stop - start)


def standardised(log_energies: Tensor) -> Tensor:
    """Standardise log energies as BEATs wants them.

    Args:
        log_energies: of any shape.

    Returns:
        The same shape.
    """
    return (log_energies - MEAN) / (2.0 * SPREAD)


def mel_power(values: Tensor) -> Tensor:
    """Compute the mel power of sound in -1..1 behind standardised values.

    Args:
        values: of any shape.

    Returns:
        The same shape.
    """
    return (values * (2.0 * SPREAD) + MEAN).exp() / FULL_SCALE**2
