"""Decoding with libsndfile."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import soundfile as sf

from core.audio.decoding import decoder
from core.audio.decoding.decoder import DecodingError
from core.audio.decoding.stream_ends import declares_length
from core.audio.decoding.watched_file import ByteView
from core.types import Float32Array

TAG_BYTES = 128  # of an ID3v1 tag at the end of a file
_CAREFUL_FRAMES = 1_024  # after a fault
_UNKNOWN = 2**62
# No seek goes into these: the last block of an ADPCM that is cut short is wrong behind a seek.
_LAST_FRAMES = 16_384
_COMPRESSED = ("FLAC", "OGG", "MP3")
# Where seeking gives the samples that reading from the beginning gives: tried with every format.
# In Ogg it is wrong now and then, by up to some thousand samples.
_SEEKS = ("WAV", "WAVEX", "RF64", "W64", "AIFF", "AU", "CAF", "FLAC", "MP3")


# Where libsndfile counts the samples that there are, and only its log has what the header declares.
_DECLARED_IN_LOG = ("MAT4", "MAT5", "MPC2K", "WVE", "AVR")
_DECLARED = re.compile(r"(?:Cols|Frames|Data length)[ :]+(\d{1,15})\b")


class _Sound(sf.SoundFile):  # type: ignore[misc]
    # soundfile seeks after every read unless this is False: that fails where a format cannot seek,
    # and behind a gap it reads the same sound again.
    def seekable(self) -> bool:
        return False


class SndfileDecoder:
    """A file open in libsndfile.

    Args:
        view: the file

    Attributes:
        sample_rate: in Hz
        n_channels: its channels
        n_frames: the samples of a channel that it declares
        subtype: libsndfile's name of how samples are stored
        is_stream: whether its length is an estimate: MP3, FLAC, Ogg
        is_flac: whether it is FLAC by itself, not in Ogg
        is_cut: whether libsndfile noticed that it is cut short
        is_guessed: whether its length is guessed: an MP3 that does not declare it
        n_inexact: 0; its lengths are exact where they are known
        n_silent: 0; it puts nothing in the place of what it cannot decode
        n_other_tracks: 0; libsndfile knows one
        changes_at: None; nor does it read on where the sample rate changes
        position: the sample that is read next
        first_fault: the first sample that could not be decoded; None so far

    Raises:
        DecodingError: libsndfile cannot open it, or cannot read it to its end.
    """

    def __init__(self, view: ByteView) -> None:
        self._view = view
        self._open()
        sound = self._sound
        self.sample_rate = int(sound.samplerate)
        self.n_channels = int(sound.channels)
        self.n_frames = int(sound.frames)
        self.subtype = str(sound.subtype)
        if sound.format in _DECLARED_IN_LOG or self.subtype.startswith("DWVW"):
            declared = map(int, _DECLARED.findall(sound.extra_info))
            self.n_frames = max([self.n_frames, *declared])
        self.is_stream = sound.format in _COMPRESSED
        self.is_flac = sound.format == "FLAC"
        self.is_cut = sound.format in ("VOC", "PAF") and "truncated" in sound.extra_info
        self.first_fault: int | None = None
        self.changes_at: int | None = None
        self.n_other_tracks = self.n_inexact = self.n_silent = 0
        self.is_guessed = self.subtype.startswith("MPEG") and not declares_length(view)
        self._can_seek = sound.format in _SEEKS and not self.is_guessed
        problem = ""
        if self.is_stream and not 0 < self.n_frames < _UNKNOWN:
            problem = "its length is unknown"
        elif sound.format == "SDS":  # found in libsndfile 1.2.2: zeros instead of up to 40 samples
            problem = "the end of a MIDI sample dump would be lost"
        if problem:
            self.close()
            raise DecodingError(problem)

    def _open(self) -> None:
        self._reader = self._view.opened()
        self.position = 0
        self._ahead: Float32Array | None = None  # decoded already, from `position` on
        try:
            self._sound = _Sound(self._reader)
        except (sf.LibsndfileError, TypeError) as error:  # TypeError: no header at all
            reason = getattr(error, "error_string", "no header").rstrip(".")
            raise DecodingError(reason) from error

    @property
    def n_bytes_left(self) -> int:
        """Bytes that have not been read yet."""
        return self._view.n_bytes - self._reader.tell()

    def end_at(self, n_bytes: int) -> None:
        """Leave out what lies behind some byte, and forget that it was a fault.

        Args:
            n_bytes: the first byte that is left out

        Raises:
            DecodingError: it cannot be opened so.
        """
        position = self.position
        self._view = self._view.until(n_bytes)
        self.first_fault = None
        self._reopen()
        self._go_to(position)

    def frames(self, start: int, stop: int | None) -> Iterator[Float32Array]:
        """Decode all channels block by block.

        Args:
            start: the first sample
            stop: the sample after the last, None for the last that there is

        Yields:
            Blocks of samples, [n, channel] float32.
        """
        if not self._go_to(min(start, self.n_frames)) or start >= self.n_frames:
            return
        last = min(self.n_frames, self.n_frames if stop is None else stop)
        yield from self._read(last, ahead=self.is_stream)

    def _go_to(self, start: int) -> bool:
        # Whether there is such a sample.
        if start != self.position and self._can_seek:
            try:
                near = min(start, max(0, self.n_frames - _LAST_FRAMES))
                self.position, self._ahead = self._sound.seek(near), None
            except (sf.LibsndfileError, RuntimeError):
                self._can_seek = False
                self._reopen()
        if start < self.position:
            self._reopen()
        for _ in self._read(start, ahead=self.is_stream):
            pass
        return self.position == start

    def _read(self, stop: int, *, ahead: bool = False) -> Iterator[Float32Array]:
        # In whole steps from 0, and `ahead` of the end that is asked for: how far libsndfile can
        # tell a fault depends on how much is read at once, and so every stretch finds it at the
        # same sample.
        n_block = max(1, decoder.BLOCK_SAMPLES // self.n_channels)
        while self.position < stop:
            n_wanted = n_block - self.position % n_block
            n_wanted = min(n_wanted, (self.n_frames if ahead else stop) - self.position)
            try:
                block, self._ahead = self._ahead, None
                if block is None:
                    block = self._sound.read(n_wanted, dtype="float32", always_2d=True)
            except sf.LibsndfileError:
                if n_block <= _CAREFUL_FRAMES:
                    self.first_fault = self.position
                    return
                # The whole block is lost: again in smaller ones, up to the fault.
                n_block, fault = _CAREFUL_FRAMES, self.position
                self._reopen()
                for _ in self._read(fault):
                    pass
                continue
            if not len(block):
                return
            block, rest = block[: stop - self.position], block[stop - self.position :]
            self._ahead = rest if len(rest) else None
            self.position += len(block)
            yield np.asarray(block, np.float32)

    def _reopen(self) -> None:
        self.close()
        self._open()

    def close(self) -> None:
        """Close it; the file stays open."""
        self._sound.close()
