"""Where a recording is read from, and what is known of it for a fit."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path

from core.audio import (
    ChannelChoice,
    ClipInfo,
    SoundStream,
    read_clip,
    read_or_stream,
    read_recording,
)
from core.audio.channels import channel_ordinal
from core.audio.recorded_at import RecordedAt, recorded_at
from core.audio.source import AudioSource, shown_name
from core.errors import AudioError
from core.types import Clip


@dataclasses.dataclass(frozen=True, kw_only=True)
class Source(ABC):
    """A recording that is read when its turn comes.

    Attributes:
        group: as `TrainingClip.group`
        class_name: as `TrainingClip.class_name`
    """

    group: str | None = None
    class_name: str = ""

    def read(
        self, channel: ChannelChoice, sample_rate: int, top_hz: float | None = None
    ) -> tuple[Clip, ClipInfo]:
        """Read and inspect the recording.

        Args:
            channel: one channel, from 0, “mean” or “loudest”
            sample_rate: the rate it is resampled to, in Hz
            top_hz: the highest frequency that the network hears, where one is in question

        Returns:
            The clip, and what was found of the recording.

        Raises:
            AudioError: the recording cannot be used; the sentence names it.
            StoreError: the recording, or its file, is gone.
        """
        path, name = self._locate()
        clip, info = read_recording(
            path, name=name, channel=channel, sample_rate=sample_rate, top_hz=top_hz
        )
        return clip, _dated(info, path, name)

    def read_part(
        self,
        channel: ChannelChoice,
        sample_rate: int,
        start_seconds: float,
        stop_seconds: float | None,
    ) -> Clip:
        """Read a stretch of the recording.

        Args:
            channel: one channel, from 0, “mean” or “loudest”
            sample_rate: the rate it is resampled to, in Hz
            start_seconds: where the stretch begins
            stop_seconds: where it ends; None with the recording

        Returns:
            The clip.

        Raises:
            AudioError: the recording cannot be used; the sentence names it.
            StoreError: the recording, or its file, is gone.
        """
        path, name = self._locate()
        return read_clip(
            path,
            name=name,
            channel=channel,
            sample_rate=sample_rate,
            start_seconds=start_seconds,
            stop_seconds=stop_seconds,
        )

    def open(
        self, channel: ChannelChoice, sample_rate: int, top_hz: float | None = None
    ) -> tuple[Clip | SoundStream, Callable[[], ClipInfo]]:
        """Read the recording whole, or open it as a stream where it is long.

        Args:
            channel: one channel, from 0, “mean” or “loudest”
            sample_rate: the rate it is resampled to, in Hz
            top_hz: the highest frequency that the network hears, where one is in question

        Returns:
            The sound, and what says what was found of it, of a stream once it has passed.

        Raises:
            AudioError: the recording cannot be used; the sentence names it.
            StoreError: the recording, or its file, is gone.
        """
        path, name = self._locate()
        sound, found = read_or_stream(
            path, name=name, channel=channel, sample_rate=sample_rate, top_hz=top_hz
        )
        return sound, lambda: _dated(found(), path, name)

    def read_normal(
        self, channel: ChannelChoice, sample_rate: int, top_hz: float | None = None
    ) -> tuple[Clip, ClipInfo]:
        """Read a recording that is to say what normal sounds like, which silence does not.

        Args:
            channel: one channel, from 0, “mean” or “loudest”
            sample_rate: the rate it is resampled to, in Hz
            top_hz: the highest frequency that the network hears, where one is in question

        Returns:
            The clip, and what was found of the recording.

        Raises:
            AudioError: the recording cannot be used, or is silent; the sentence names it.
            StoreError: the recording, or its file, is gone.
        """
        clip, info = self.read(channel, sample_rate, top_hz)
        if info.silent:
            where = ""
            if info.n_channels > 1 and info.channel != "mean":
                where = f" on its {channel_ordinal(info.channel)} channel"
            raise AudioError(f"“{clip.name}” is silent{where}: nothing to learn from.")
        return clip, info

    def n_channels(self) -> int:
        """Look up how many channels the recording has.

        Returns:
            Their number.

        Raises:
            AudioError: the recording cannot be used; the sentence names it.
            StoreError: the recording, or its file, is gone.
        """
        with AudioSource(*self._locate()) as opened:
            return opened.n_channels

    @property
    @abstractmethod
    def shown(self) -> str:
        """What sentences on other recordings call it."""

    def recorded_at(self) -> RecordedAt | None:
        """Find out when the recording began.

        Returns:
            The moment; None where neither its header nor its name says it.

        Raises:
            StoreError: the recording, or its file, is gone.
        """
        return recorded_at(*self._locate())

    @abstractmethod
    def _locate(self) -> tuple[Path, str | None]:
        """Find the file, and the name that people know it by where that is another."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class FileSource(Source):
    """A recording in a file of the user's.

    Attributes:
        path: the file
        name: what people know it by, with its folders where names repeat; by default as the file
    """

    path: Path
    name: str | None = None

    @property
    def shown(self) -> str:
        """Its path, which tells it from files of the same name."""
        return shown_name(str(self.path))

    def _locate(self) -> tuple[Path, str | None]:
        return self.path, self.name


def _dated(info: ClipInfo, path: Path, name: str | None) -> ClipInfo:
    # With what is odd about the time that the recording says it began.
    began = recorded_at(path, name)
    if began is None or not began.warning:
        return info
    return dataclasses.replace(info, warnings=(*info.warnings, began.warning))


def name_recording(name: str, sentence: str) -> str:
    """Put the recording's name before a sentence that lacks it.

    Args:
        name: the recording's name
        sentence: what is wrong with it

    Returns:
        The sentence with the name.

    >>> name_recording("a.wav", "It is silent.")
    '“a.wav”: It is silent.'
    """
    return sentence if name in sentence else f"“{name}”: {sentence}"
