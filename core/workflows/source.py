"""Where a recording is read from, and what is known of it for a fit."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from pathlib import Path

from core.audio import Channel, read_clip
from core.audio.source import AudioSource
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
        path, name = self._locate()
        return read_clip(path, name=name, channel=channel, sample_rate=sample_rate)

    def read_normal(self, channel: Channel, sample_rate: int) -> Clip:
        """Read a recording that is to say what normal sounds like, which silence does not.

        Args:
            channel: one channel, from 0, or “mean”
            sample_rate: the rate it is resampled to, in Hz

        Returns:
            The clip.

        Raises:
            AudioError: the recording cannot be used, or is silent; the sentence names it.
            StoreError: the recording, or its file, is gone.
        """
        clip = self.read(channel, sample_rate)
        if clip.samples.min() == clip.samples.max():
            raise AudioError(f"“{clip.name}” is silent: nothing to learn from.")
        return clip

    def own_rate(self) -> int:
        """Look up the recording's own sample rate.

        Returns:
            Hz, before it is resampled.

        Raises:
            AudioError: the recording cannot be used; the sentence names it.
            StoreError: the recording, or its file, is gone.
        """
        with AudioSource(*self._locate()) as opened:
            return opened.sample_rate

    @abstractmethod
    def _locate(self) -> tuple[Path, str | None]:
        """Find the file, and the name that people know it by where that is another."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class FileSource(Source):
    """A recording in a file of the user's.

    Attributes:
        path: the file
    """

    path: Path

    def _locate(self) -> tuple[Path, str | None]:
        return self.path, None


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
