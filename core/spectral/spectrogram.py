"""The log-mel spectrogram a backbone sees, its axes in Hz and seconds, and the STFT behind it.

Frames are centred on multiples of the hop, with reflected edges, as librosa and PANNs do.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from core.spectral import kaldi
from core.spectral.torchaudio_import import torchaudio
from core.types import Clip, ComplexArray, Float32Array, Float64Array


@dataclass(frozen=True)
class SpectrogramSettings:
    """How sound becomes a log-mel spectrogram; the defaults are aiSFX's front end.

    `mel_norm` "sum" makes each filter's weights add to one, "slaney" gives it unit area in Hz.
    `compression` "shifted log" is log10(1 + 10000 x) / `full_scale`, "decibel" is
    10 log10(max(x, 1e-10)), with x the mel power; "kaldi" is the whole of `core.spectral.kaldi`,
    which fixes every other setting (`KALDI`).
    """

    sample_rate: int = 44_100
    n_fft: int = 2048
    hop: int = 1024
    n_mels: int = 96
    f_min_hz: float = 0.0
    f_max_hz: float = 22_050.0
    mel_scale: Literal["htk", "slaney"] = "htk"
    mel_norm: Literal["sum", "slaney"] = "sum"
    compression: Literal["shifted log", "decibel", "kaldi"] = "shifted log"
    full_scale: float = 9.457798957824707

    @property
    def hop_seconds(self) -> float:
        """Time between two frames."""
        return self.hop / self.sample_rate

    def n_frames(self, n_samples: int) -> int:
        """The number of frames of `n_samples` samples.

        >>> SpectrogramSettings().n_frames(5 * 44_100)
        216
        """
        return 1 + n_samples // self.hop

    def n_samples(self, seconds: float) -> int:
        """The number of samples in `seconds`, rounded."""
        return round(seconds * self.sample_rate)

    @cached_property
    def freq_hz(self) -> Float64Array:
        """Centre frequency of each mel band, [freq], strictly increasing."""
        edges: Float64Array = _mel_edges_hz(self)
        return edges[1:-1]

    @cached_property
    def bin_hz(self) -> Float64Array:
        """Frequency of each bin of the linear STFT, [bin]."""
        return np.arange(self.n_fft // 2 + 1, dtype=np.float64) * (self.sample_rate / self.n_fft)

    def time_s(self, n_frames: int) -> Float64Array:
        """Centre time of each of `n_frames` frames, [time]."""
        return np.arange(n_frames, dtype=np.float64) * self.hop_seconds


# BEATs' front end: 25 ms windows of 16 kHz sound every 10 ms, 128 bands.
KALDI = SpectrogramSettings(
    sample_rate=kaldi.SAMPLE_RATE,
    n_fft=kaldi.N_FFT,
    hop=kaldi.HOP,
    n_mels=kaldi.N_MELS,
    f_min_hz=kaldi.F_MIN_HZ,
    f_max_hz=kaldi.SAMPLE_RATE / 2,
    compression="kaldi",
)


@dataclass(frozen=True, eq=False)
class Spectrogram:
    """A clip's log-mel spectrogram with its axes; the complex STFT is made when asked for.

    Shape:
        values: [freq, time] float32, as the backbone sees it
        freq_hz: [freq], time_s: [time], strictly increasing
    """

    clip: Clip
    values: Float32Array
    freq_hz: Float64Array
    time_s: Float64Array
    settings: SpectrogramSettings

    @cached_property
    def stft(self) -> ComplexArray:
        """The complex STFT of the whole clip, [bin, time]; 0.35 MB a second at 44.1 kHz."""
        spectrum = stft(torch.from_numpy(self.clip.samples), self.settings)
        complex_values: ComplexArray = spectrum.numpy()
        return complex_values

    @cached_property
    def level_db(self) -> Float32Array:
        """Mel power in dB, [freq, time], for display; -100 dB stands for silence."""
        return level_db(self.values, self.settings)


def spectrogram(clip: Clip, settings: SpectrogramSettings) -> Spectrogram:
    """The log-mel spectrogram of a clip at the settings' sample rate.

    Raises:
        ValueError: the clip has another sample rate; `core.audio.resample` changes it.
    """
    if clip.sample_rate != settings.sample_rate:
        raise ValueError(f"The clip is at {clip.sample_rate} Hz, not {settings.sample_rate} Hz.")
    n_frames = settings.n_frames(clip.samples.size)
    samples = torch.from_numpy(clip.samples)
    # A minute at a time, so that an hour's complex STFT never stands in memory.
    step = max(1, round(60 / settings.hop_seconds))
    parts = [
        log_mel_frames(samples, start, min(start + step, n_frames), settings)
        for start in range(0, n_frames, step)
    ]
    values: Float32Array = torch.cat(parts, dim=-1).numpy()
    return Spectrogram(clip, values, settings.freq_hz, settings.time_s(n_frames), settings)


def stft(samples: Tensor, settings: SpectrogramSettings) -> Tensor:
    """The centred Hann STFT of samples [..., n]: complex [..., bin, time]."""
    edge = settings.n_fft // 2
    padded = F.pad(samples.unsqueeze(-2), (edge, edge), mode="reflect").squeeze(-2)
    return _stft_uncentred(padded, settings)


def log_mel_frames(
    samples: Tensor,
    start: int,
    stop: int,
    settings: SpectrogramSettings,
    filters: Tensor | None = None,
) -> Tensor:
    """Frames start..stop of the log-mel spectrogram of samples [..., n]: [..., freq, time].

    Equal to those columns of the whole spectrogram, at the memory of the part alone. `filters`
    [bin, freq] are used in place of `mel_filter_bank` where given.
    """
    if settings.compression == "kaldi":
        return kaldi.log_mel_frames(samples, start, stop)
    n_samples = samples.shape[-1]
    edge = settings.n_fft // 2
    first, last = start * settings.hop - edge, (stop - 1) * settings.hop + edge
    inside = samples[..., max(0, first) : min(n_samples, last)]
    before, after = max(0, -first), max(0, last - n_samples)
    if before or after:
        left = samples[..., 1 : before + 1].flip(-1)
        right = samples[..., n_samples - 1 - after : n_samples - 1].flip(-1)
        inside = torch.cat([left, inside, right], dim=-1)
    spectrum = _stft_uncentred(inside, settings)
    # Not abs().square(): its square root costs three times as much.
    return log_mel(spectrum.real.square() + spectrum.imag.square(), settings, filters)


def log_mel(power: Tensor, settings: SpectrogramSettings, filters: Tensor | None = None) -> Tensor:
    """The compressed mel spectrogram [..., freq, time] of an STFT's power [..., bin, time]."""
    bank = mel_filter_bank(settings) if filters is None else filters
    mel_power = bank.to(power.device).T @ power
    if settings.compression == "shifted log":
        return torch.log10(1.0 + 10_000.0 * mel_power) / settings.full_scale
    return 10.0 * torch.log10(torch.clamp(mel_power, min=1e-10))


def mel_power(values: Tensor, settings: SpectrogramSettings) -> Tensor:
    """The mel power behind compressed mel values, of any shape."""
    if settings.compression == "shifted log":
        return (10.0 ** (values * settings.full_scale) - 1.0).clamp(min=0.0) / 10_000.0
    if settings.compression == "kaldi":
        return kaldi.mel_power(values)
    return 10.0 ** (values / 10.0)


def level_db(values: Float32Array, settings: SpectrogramSettings) -> Float32Array:
    """Compressed mel values as mel power in dB, at least -100 dB."""
    power = mel_power(torch.from_numpy(np.asarray(values, dtype=np.float64)), settings).numpy()
    decibel: Float32Array = (10.0 * np.log10(np.maximum(power, 1e-10))).astype(np.float32)
    return decibel


@lru_cache(maxsize=8)
def mel_filter_bank(settings: SpectrogramSettings) -> Tensor:
    """The triangular filters, [bin, freq] float32; equal to librosa's to 1e-4."""
    bank: Tensor = torchaudio.functional.melscale_fbanks(
        n_freqs=settings.n_fft // 2 + 1,
        f_min=settings.f_min_hz,
        f_max=settings.f_max_hz,
        n_mels=settings.n_mels,
        sample_rate=settings.sample_rate,
        norm="slaney" if settings.mel_norm == "slaney" else None,
        mel_scale=settings.mel_scale,
    )
    if settings.mel_norm == "sum":
        bank = bank / torch.clamp(bank.sum(dim=0, keepdim=True), min=1e-10)
    return bank


def _stft_uncentred(samples: Tensor, settings: SpectrogramSettings) -> Tensor:
    leading = samples.shape[:-1]
    spectrum = torch.stft(
        samples.reshape(-1, samples.shape[-1]),
        n_fft=settings.n_fft,
        hop_length=settings.hop,
        window=torch.hann_window(settings.n_fft, device=samples.device),
        center=False,
        return_complex=True,
    )
    return spectrum.reshape(*leading, *spectrum.shape[-2:])


def _mel_edges_hz(settings: SpectrogramSettings) -> Float64Array:
    n_edges = settings.n_mels + 2
    if settings.mel_scale == "htk":
        low, high = (
            2595.0 * np.log10(1.0 + hz / 700.0) for hz in (settings.f_min_hz, settings.f_max_hz)
        )
        edges: Float64Array = 700.0 * (10.0 ** (np.linspace(low, high, n_edges) / 2595.0) - 1.0)
        return edges
    # Slaney's scale: linear to 1 kHz (3 mel a 200 Hz), then 27 mel for each factor of 6.4.
    low, high = (
        3.0 * hz / 200.0 if hz < 1000.0 else 15.0 + 27.0 * np.log(hz / 1000.0) / np.log(6.4)
        for hz in (settings.f_min_hz, settings.f_max_hz)
    )
    mel = np.linspace(low, high, n_edges)
    edges = np.where(mel < 15.0, 200.0 * mel / 3.0, 1000.0 * 6.4 ** ((mel - 15.0) / 27.0))
    return edges
