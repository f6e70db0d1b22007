"""YAMNet's log-mel spectrogram, on the time grid of our own frames.

64 triangles of the magnitude, not the power, of 25 ms every 10 ms at 16 kHz; triangles that rise
and fall evenly on the mel scale, as TensorFlow's do, where others' do on the scale of Hz.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from core.spectral.stretch import stretch

SAMPLE_RATE = 16_000
HOP = 160
FRAME = 400
N_FFT = 512
N_MELS = 64
F_MIN_HZ = 125.0
F_MAX_HZ = 7_500.0
OFFSET = 0.001


def log_mel_frames(samples: Tensor, start: int, stop: int) -> Tensor:
    """Compute frames start..stop.

    There are 1 + n // 160 frames; frame i is centred on 10 ms times i, and what lies outside the
    recording is its reflection. YAMNet's own frame i is this front end's frame of the sound that
    begins 12.5 ms later, so a centred frame is what it was trained on, on another grid.

    Args:
        samples: [..., n] at 16 kHz, in -1..1.
        start: the first frame.
        stop: the frame after the last.

    Returns:
        [..., freq, time].
    """
    first = start * HOP - FRAME // 2
    return log_mel(stretch(samples, first, (stop - 1) * HOP + FRAME // 2))


def log_mel(samples: Tensor) -> Tensor:
    """Compute the frames that lie wholly inside a sound, the first at its beginning.

    Args:
        samples: [..., n] at 16 kHz, n at least 400.

    Returns:
        [..., freq, time], 1 + (n - 400) // 160 frames.
    """
    window = torch.hann_window(FRAME, device=samples.device)
    spectrum = torch.fft.rfft(samples.unfold(-1, FRAME, HOP) * window, N_FFT)
    energies = spectrum.abs() @ filter_bank().to(samples.device)
    return torch.log(energies + OFFSET).transpose(-1, -2)


def mel_power(values: Tensor) -> Tensor:
    """Compute the mel power behind values: the square of the mel magnitude.

    Args:
        values: of any shape.

    Returns:
        The same shape.
    """
    return (values.exp() - OFFSET).clamp(min=0.0).square()


@lru_cache(maxsize=1)
def filter_bank() -> Tensor:
    """Make the filters: triangles on the mel scale, nothing of the bin at 0 Hz.

    Returns:
        [bin, freq] float32.
    """

    def mel(hz: np.ndarray) -> np.ndarray:
        return 1127.0 * np.log(1.0 + hz / 700.0)

    bins = mel(np.linspace(0.0, SAMPLE_RATE / 2, N_FFT // 2 + 1))[:, None]
    lowest, highest = mel(np.array([F_MIN_HZ, F_MAX_HZ]))
    edges = np.linspace(lowest, highest, N_MELS + 2)
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    rising, falling = (bins - low) / (centre - low), (high - bins) / (high - centre)
    weights = np.maximum(0.0, np.minimum(rising, falling))
    weights[0] = 0.0
    return torch.from_numpy(weights.astype(np.float32))
