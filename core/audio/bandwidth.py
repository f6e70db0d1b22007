"""Up to which frequency a recording holds sound, and how much lies above what a network hears."""

from __future__ import annotations

import math

import numpy as np

from core.audio.level import QUIETEST_DBFS
from core.types import Float32Array, Float64Array

N_FFT = 2048
# One window in so many is measured: for the bandwidth, a long-term average, few will do. A sound
# above the network's range may be short: at 192 kHz every eighth window is one in 85 ms.
_EVERY_NARROW, _EVERY_WIDE = 32, 8
_STEEP_DB = 25.0
_EMPTY_DBFS = -90.0  # 16-bit rounding is at -101 dBFS, the noise of a quiet recorder above -90
_LOWEST_EDGE_HZ = 500.0


class Bandwidth:
    """Averages the power spectrum of samples that come block by block.

    Args:
        sample_rate: in Hz
        top_hz: the highest frequency that the network hears; None where no network is in question
    """

    def __init__(self, sample_rate: int, top_hz: float | None = None) -> None:
        self._nyquist_hz = sample_rate / 2
        self._top_hz = top_hz if top_hz and top_hz < 0.98 * self._nyquist_hz else None
        self._every = _EVERY_NARROW if self._top_hz is None else _EVERY_WIDE
        self._window = np.hanning(N_FFT).astype(np.float32)
        self._sum = np.zeros(N_FFT // 2 + 1)
        self._n = 0

    def add(self, block: Float32Array) -> None:
        """Take the next samples.

        Args:
            block: [n]
        """
        windows = block[: block.size // N_FFT * N_FFT].reshape(-1, N_FFT)[:: self._every]
        if len(windows) == 0:
            return
        spectra = np.fft.rfft(windows * self._window).view(np.float32)
        self._sum += np.einsum("wi,wi->i", spectra, spectra).reshape(-1, 2).sum(axis=1)
        self._n += len(windows)

    @property
    def _power(self) -> Float64Array:
        # Of each bin; together they are the mean square, in -1..1.
        return self._sum * (2.0 / (max(self._n, 1) * N_FFT * float(np.square(self._window).sum())))

    @property
    def _freq_hz(self) -> Float64Array:
        return np.linspace(0.0, self._nyquist_hz, self._sum.size)

    @property
    def unheard_dbfs(self) -> float:
        """Level of what lies above the network's range; -200 where nothing can."""
        if self._top_hz is None or self._n == 0:
            return QUIETEST_DBFS
        return _decibels(float(self._power[self._freq_hz > self._top_hz].sum()))

    @property
    def highest_hz(self) -> float:
        """Where the spectrum ends in a steep edge with nothing above it, else half the rate.

        So ends a recording that was converted from a lower rate or compressed. The edge is where
        the level falls by 25 dB or more within a tenth of the frequency, to a remainder below -90
        dBFS in all, which no microphone reaches.
        """
        power, freq_hz = self._power, self._freq_hz
        # Below 1.1 kHz of sampling there is no room for an edge.
        if self._n == 0 or not power.any() or 0.9 * self._nyquist_hz <= _LOWEST_EDGE_HZ:
            return self._nyquist_hz
        best_db, best_hz = _STEEP_DB, self._nyquist_hz
        above = np.cumsum(power[::-1])[::-1]
        candidates = np.geomspace(_LOWEST_EDGE_HZ, 0.9 * self._nyquist_hz, 80)
        for edge_hz in candidates[candidates > 8 * freq_hz[1]]:
            first_above = int(np.searchsorted(freq_hz, 1.05 * edge_hz))
            if _decibels(float(above[first_above])) > _EMPTY_DBFS:
                continue
            below = power[(freq_hz > 0.8 * edge_hz) & (freq_hz < 0.95 * edge_hz)]
            fall_db = _decibels(float(np.median(below))) - _decibels(
                float(np.percentile(power[first_above:], 95))
            )
            if fall_db > best_db:
                best_db, best_hz = fall_db, float(edge_hz)
        return best_hz


def _decibels(power: float) -> float:
    return max(10 * math.log10(power), QUIETEST_DBFS) if power > 0 else QUIETEST_DBFS
