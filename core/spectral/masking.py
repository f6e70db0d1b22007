"""A map in [0, 1] multiplies the complex STFT, and overlap-add makes it sound again.

x * M is the anomalous part, x * (1 - M) the residual, x * (1 - M) + background * M the residual
filled with background (FF v1 and v2 of Vision to Sound, section 3.2.4).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from core.errors import SettingError
from core.spectral.spectrogram import SpectrogramSettings
from core.types import Box, Clip, Float32Array, Float64Array


def kept(clip: Clip, evidence: Float32Array, settings: SpectrogramSettings) -> Clip:
    """Keep X * M, the anomalous part of a clip.

    Args:
        clip: the sound.
        evidence: the evidence map M, [freq, time] in [0, 1], on the clip's spectrogram.
        settings: the front end of the map.

    Returns:
        The anomalous part.
    """
    return _named(clip, apply_mask(clip.samples, evidence, settings), "anomalous part")


def removed(clip: Clip, evidence: Float32Array, settings: SpectrogramSettings) -> Clip:
    """Remove the anomalous part of a clip: X * (1 - M).

    Args:
        clip: the sound.
        evidence: the evidence map M, [freq, time] in [0, 1], on the clip's spectrogram.
        settings: the front end of the map.

    Returns:
        The residual.
    """
    return _named(clip, apply_mask(clip.samples, 1.0 - evidence, settings), "the rest")


def kept_and_removed(
    clip: Clip, evidence: Float32Array, settings: SpectrogramSettings
) -> tuple[Clip, Clip]:
    """Make both parts in the time of one: the residual is the clip less its anomalous part.

    Args:
        clip: the sound.
        evidence: the evidence map M, [freq, time] in [0, 1], on the clip's spectrogram.
        settings: the front end of the map.

    Returns:
        The anomalous part and the residual.
    """
    alone = kept(clip, evidence, settings)
    return alone, _named(clip, clip.samples - alone.samples, "the rest")


def filled(
    clip: Clip, background: Clip, evidence: Float32Array, settings: SpectrogramSettings
) -> Clip:
    """Fill what `removed` leaves empty with background sound: X * (1 - M) + background * M.

    Args:
        clip: the sound.
        background: normal sound; repeated where it is shorter than the clip, cut where longer.
        evidence: the evidence map M, [freq, time] in [0, 1], on the clip's spectrogram.
        settings: the front end of the map.

    Returns:
        The residual, filled.
    """
    repeated = np.resize(background.samples, clip.samples.shape)
    rest = apply_mask(clip.samples, 1.0 - evidence, settings)
    hole = apply_mask(repeated, evidence, settings)
    return _named(clip, rest + hole, "background-filled")


def apply_mask(
    samples: Float32Array, mask: Float32Array, settings: SpectrogramSettings
) -> Float32Array:
    """Multiply the STFT of samples by a map.

    The map's rows are mel bands; each STFT bin takes the value between its two nearest bands.
    A map of ones gives the samples back to 1e-4. A minute is worked on at a time.

    Args:
        samples: [n].
        mask: [freq, time] in [0, 1].
        settings: the front end of the map.

    Returns:
        The samples [n] of the multiplied STFT.

    Raises:
        ValueError: the map has other rows or columns than the samples' spectrogram.
    """
    n_frames = settings.n_frames(samples.size)
    if mask.shape != (settings.n_mels, n_frames):
        raise ValueError(f"The map is {mask.shape}, the spectrogram {settings.n_mels, n_frames}.")
    # [bin, freq]: interpolates a mel column at the STFT's bins.
    columns = [np.interp(settings.bin_hz, settings.freq_hz, band) for band in np.eye(len(mask))]
    to_bins = torch.from_numpy(np.stack(columns, axis=1).astype(np.float32))
    # One frame more than the map has: the last samples lie where the last frame has faded out.
    mask = np.concatenate([mask, mask[:, -1:]], axis=1)

    def multiplied(spectrum: Tensor, start: int, stop: int) -> Tensor:
        bin_mask = to_bins @ torch.from_numpy(np.ascontiguousarray(mask[:, start:stop]))
        return spectrum * bin_mask.T

    return _changed(samples, settings, multiplied)


def with_magnitude(
    samples: Float32Array, magnitude: Float32Array, settings: SpectrogramSettings
) -> Float32Array:
    """Give the STFT of samples one magnitude in every frame, and leave its phase.

    Args:
        samples: [n].
        magnitude: [bin], n_fft / 2 + 1 of them.
        settings: the STFT's.

    Returns:
        The samples [n] of the changed STFT.
    """
    wanted = torch.from_numpy(magnitude)

    def replaced(spectrum: Tensor, start: int, stop: int) -> Tensor:
        return torch.polar(wanted.expand(spectrum.shape), spectrum.angle())

    return _changed(samples, settings, replaced)


def boxes_mask(boxes: Iterable[Box], freq_hz: Float64Array, time_s: Float64Array) -> Float32Array:
    """Draw boxes as a map that is 1 inside them and 0 elsewhere; what lies outside is cut off.

    A box smaller than a cell takes the cell its middle lies in.

    Args:
        boxes: in seconds and Hz.
        freq_hz: [freq], the rows' centres.
        time_s: [time], the columns' centres.

    Returns:
        The map [freq, time].

    Raises:
        SettingError: there is no box, or one that is empty or wholly outside the map.
    """
    mask = np.zeros((freq_hz.size, time_s.size), dtype=np.float32)
    half = float(time_s[1] - time_s[0]) / 2 if time_s.size > 1 else 0.5
    first_s, last_s = float(time_s[0]) - half, float(time_s[-1]) + half
    boxes = list(boxes)
    if not boxes:
        raise SettingError("There is no box yet; draw one on the picture.")
    for box in boxes:
        if not (box.start_s < box.end_s and box.low_hz < box.high_hz):
            raise SettingError("A box has no area; draw it from one corner to the other.")
        if box.end_s <= first_s or box.start_s >= last_s or box.high_hz <= 0:
            raise SettingError(
                f"A box at {box.start_s:.2f} to {box.end_s:.2f} s, {box.low_hz:.0f} to "
                f"{box.high_hz:.0f} Hz lies outside the map, which ends at {last_s:.2f} "
                "s; draw it inside."
            )
        rows = _cells(freq_hz, box.low_hz, box.high_hz)
        columns = _cells(time_s, box.start_s, box.end_s)
        mask[rows, columns] = 1.0
    return mask


def _cells(centres: Float64Array, low: float, high: float) -> slice:
    # The cells whose centre lies between low and high, or the one nearest to their middle.
    first, last = np.searchsorted(centres, [low, high])
    if first < last:
        return slice(int(first), int(last))
    nearest = int(np.abs(centres - (low + high) / 2).argmin())
    return slice(nearest, nearest + 1)


def _changed(
    samples: Float32Array,
    settings: SpectrogramSettings,
    change: Callable[[Tensor, int, int], Tensor],
) -> Float32Array:
    # The samples [n] whose STFT went through `change(spectrum [frame, bin], first, last frame)`.
    edge, hop = settings.n_fft // 2, settings.hop
    window = torch.hann_window(settings.n_fft)
    n_frames = settings.n_frames(samples.size) + 1
    padded = F.pad(torch.from_numpy(samples)[None], (edge, edge), mode="reflect")[0]
    padded = F.pad(padded, (0, hop))
    total = torch.zeros_like(padded)
    weight = torch.zeros_like(padded)
    step = max(1, round(60 / settings.hop_seconds))
    for start in range(0, n_frames, step):
        stop = min(start + step, n_frames)
        stretch = slice(start * hop, (stop - 1) * hop + settings.n_fft)
        frames = padded[stretch].unfold(0, settings.n_fft, hop) * window
        spectrum = change(torch.fft.rfft(frames), start, stop)
        masked = torch.fft.irfft(spectrum, n=settings.n_fft) * window
        total[stretch] += _overlap_add(masked, hop)
        weight[stretch] += _overlap_add(window.square().expand(stop - start, -1), hop)
    return (total / weight.clamp(min=1e-8))[edge : edge + samples.size].numpy()


def _overlap_add(frames: torch.Tensor, hop: int) -> torch.Tensor:
    n_frames, n_fft = frames.shape
    length = (n_frames - 1) * hop + n_fft
    return F.fold(frames.T[None], (1, length), (1, n_fft), stride=(1, hop))[0, 0, 0]


def _named(clip: Clip, samples: Float32Array, part: str) -> Clip:
    return Clip.from_samples(np.clip(samples, -1.0, 1.0), clip.sample_rate, f"{clip.name}, {part}")
