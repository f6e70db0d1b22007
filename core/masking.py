"""A map in [0, 1] multiplies the complex STFT, and overlap-add makes it sound again.

x * M is what the map calls anomalous, x * (1 - M) the rest, x * (1 - M) + background * M the
rest with its holes filled (FF v1 and v2 of Vision to Sound, section 3.2.4).
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

from core.spectrogram import SpectrogramSettings
from core.types import Clip, Float32Array


def kept(clip: Clip, probability: Float32Array, settings: SpectrogramSettings) -> Clip:
    """X * M: the part of the clip that the map calls anomalous."""
    return _named(clip, apply_mask(clip.samples, probability, settings), "anomalous part")


def removed(clip: Clip, probability: Float32Array, settings: SpectrogramSettings) -> Clip:
    """X * (1 - M): the clip without the part that the map calls anomalous."""
    return _named(clip, apply_mask(clip.samples, 1.0 - probability, settings), "the rest")


def filled(
    clip: Clip, background: Clip, probability: Float32Array, settings: SpectrogramSettings
) -> Clip:
    """X * (1 - M) + background * M: the holes of `removed` filled with background sound.

    A background shorter than the clip is repeated, a longer one cut.
    """
    repeated = np.resize(background.samples, clip.samples.shape)
    rest = apply_mask(clip.samples, 1.0 - probability, settings)
    hole = apply_mask(repeated, probability, settings)
    return _named(clip, rest + hole, "background-filled")


def apply_mask(
    samples: Float32Array, mask: Float32Array, settings: SpectrogramSettings
) -> Float32Array:
    """Samples [n] with their STFT multiplied by a map [freq, time] in [0, 1].

    The map's rows are mel bands; each STFT bin takes the value between its two nearest bands.
    A map of ones gives the samples back to 1e-4. A minute is worked on at a time.

    Raises:
        ValueError: the map has other rows or columns than the samples' spectrogram.
    """
    n_frames = settings.n_frames(samples.size)
    if mask.shape != (settings.n_mels, n_frames):
        raise ValueError(f"The map is {mask.shape}, the spectrogram {settings.n_mels, n_frames}.")
    edge, hop = settings.n_fft // 2, settings.hop
    window = torch.hann_window(settings.n_fft)
    to_bins = torch.from_numpy(_mel_to_bins(settings))
    # One frame more than the map has: the last samples lie where the last frame has faded out.
    n_frames += 1
    mask = np.concatenate([mask, mask[:, -1:]], axis=1)
    padded = F.pad(torch.from_numpy(samples)[None], (edge, edge), mode="reflect")[0]
    padded = F.pad(padded, (0, hop))
    total = torch.zeros_like(padded)
    weight = torch.zeros_like(padded)
    step = max(1, round(60 / settings.hop_seconds))
    for start in range(0, n_frames, step):
        stop = min(start + step, n_frames)
        stretch = slice(start * hop, (stop - 1) * hop + settings.n_fft)
        frames = padded[stretch].unfold(0, settings.n_fft, hop) * window
        bin_mask = to_bins @ torch.from_numpy(np.ascontiguousarray(mask[:, start:stop]))
        masked = torch.fft.irfft(torch.fft.rfft(frames) * bin_mask.T, n=settings.n_fft) * window
        total[stretch] += _overlap_add(masked, hop)
        weight[stretch] += _overlap_add(window.square().expand(stop - start, -1), hop)
    sound: Float32Array = (total / weight.clamp(min=1e-8))[edge : edge + samples.size].numpy()
    return sound


def _overlap_add(frames: torch.Tensor, hop: int) -> torch.Tensor:
    n_frames, n_fft = frames.shape
    length = (n_frames - 1) * hop + n_fft
    return F.fold(frames.T[None], (1, length), (1, n_fft), stride=(1, hop))[0, 0, 0]


def _mel_to_bins(settings: SpectrogramSettings) -> Float32Array:
    """The matrix [bin, freq] that interpolates a mel column at the STFT's bins."""
    bands = np.eye(settings.n_mels)
    columns = [np.interp(settings.bin_hz, settings.freq_hz, band) for band in bands]
    return np.stack(columns, axis=1).astype(np.float32)


def _named(clip: Clip, samples: Float32Array, part: str) -> Clip:
    return Clip.from_samples(np.clip(samples, -1.0, 1.0), clip.sample_rate, f"{clip.name}, {part}")
