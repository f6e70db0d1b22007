"""Where a recording is read from, a file or the store, and what is known of it for a fit."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from pathlib import Path

from core.audio import Channel, read_clip
from core.audio.source import AudioSource
from core.errors import AudioError
from core.storage import recordings
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

    @abstractmethod
    def read(self, channel: Channel, sample_rate: int) -> Clip:
        """Read the recording.

        Args:
            channel: one channel, from 0, or “mean”
            sample_rate: the rate it is resampled to, in Hz

        Returns:
            The clip.

        Raises:
            AudioError: the recording cannot be used; the sentence names it.
            StoreError: the recording, or its file, is gone.
        """

    @abstractmethod
    def own_rate(self) -> int:
        """Look up the recording's own sample rate.

        Returns:
            Hz, before it is resampled.

        Raises:
            AudioError: the recording cannot be used.
            StoreError: the recording is gone.
        """


@dataclasses.dataclass(frozen=True, kw_only=True)
class FileSource(Source):
    """A recording in a file of the user's.

    Attributes:
        path: the file
    """

    path: Path

    def read(self, channel: Channel, sample_rate: int) -> Clip:
        """Read the recording, as `Source.read` says."""
        return read_clip(self.path, channel=channel, sample_rate=sample_rate)

    def own_rate(self) -> int:
        """Look up the recording's own sample rate, as `Source.own_rate` says."""
        with AudioSource(self.path) as opened:
            return opened.sample_rate


@dataclasses.dataclass(frozen=True, kw_only=True)
class StoredSource(Source):
    """A recording of the store.

    Attributes:
        clip_id: its id
    """

    clip_id: str

    def read(self, channel: Channel, sample_rate: int) -> Clip:
        """Read the recording, as `Source.read` says."""
        record = recordings.get_recording(self.clip_id)
        if record.info.problem:
            raise AudioError(name_recording(record.name, record.info.problem))
        path = recordings.recording_path(self.clip_id)
        return read_clip(path, name=record.name, channel=channel, sample_rate=sample_rate)

    def own_rate(self) -> int:
        """Look up the recording's own sample rate, as `Source.own_rate` says."""
        return recordings.get_recording(self.clip_id).info.sample_rate


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
