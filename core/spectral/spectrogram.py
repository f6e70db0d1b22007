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

from core.spectral import kaldi, yamnet_mel
from core.spectral.stretch import stretch
from core.spectral.torchaudio_import import torchaudio
from core.types import Clip, ComplexArray, Float32Array, Float64Array


@dataclass(frozen=True)
class SpectrogramSettings:
    """How sound becomes a log-mel spectrogram; the defaults are aiSFX's front end.

    Attributes:
        sample_rate: in Hz.
        n_fft: samples of a frame.
        hop: samples between two frames.
        n_mels: mel bands.
        f_min_hz: the lowest band's lower edge.
        f_max_hz: the highest band's upper edge.
        mel_scale: HTK's or Slaney's.
        mel_norm: "sum" makes each filter's weights add to one, "slaney" gives it unit area in Hz.
        compression: "shifted log" is log10(1 + 10000 x) / `full_scale`, "decibel" is
            10 log10(max(x, 1e-10)), with x the mel power; "kaldi" is the whole of
            `core.spectral.kaldi` and "yamnet" that of `core.spectral.yamnet_mel`, which fix every
            other setting (`KALDI`, `YAMNET`).
        full_scale: what "shifted log" is divided by.
    """

    sample_rate: int = 44_100
    n_fft: int = 2048
    hop: int = 1024
    n_mels: int = 96
    f_min_hz: float = 0.0
    f_max_hz: float = 22_050.0
    mel_scale: Literal["htk", "slaney"] = "htk"
    mel_norm: Literal["sum", "slaney"] = "sum"
    compression: Literal["shifted log", "decibel", "kaldi", "yamnet"] = "shifted log"
    full_scale: float = 9.457798957824707

    @property
    def hop_seconds(self) -> float:
        """Time between two frames."""
        return self.hop / self.sample_rate

    def n_frames(self, n_samples: int) -> int:
        """Count the frames of a sound.

        >>> SpectrogramSettings().n_frames(5 * 44_100)
        216

        Args:
            n_samples: its samples.

        Returns:
            The number of frames.
        """
        return 1 + n_samples // self.hop

    @cached_property
    def freq_hz(self) -> Float64Array:
        """Centre frequency of each mel band, [freq], strictly increasing."""
        n_edges = self.n_mels + 2
        if self.mel_scale == "htk":
            low, high = (
                2595.0 * np.log10(1.0 + hz / 700.0) for hz in (self.f_min_hz, self.f_max_hz)
            )
            edges: Float64Array = 700.0 * (10.0 ** (np.linspace(low, high, n_edges) / 2595.0) - 1.0)
            return edges[1:-1]
        # Slaney's scale: linear to 1 kHz (3 mel a 200 Hz), then 27 mel for each factor of 6.4.
        low, high = (
            3.0 * hz / 200.0 if hz < 1000.0 else 15.0 + 27.0 * np.log(hz / 1000.0) / np.log(6.4)
            for hz in (self.f_min_hz, self.f_max_hz)
        )
        mel = np.linspace(low, high, n_edges)
        edges = np.where(mel < 15.0, 200.0 * mel / 3.0, 1000.0 * 6.4 ** ((mel - 15.0) / 27.0))
        return edges[1:-1]

    @cached_property
    def bin_hz(self) -> Float64Array:
        """Frequency of each bin of the linear STFT, [bin]."""
        return np.arange(self.n_fft // 2 + 1, dtype=np.float64) * (self.sample_rate / self.n_fft)

    def time_s(self, n_frames: int) -> Float64Array:
        """List the centre times of frames.

        Args:
            n_frames: how many.

        Returns:
            [time], in seconds.
        """
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

YAMNET = SpectrogramSettings(
    sample_rate=yamnet_mel.SAMPLE_RATE,
    n_fft=yamnet_mel.N_FFT,
    hop=yamnet_mel.HOP,
    n_mels=yamnet_mel.N_MELS,
    f_min_hz=yamnet_mel.F_MIN_HZ,
    f_max_hz=yamnet_mel.F_MAX_HZ,
    compression="yamnet",
)


@dataclass(frozen=True, eq=False)
class Spectrogram:
    """A clip's log-mel spectrogram with its axes; the complex STFT is made when asked for.

    Attributes:
        clip: the sound.
        values: [freq, time] float32, the backbone's input.
        freq_hz: [freq], strictly increasing.
        time_s: [time], strictly increasing.
        settings: how it was made.
    """

    clip: Clip
    values: Float32Array
    freq_hz: Float64Array
    time_s: Float64Array
    settings: SpectrogramSettings

    @cached_property
    def stft(self) -> ComplexArray:
        """The complex STFT of the whole clip, [bin, time]; 0.35 MB a second at 44.1 kHz."""
        return stft(torch.from_numpy(self.clip.samples), self.settings).numpy()

    @cached_property
    def level_db(self) -> Float32Array:
        """Mel power in dB, [freq, time], for display; -100 dB stands for silence."""
        return level_db(self.values, self.settings)


def spectrogram(clip: Clip, settings: SpectrogramSettings) -> Spectrogram:
    """Make the log-mel spectrogram of a clip.

    Args:
        clip: at the settings' sample rate.
        settings: the front end.

    Returns:
        The spectrogram with its axes.

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
    """Compute the centred Hann STFT.

    Args:
        samples: [..., n].
        settings: frame length and hop.

    Returns:
        Complex [..., bin, time].
    """
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
    """Compute frames start..stop of a log-mel spectrogram.

    Equal to those columns of the whole spectrogram, at the memory of the part alone.

    Args:
        samples: [..., n].
        start: the first frame.
        stop: the frame after the last.
        settings: the front end.
        filters: [bin, freq], in place of `mel_filter_bank`.

    Returns:
        [..., freq, time].
    """
    if settings.compression == "kaldi":
        return kaldi.log_mel_frames(samples, start, stop)
    if settings.compression == "yamnet":
        return yamnet_mel.log_mel_frames(samples, start, stop)
    edge = settings.n_fft // 2
    first, last = start * settings.hop - edge, (stop - 1) * settings.hop + edge
    inside = stretch(samples, first, last)
    spectrum = _stft_uncentred(inside, settings)
    # Not abs().square(): its square root costs three times as much.
    return log_mel(spectrum.real.square() + spectrum.imag.square(), settings, filters)


def log_mel(power: Tensor, settings: SpectrogramSettings, filters: Tensor | None = None) -> Tensor:
    """Compress the mel power of an STFT.

    Args:
        power: the STFT's power, [..., bin, time].
        settings: the front end.
        filters: [bin, freq], in place of `mel_filter_bank`.

    Returns:
        [..., freq, time].
    """
    bank = mel_filter_bank(settings) if filters is None else filters
    mel_power = bank.to(power.device).T @ power
    if settings.compression == "shifted log":
        return torch.log10(1.0 + 10_000.0 * mel_power) / settings.full_scale
    return 10.0 * torch.log10(torch.clamp(mel_power, min=1e-10))


def mel_power(values: Tensor, settings: SpectrogramSettings) -> Tensor:
    """Compute the mel power behind compressed mel values.

    Args:
        values: of any shape.
        settings: the front end.

    Returns:
        The same shape.
    """
    if settings.compression == "shifted log":
        return (10.0 ** (values * settings.full_scale) - 1.0).clamp(min=0.0) / 10_000.0
    if settings.compression == "kaldi":
        return kaldi.mel_power(values)
    if settings.compression == "yamnet":
        return yamnet_mel.mel_power(values)
    return 10.0 ** (values / 10.0)


def level_db(values: Float32Array, settings: SpectrogramSettings) -> Float32Array:
    """Compute the level of compressed mel values.

    Args:
        values: of any shape.
        settings: the front end.

    Returns:
        The mel power in dB, at least -100 dB, of the same shape.
    """
    power = mel_power(torch.from_numpy(np.asarray(values, dtype=np.float64)), settings).numpy()
    decibel: Float32Array = (10.0 * np.log10(np.maximum(power, 1e-10))).astype(np.float32)
    return decibel


@lru_cache(maxsize=8)
def mel_filter_bank(settings: SpectrogramSettings) -> Tensor:
    """Make the triangular mel filters.

    Args:
        settings: the front end.

    Returns:
        [bin, freq] float32.
    """
    # librosa's are equal (2e-6 of the highest weight for every front end here, its axis to 4e-12
    # Hz), but importing `librosa.filters` takes as long as importing PyTorch, with numba and
    # scipy.stats behind it; torchaudio, which is needed for Kaldi's filters, takes 20 ms.
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
