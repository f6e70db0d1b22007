"""Peak, RMS, offset, clipping and hash of samples that come block by block."""

from __future__ import annotations

import hashlib
import math

import numpy as np
from numpy.typing import NDArray

from core.types import Float32Array

QUIETEST_DBFS = -200.0
_LARGE_MEAN = 1e-3

_BITS = {"PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}


def dbfs(amplitude: float) -> float:
    """Convert an amplitude to decibels of full scale.

    Args:
        amplitude: at least 0; 1 is full scale

    Returns:
        Decibels, not below -200.

    >>> dbfs(0.5)
    -6.020599913279624
    """
    return max(20 * math.log10(amplitude), QUIETEST_DBFS) if amplitude > 0 else QUIETEST_DBFS


def full_scale(subtype: str) -> float:
    """Look up the highest positive sample that a file can hold.

    Args:
        subtype: libsndfile's name of how samples are stored

    Returns:
        The sample; 1 for float files.
    """
    bits = _BITS.get(subtype)
    return 1.0 if bits is None else 1.0 - 2.0 ** (1 - min(bits, 24))


class Level:
    """Peak, RMS, offset, clipping and hash of samples that come block by block.

    Args:
        sample_rate: in Hz, for the hash; 0 leaves the hash out, which takes longer than the rest
        full_scale: the highest sample that the file can hold

    Attributes:
        n_samples: samples so far
        n_over: those beyond 1 or -1
        peak: the highest absolute value
    """

    def __init__(self, sample_rate: int, full_scale: float) -> None:
        self.n_samples = 0
        self.n_over = 0
        self.peak = 0.0
        self._full_scale = full_scale
        self._sum = self._squares = 0.0
        self._lowest, self._highest = math.inf, -math.inf
        self._n_clipped = 0
        self._n_flat = [0, 0]
        self._last_full = np.zeros(3, np.bool_)
        self._digest = hashlib.sha256(f"{sample_rate}:".encode()) if sample_rate else None

    def add(self, block: Float32Array) -> None:
        """Take the next samples.

        Args:
            block: [n], finite
        """
        self.n_samples += block.size
        lowest, highest = float(block.min()), float(block.max())
        self._count_flat(block, lowest, highest)
        self._lowest, self._highest = min(self._lowest, lowest), max(self._highest, highest)
        self.peak = max(-self._lowest, self._highest)
        mean = float(np.einsum("n->", block)) / block.size  # three times as fast as `sum`
        # About a large mean, so that 32 bits are enough for what lies about it.
        about_mean = block - np.float32(mean) if abs(mean) > _LARGE_MEAN else block
        self._sum += mean * block.size
        self._squares += float(np.dot(about_mean, about_mean))
        if about_mean is not block:
            self._squares += mean * mean * block.size
        peak = max(-lowest, highest)
        if peak >= self._full_scale or self._last_full.any():
            self._count_clipped(np.abs(block))
        if self._digest:
            clipped = np.clip(block, -1.0, 1.0) if peak > 1.0 else block
            self._digest.update(np.ascontiguousarray(clipped, dtype="<f4").data)

    def _count_flat(self, block: Float32Array, lowest: float, highest: float) -> None:
        # Before the extremes are those of this block too. Most blocks do not reach them.
        for side, value, so_far in ((0, lowest, self._lowest), (1, highest, self._highest)):
            if value == so_far or (value > so_far) == bool(side):
                n_before = self._n_flat[side] if value == so_far else 0
                at_extreme = block == value
                if np.count_nonzero(at_extreme) >= 3:
                    n_before += _in_runs(np.concatenate([np.zeros(3, np.bool_), at_extreme]))
                self._n_flat[side] = n_before

    def _count_clipped(self, size: Float32Array) -> None:
        self.n_over += int(np.count_nonzero(size > 1.0))
        full = np.concatenate([self._last_full, size >= self._full_scale])
        self._n_clipped += _in_runs(full)
        self._last_full = full[-3:]

    @property
    def clipped_fraction(self) -> float:
        """The share of samples in runs of at least 3 at or beyond full scale."""
        return self._n_clipped / max(self.n_samples, 1)

    @property
    def flat_fraction(self) -> float:
        """The share of samples in runs of at least 3 at the very highest or lowest value.

        A sound that was clipped and made softer after that has many. A run across two blocks counts
        as two.
        """
        return sum(self._n_flat) / max(self.n_samples, 1)

    @property
    def rms(self) -> float:
        """Root mean square of all samples so far."""
        return math.sqrt(self._squares / max(self.n_samples, 1))

    @property
    def offset(self) -> float:
        """Mean of all samples so far, which a constant voltage (DC) moves away from 0."""
        return self._sum / max(self.n_samples, 1)

    @property
    def rms_about_offset(self) -> float:
        """Root mean square of all samples so far about their mean."""
        return math.sqrt(max(self._squares / max(self.n_samples, 1) - self.offset**2, 0.0))

    @property
    def silent(self) -> bool:
        """Whether there are samples and all are equal (zeros, or a constant offset)."""
        return self.n_samples > 0 and self._lowest == self._highest

    @property
    def sha256(self) -> str:
        """The hash of the samples so far, as `core.types.samples_sha256` gives it, or empty."""
        return self._digest.hexdigest() if self._digest and self.n_samples else ""


def _in_runs(chosen: NDArray[np.bool_]) -> int:
    # How many are in runs of at least three; the first three are those of the block before.
    three = chosen[:-2] & chosen[1:-1] & chosen[2:]
    # A run of n samples ends n - 2 times three in a row, and the first of these brings 2 more.
    n_first = np.count_nonzero(three[1:] & ~three[:-1])
    return int(np.count_nonzero(three[1:]) + 2 * n_first)
