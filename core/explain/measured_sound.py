"""A recording as findings measure it: levels in the rows of its spectrogram, and its samples."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.signal import welch

from core.detectors.views.background_subtraction import active_frames
from core.spectral.band_levels import row_power
from core.spectral.spectrogram import Spectrogram
from core.types import Box, Float32Array, Float64Array

# What tells a tone from noise: a hum of 60 Hz and more, and a tone of 400 Hz in a short event.
EVENT_FFT_SECONDS, HUM_FFT_SECONDS = 0.093, 0.74
# Of a longer sound its middle has the spectrum; that of a minute takes a second on a busy machine.
MOST_SPECTRUM_SECONDS = 15.0


@dataclass(frozen=True, eq=False)
class MeasuredSound:
    """A recording, or a stretch of it, in the rows of its spectrogram.

    Attributes:
        spectrogram: of the sound.
        start_s: where it begins in the recording.
    """

    spectrogram: Spectrogram
    start_s: float = 0.0

    @cached_property
    def power(self) -> Float64Array:
        """[row, time], mean squares."""
        values = torch.from_numpy(self.spectrogram.values)
        power: Float64Array = row_power(values, self.spectrogram.settings).numpy()
        return power

    @cached_property
    def active(self) -> NDArray[np.bool_]:
        """[time], which columns are no digital silence."""
        active: NDArray[np.bool_] = active_frames(torch.from_numpy(self.power)).numpy()
        return active

    @cached_property
    def typical_spectrum(self) -> Float64Array:
        """[bin], the median power of windows as long as those an event's tone is looked for in."""
        clip = self.spectrogram.clip
        return average_spectrum(clip.samples, clip.sample_rate, EVENT_FFT_SECONDS, "median")[1]

    @property
    def hop_seconds(self) -> float:
        """Time between two columns."""
        return self.spectrogram.settings.hop_seconds

    @cached_property
    def time_s(self) -> Float64Array:
        """[time], the columns in seconds of the recording."""
        return self.spectrogram.time_s + self.start_s

    @property
    def stop_s(self) -> float:
        """Where it ends in the recording."""
        return self.start_s + self.spectrogram.clip.duration_seconds

    def rows(self, box: Box) -> NDArray[np.bool_]:
        """Find the rows of a box: those with their centres in it, else the nearest.

        Args:
            box: in Hz.

        Returns:
            [row].
        """
        return _within(self.spectrogram.freq_hz, box.low_hz, box.high_hz)

    def columns(self, box: Box) -> NDArray[np.bool_]:
        """Find the columns of a box likewise.

        Args:
            box: in seconds of the recording.

        Returns:
            [time].
        """
        return _within(self.time_s, box.start_s, box.end_s)

    def samples(self, start_s: float, end_s: float) -> Float32Array:
        """Cut out a stretch.

        Args:
            start_s: in seconds of the recording.
            end_s: likewise.

        Returns:
            Its samples [n].
        """
        clip = self.spectrogram.clip
        first, stop = (
            round((seconds - self.start_s) * clip.sample_rate) for seconds in (start_s, end_s)
        )
        return clip.samples[max(0, first) : max(0, stop)]


def average_spectrum(
    samples: Float32Array, rate: int, seconds: float, average: str
) -> tuple[float, Float64Array]:
    """Average the power of windows in the middle of a sound.

    Args:
        samples: [n].
        rate: in Hz.
        seconds: of a window.
        average: "mean" or "median" over the windows.

    Returns:
        The distance of two bins in Hz, and the power [bin]; empty of a sound too short for it.
    """
    n_fft = 2 ** round(np.log2(seconds * rate))
    beyond = max(0, samples.size - round(MOST_SPECTRUM_SECONDS * rate))
    samples = samples[beyond // 2 : samples.size - (beyond + 1) // 2]
    if samples.size < n_fft // 4:
        return 1.0, np.empty(0)
    window = min(n_fft, samples.size)
    frequencies, power = welch(
        samples.astype(np.float64),
        rate,
        "hann",
        nperseg=window,
        nfft=n_fft,
        detrend=False,
        average=average,
    )
    return float(frequencies[1]), power


def _within(centres: Float64Array, low: float, high: float) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (centres >= low) & (centres <= high)
    if not found.any():
        found[np.abs(centres - (low + high) / 2).argmin()] = True
    return found
