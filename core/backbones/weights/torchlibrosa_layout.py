"""The front end that torchlibrosa's modules leave in a checkpoint: mel filters and STFT kernels.

The filters are used as they are; the kernels are compared with the Hann STFT that stands for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.backbones.weights.checkpoint import select_tensors
from core.errors import WeightsError

if TYPE_CHECKING:
    from torch import Tensor

    from core.spectral.spectrogram import SpectrogramSettings

MEL_FILTERS = "mel_filters"
_FILTERS = "logmel_extractor.melW"
_KERNELS = (
    "spectrogram_extractor.stft.conv_real.weight",
    "spectrogram_extractor.stft.conv_imag.weight",
)


def mel_filters(
    tensors: Mapping[str, Tensor], settings: SpectrogramSettings, prefix: str = ""
) -> Tensor:
    """Select the file's own mel filters, and check its front end.

    Args:
        tensors: the file's tensors by name
        settings: the front end that is expected
        prefix: stands before the names in sentences only

    Returns:
        The filters, [bin, freq].

    Raises:
        WeightsError: the file has no such front end, or not the one that `settings` describe, so
            that its frequencies would not be known.
    """
    # PyTorch waits, in these functions, for the first conversion: listing weights does not need it.
    import torch

    from core.spectral.spectrogram import mel_filter_bank

    n_bins = settings.n_fft // 2 + 1
    shapes = {_FILTERS: (n_bins, settings.n_mels)} | {
        kernel: (n_bins, 1, settings.n_fft) for kernel in _KERNELS
    }
    selected = select_tensors(tensors, shapes, prefix)
    real, imaginary = (selected[kernel][:, 0] for kernel in _KERNELS)
    # The windowed Fourier matrix, [bin, sample].
    hann = torch.fft.rfft(torch.diag(torch.hann_window(settings.n_fft))).T
    if not torch.allclose(torch.complex(real, imaginary), hann, atol=1e-4):
        raise WeightsError(f"Its spectrogram is not a Hann STFT of {settings.n_fft} samples.")
    if not torch.allclose(selected[_FILTERS], mel_filter_bank(settings), atol=1e-4, rtol=1e-3):
        raise WeightsError(
            f"Its mel filters are not {settings.n_mels} bands from {settings.f_min_hz:g} to "
            f"{settings.f_max_hz:g} Hz at {settings.sample_rate} Hz."
        )
    return selected[_FILTERS]
