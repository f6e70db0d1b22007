"""What a recording is like and whether it can be used, without loading it whole."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np

from core.audio.source import AudioSource, Channel
from core.errors import AudioError
from core.types import SHORTEST_CLIP_SECONDS, Float32Array

QUIETEST_DBFS = -200.0
VERY_QUIET_DBFS = -75.0

_BITS = {"PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}


@dataclass(frozen=True)
class ClipInfo:
    """What `inspect` found.

    Attributes:
        name: the recording's
        duration_seconds: of what could be read
        sample_rate: in Hz
        n_channels: its channels
        subtype: libsndfile's name of how samples are stored
        peak_dbfs: in dB of full scale, before clipping; -200 for digital silence
        rms_dbfs: likewise
        clipped_fraction: the share of samples in runs of at least 3 at or beyond full scale
        silent: whether all samples are equal
        sha256: of the sound (`core.types.samples_sha256`) at its own rate, so that equal sounds
            can be found under any name; empty where nothing could be read
        problem: a sentence on why the recording cannot be fitted on, None where it can
        warnings: sentences on what is wrong but no hindrance
    """

    name: str
    duration_seconds: float = 0.0
    sample_rate: int = 0
    n_channels: int = 0
    subtype: str = ""
    peak_dbfs: float = QUIETEST_DBFS
    rms_dbfs: float = QUIETEST_DBFS
    clipped_fraction: float = 0.0
    silent: bool = False
    sha256: str = ""
    problem: str | None = None
    warnings: tuple[str, ...] = ()


def inspect(path: Path | BinaryIO, *, name: str | None = None, channel: Channel = 0) -> ClipInfo:
    """Inspect a recording, reading it once, block by block.

    Args:
        path: the file
        name: what it is called, by default as the file
        channel: whose levels, silence and hash are wanted: a number from 0, or "mean"

    Returns:
        What was found; a bad recording has a `problem` and raises nothing.
    """
    name = name or (path.name if isinstance(path, Path) else "recording")
    try:
        with AudioSource(path, name) as source:
            return _measured(source, channel)
    except AudioError as error:
        return ClipInfo(name, problem=str(error))


def _measured(source: AudioSource, channel: Channel) -> ClipInfo:
    info = ClipInfo(
        source.name,
        duration_seconds=min(source.n_frames, 2**53) / source.sample_rate,
        sample_rate=source.sample_rate,
        n_channels=source.n_channels,
        subtype=source.subtype,
    )
    level = Level(source.sample_rate, full_scale=full_scale(source.subtype))
    try:
        for block in source.blocks(channel):
            level.add(block)
    except AudioError as error:
        return replace(info, problem=str(error))
    seconds = level.n_samples / source.sample_rate
    shown = source.shown
    problem = None
    if seconds < SHORTEST_CLIP_SECONDS:
        count = "1 sample" if level.n_samples == 1 else f"{level.n_samples:,} samples"
        problem = (
            f"“{shown}” lasts {seconds:.3f} s ({count}); "
            f"a clip needs at least {SHORTEST_CLIP_SECONDS} s."
        )
    elif level.silent:
        problem = f"“{shown}” is silent: nothing to learn from."
    return replace(
        info,
        duration_seconds=seconds,
        peak_dbfs=dbfs(level.peak),
        rms_dbfs=dbfs(level.rms),
        clipped_fraction=level.clipped_fraction,
        silent=level.silent,
        sha256=level.sha256,
        problem=problem,
        warnings=(*source.warnings, *_warnings(level)),
    )


def _warnings(level: Level) -> tuple[str, ...]:
    warnings = []
    if level.n_over:
        warnings.append(
            f"{level.n_over:,} samples lie beyond full scale (peak {dbfs(level.peak):+.1f} dBFS) "
            "and are clipped to it; export it with less gain."
        )
    elif level.clipped_fraction:
        warnings.append(f"Clipping: {level.clipped_fraction:.2%} of the samples at full scale.")
    if level.n_samples and not level.silent and dbfs(level.rms) < VERY_QUIET_DBFS:
        warnings.append(f"Very quiet ({dbfs(level.rms):.0f} dBFS).")
    return tuple(warnings)


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
    """Peak, RMS, clipping and hash of samples that come block by block.

    Args:
        sample_rate: in Hz, for the hash
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
        self._squares = 0.0
        self._lowest, self._highest = math.inf, -math.inf
        self._n_clipped = 0
        self._last_full = np.zeros(3, np.bool_)
        self._digest = hashlib.sha256(f"{sample_rate}:".encode())

    def add(self, block: Float32Array) -> None:
        """Take the next samples.

        Args:
            block: [n], finite
        """
        self.n_samples += block.size
        self._lowest = min(self._lowest, float(block.min()))
        self._highest = max(self._highest, float(block.max()))
        self.peak = max(-self._lowest, self._highest)
        self._squares += float(np.square(block, dtype=np.float64).sum())
        size = np.abs(block)
        self.n_over += int(np.count_nonzero(size > 1.0))
        full = np.concatenate([self._last_full, size >= self._full_scale])
        three = full[:-2] & full[1:-1] & full[2:]
        # A run of n samples ends n - 2 times three in a row, and the first of these brings 2 more.
        n_first = np.count_nonzero(three[1:] & ~three[:-1])
        self._n_clipped += int(np.count_nonzero(three[1:]) + 2 * n_first)
        self._last_full = full[-3:]
        self._digest.update(np.clip(block, -1.0, 1.0).astype("<f4", copy=False).data)

    @property
    def clipped_fraction(self) -> float:
        """The share of samples in runs of at least 3 at or beyond full scale."""
        return self._n_clipped / max(self.n_samples, 1)

    @property
    def rms(self) -> float:
        """Root mean square of all samples so far."""
        return math.sqrt(self._squares / max(self.n_samples, 1))

    @property
    def silent(self) -> bool:
        """Whether there are samples and all are equal (zeros, or a constant offset)."""
        return self.n_samples > 0 and self._lowest == self._highest

    @property
    def sha256(self) -> str:
        """The hash of the samples so far, as `core.types.samples_sha256` gives it."""
        return self._digest.hexdigest() if self.n_samples else ""
