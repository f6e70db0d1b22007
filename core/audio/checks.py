"""What a recording is like and whether it can be used, found as it is read, block by block."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from core.audio.bandwidth import Bandwidth
from core.audio.channels import ChannelChoice, ChannelLevels, heard_channel
from core.audio.dropouts import Dropouts
from core.audio.level import QUIETEST_DBFS, Level, dbfs, full_scale
from core.audio.source import AudioSource, Channel
from core.errors import AudioError
from core.types import SHORTEST_CLIP_SECONDS, Float32Array

VERY_QUIET_DBFS = -75.0
# Of full scale. A recorder's input may be off by a thousandth, which is heard nowhere.
LARGE_OFFSET, SMALL_OFFSET = 0.01, 0.001
# What Vorbis, Opus and MP3 may reach beyond full scale without a word: 1 dB, 1 sample of 1,000.
OVERSHOOT, OVERSHOOT_FRACTION = 1.122, 0.001
# In runs at one extreme: a share of the samples, of a sound that is no small number of steps high.
FLAT, FLAT_PEAK = 0.0003, 0.03
_EXACT = ("PCM_S8", "PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW")


@dataclass(frozen=True)
class ClipInfo:
    """What was found of a recording, of the channel that is heard unless said otherwise.

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
            can be found under any name; empty where nothing could be read, or nobody asked for it
        problem: a sentence on why the recording cannot be fitted on by any channel, None where it
            can
        warnings: sentences on what is wrong but no hindrance
        channel: the channel that was heard, a number from 0 or "mean"
        highest_hz: where its spectrum ends, half the sample rate or less (`Bandwidth`); 0 where
            that was not measured
        unheard_dbfs: level of what lies above a network's range, -200 where nothing can or no
            network was in question
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
    channel: Channel = 0
    highest_hz: float = 0.0
    unheard_dbfs: float = QUIETEST_DBFS


def inspect(
    path: Path | BinaryIO, *, name: str | None = None, channel: ChannelChoice = 0
) -> ClipInfo:
    """Inspect a recording, reading it once, block by block.

    Args:
        path: the file
        name: what it is called, by default as the file
        channel: which is heard: a number from 0, "mean", or "loudest"

    Returns:
        What was found; a bad recording has a `problem` and raises nothing.
    """
    name = name or (path.name if isinstance(path, Path) else "recording")
    try:
        with AudioSource(path, name) as source:
            inspection = Inspection(source, heard_channel(source, channel), hashed=True)
            try:
                for _ in source.blocks(inspection.channel, watch=inspection.add):
                    pass
            except AudioError as error:
                return replace(inspection.begun, problem=str(error))
            return inspection.info()
    except AudioError as error:
        return ClipInfo(name, problem=str(error))


class Inspection:
    """Watches a recording while it is read, and says what it is like.

    Costs 0.3 ms for 2**18 samples (6 s at 44.1 kHz), beside about 2 ms to read and resample them.

    Args:
        source: the recording, open
        channel: which is heard, a number from 0 or "mean"
        top_hz: the highest frequency that a network hears; None where none is in question
        hashed: whether the hash is wanted, which takes 0.5 ms more

    Attributes:
        channel: which is heard
        begun: what is known before anything is read
    """

    def __init__(
        self,
        source: AudioSource,
        channel: Channel,
        top_hz: float | None = None,
        *,
        hashed: bool = False,
    ) -> None:
        rate, n_channels = source.sample_rate, source.n_channels
        self.channel = channel
        self.begun = ClipInfo(
            source.name,
            duration_seconds=min(source.n_frames, 2**53) / rate,
            sample_rate=rate,
            n_channels=n_channels,
            subtype=source.subtype,
            channel=channel,
        )
        self._source = source
        self._level = Level(rate if hashed else 0, full_scale(source.subtype))
        self._channels = ChannelLevels(rate, n_channels, channel) if n_channels > 1 else None
        self._bandwidth = Bandwidth(rate, top_hz)
        self._dropouts = Dropouts(rate)

    def add(self, frames: Float32Array, block: Float32Array) -> None:
        """Take the next samples.

        Args:
            frames: of all channels, [n, channel]
            block: of the channel that is heard, [n], finite
        """
        self._level.add(block)
        self._bandwidth.add(block)
        self._dropouts.add(block)
        if self._channels:
            self._channels.add(frames)

    def info(self) -> ClipInfo:
        """Say what was found.

        Returns:
            It, of what was read so far.
        """
        level, shown = self._level, self._source.shown
        seconds = level.n_samples / self._source.sample_rate
        problem = None
        if seconds < SHORTEST_CLIP_SECONDS:
            count = "1 sample" if level.n_samples == 1 else f"{level.n_samples:,} samples"
            problem = (
                f"“{shown}” lasts {seconds:.3f} s ({count}); "
                f"a clip needs at least {SHORTEST_CLIP_SECONDS} s."
            )
        elif level.silent and not (self._channels and self._channels.powers.any()):
            problem = f"“{shown}” is silent: nothing to learn from."
        return replace(
            self.begun,
            duration_seconds=seconds,
            peak_dbfs=dbfs(level.peak),
            rms_dbfs=dbfs(level.rms),
            clipped_fraction=level.clipped_fraction,
            silent=level.silent,
            sha256=level.sha256,
            problem=problem,
            warnings=self._warnings(),
            highest_hz=self._bandwidth.highest_hz,
            unheard_dbfs=self._bandwidth.unheard_dbfs,
        )

    def _warnings(self) -> tuple[str, ...]:
        level = self._level
        warnings = list(self._source.warnings)
        if level.silent:
            warnings.append(
                "It is digital silence from beginning to end."
                if level.peak == 0.0
                else f"It is silent: all samples are equal, at {level.offset:+.2%} of full scale."
            )
        else:
            warnings += _level_warnings(level, self._source.subtype)
            warnings.append(self._dropouts.warning(level.rms_about_offset))
        if self._channels:
            warnings += self._channels.warnings
        return tuple(filter(None, warnings))


def _level_warnings(level: Level, subtype: str) -> list[str]:
    warnings = []
    about_offset = level.rms_about_offset
    # A lossy decoder goes a little beyond the full scale that its encoder was given.
    overshoot = 0 if subtype in _EXACT else int(OVERSHOOT_FRACTION * level.n_samples)
    if level.n_over > overshoot or level.peak > OVERSHOOT:
        samples = "1 sample lies" if level.n_over == 1 else f"{level.n_over:,} samples lie"
        are = "is" if level.n_over == 1 else "are"
        warnings.append(
            f"{samples} beyond full scale (peak {dbfs(level.peak):+.1f} dBFS) and {are} clipped to "
            "it; export it with less gain."
        )
    elif level.clipped_fraction > (0.0 if subtype in _EXACT else OVERSHOOT_FRACTION):
        warnings.append(f"Clipping: {level.clipped_fraction:.2%} of the samples at full scale.")
    elif level.flat_fraction > FLAT and level.peak > FLAT_PEAK and subtype in _EXACT[2:]:
        warnings.append(
            f"Clipping: {level.flat_fraction:.2%} of the samples at the highest or lowest value "
            f"({dbfs(level.peak):.1f} dBFS); it was clipped before it was made softer."
        )
    offset = abs(level.offset)
    if offset >= LARGE_OFFSET or offset >= max(SMALL_OFFSET, about_offset):
        warnings.append(
            f"DC offset: the samples lie about {level.offset:+.1%} of full scale, not about 0; "
            "the recorder or its microphone adds a constant voltage."
        )
    if level.n_samples and dbfs(about_offset) < VERY_QUIET_DBFS:
        warnings.append(f"Very quiet ({dbfs(about_offset):.0f} dBFS).")
    return warnings
