"""An open recording, read block by block: one channel of it, checked, never the whole file."""

from __future__ import annotations

import contextlib
import stat
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal

import numpy as np

from core.audio.decoding.containers import find_sound, lacks_index
from core.audio.decoding.decoder import DecodingError
from core.audio.decoding.sndfile import TAG_BYTES, SndfileDecoder
from core.audio.decoding.stream_ends import begins_anew, next_flac, second_flac
from core.audio.decoding.watched_file import ByteView, WatchedFile
from core.audio.limits import check_channels
from core.audio.losses import Reading, changed_sentence, losses
from core.errors import AudioError
from core.runtime.atomic_write import os_errors_as
from core.runtime.legible import legible
from core.types import Float32Array

if TYPE_CHECKING:
    from core.audio.decoding.ffmpeg import FfmpegDecoder

Channel = int | Literal["mean"]

LOWEST_RATE_HZ = 500
HIGHEST_RATE_HZ = 3_000_000
LONGEST_SHOWN_NAME = 120

_FAR_BEYOND = 100.0  # times full scale, 40 dB: no gain does that, but a wrong scale does
_MOST_FLACS = 50  # in one file
_PADDING_SECONDS = 0.1  # that an encoder adds to fill its last frames


def plain_name(name: str) -> str:
    r"""Strip a name of control characters; Unicode, emoji and their joiners stay.

    Args:
        name: any name

    Returns:
        The name without them.

    >>> plain_name("a\x1b[31m.wav")
    'a[31m.wav'
    """
    return "".join(
        c
        for c in legible(name)
        if unicodedata.category(c) not in ("Cc", "Cf", "Cs") or c in ("\u200c", "\u200d")
    )


def shown_name(name: str) -> str:
    """Prepare a name for a sentence.

    Args:
        name: any name

    Returns:
        The name without control characters, shortened beyond 120 characters.
    """
    plain = plain_name(name)
    if len(plain) <= LONGEST_SHOWN_NAME:
        return plain
    return f"{plain[: LONGEST_SHOWN_NAME - 21]}…{plain[-20:]}"


class AudioSource(AbstractContextManager["AudioSource"]):
    """A recording open for reading; a context manager.

    Args:
        path: the file
        name: what it is called, by default as the file
        n_before: the FLACs that come before it in the same file

    Attributes:
        name: what it is called
        shown: what sentences call it
        sample_rate: in Hz
        n_channels: its channels
        n_frames: the samples of a channel that the header declares, an estimate; what there is,
            once it has been read to its end
        subtype: the decoder's name of how samples are stored
        warnings: sentences, without the file's name, on what it holds that could not be heard;
            complete after it has been read to its end

    Raises:
        AudioError: it is missing, empty, no recording or of a kind that cannot be read.
    """

    def __init__(self, path: Path | BinaryIO, name: str | None = None, n_before: int = 0) -> None:
        self._n_before = n_before
        self._next: AudioSource | None = None
        self._is_searched = False
        self.name = legible(name or (path.name if isinstance(path, Path) else "recording"))
        self.shown = shown_name(self.name)
        with contextlib.ExitStack() as stack:
            # Opened here, not by libsndfile: errors of the file system then say what they are,
            # and no name can be taken for a raw format.
            file = stack.enter_context(self._opened(path)) if isinstance(path, Path) else path
            self._file = WatchedFile(file)
            self._second: FfmpegDecoder | None = None
            self._decoder = self._open_decoder()
            stack.callback(self._close_decoders)
            self.sample_rate = self._decoder.sample_rate
            self.n_channels = self._decoder.n_channels
            self.n_frames = self._decoder.n_frames
            self.subtype = self._decoder.subtype
            self._check_rate()
            check_channels(self.shown, self.n_channels)
            self._n_heard, self._at_end = 0, False
            self.close = stack.pop_all().close

    def _close_decoders(self) -> None:
        for opened in (self._decoder, self._second, self._next):
            if opened:
                opened.close()

    def _opened(self, path: Path) -> BinaryIO:
        with os_errors_as(AudioError, f"“{self.shown}” cannot be opened"):
            try:
                mode = path.stat().st_mode
            except FileNotFoundError:
                where = "is not there; check its name and folder"
                if path.is_symlink():
                    where = "is a link to something that is not there"
                raise AudioError(f"“{self.shown}” {where}.") from None
            if not stat.S_ISREG(mode):
                # To open a pipe is to wait for somebody who writes into it, perhaps for ever.
                kind = "a folder" if stat.S_ISDIR(mode) else "no file but a pipe or a device"
                raise AudioError(f"“{self.shown}” is {kind}, not a recording.")
            return path.open("rb")

    def _open_decoder(self) -> SndfileDecoder | FfmpegDecoder:
        self._check_file(0)
        if self._file.n_bytes == 0:
            raise AudioError(f"“{self.shown}” is empty (0 bytes).")
        self._sound = find_sound(self._file)
        self._view = self._sound.view if self._sound else ByteView(self._file)
        try:
            return SndfileDecoder(self._view)
        except DecodingError as error:
            decoder = self._open_ffmpeg()
            if decoder is None:
                self._check_file(0)
                if lacks_index(self._file):
                    raise AudioError(
                        f"“{self.shown}” was broken off or cut short: its index is missing, and "
                        "without it nothing can be decoded. Copy it again, or repair it with a "
                        "program for that."
                    ) from error
                raise AudioError(
                    f"“{self.shown}” cannot be read as audio ({error}). WAV, FLAC, OGG, MP3, M4A, "
                    "AIFF and others can be read; convert it to one of them."
                ) from error
            return decoder

    def _open_ffmpeg(self, sample_rate: int | None = None) -> FfmpegDecoder | None:
        # Imported where it is needed: few files need it, and it takes 0.1 s.
        from core.audio.decoding.ffmpeg import FfmpegDecoder

        try:
            return FfmpegDecoder(self._view, sample_rate)
        except DecodingError:
            return None

    def _check_rate(self) -> None:
        if not LOWEST_RATE_HZ <= self.sample_rate <= HIGHEST_RATE_HZ:
            raise AudioError(
                f"“{self.shown}” says its sample rate is {self.sample_rate:,} Hz; "
                f"it must be {LOWEST_RATE_HZ:,} to {HIGHEST_RATE_HZ:,} Hz."
            )

    def frames(self, start_frame: int = 0, stop_frame: int | None = None) -> Iterator[Float32Array]:
        """Read all channels block by block.

        A stretch that begins at 0 or where the last one ended is read at once; any other too in
        WAV, AIFF, CAF, AU, W64, FLAC and MP3. In other kinds what comes before it is decoded.

        Args:
            start_frame: the first sample
            stop_frame: the sample after the last, by default the file's last

        Yields:
            Blocks of samples, [n, channel] float32, at most 2**18 values each, as the
            file holds them: a float file's may lie beyond -1..1 or be no numbers.

        Raises:
            AudioError: the system cannot read it, from some sample on.
        """
        position = start_frame
        for block in self._decoded(start_frame, stop_frame):
            position += len(block)
            self._n_heard = max(self._n_heard, position)
            yield block
        if stop_frame is None or position < stop_frame:
            self._check_file(position)
            self._at_end = True
            if position > start_frame:
                self.n_frames = position
            elif self._second:
                self.n_frames = self._second.position

    def _decoded(self, start: int, stop: int | None) -> Iterator[Float32Array]:
        position, first = start, self._decoder
        if start and isinstance(first, SndfileDecoder) and first.is_flac and not self._is_searched:
            self._is_searched = True
            self._follow(first, second_flac(self._file, first.n_frames))
        with contextlib.suppress(DecodingError):  # opened again, it was another file
            for block in first.frames(start, stop):
                position += len(block)
                yield block
        if (stop is not None and position >= stop) or not isinstance(first, SndfileDecoder):
            return
        if self._file.error or not (self._next or self._may_go_on(first)):
            return
        if self._following(first) is not None:
            yield from self._decoded_behind(position, stop)
            return
        self._second = self._second or self._open_ffmpeg(self.sample_rate)
        if self._second is None or self._second.n_channels != self.n_channels:
            return
        second = self._second
        with contextlib.suppress(DecodingError):
            # A decoder that is asked past a clean end may still find its encoder's padding.
            padded = first.n_frames + round(_PADDING_SECONDS * self.sample_rate)
            is_whole = first.first_fault is None and first.position >= first.n_frames
            if is_whole and position < padded:
                block = np.concatenate([*second.frames(position, padded + 1), self._nothing])
                if len(block) <= padded - position:
                    return
                yield block if stop is None else block[: stop - position]
                position += len(block)
            if stop is None or position < stop:
                yield from second.frames(position, stop)

    @property
    def _nothing(self) -> Float32Array:
        return np.zeros((0, self.n_channels), np.float32)

    def _following(self, first: SndfileDecoder) -> AudioSource | None:
        # A FLAC that begins where this one ends. FFmpeg would lose the first block of a short one.
        if self._next is None and first.is_flac:
            for _ in first.frames(first.n_frames - 1, None):  # to its end, if it is not yet there
                pass
            self._follow(first, next_flac(self._file, self._file.n_bytes - first.n_bytes_left))
        return self._next

    def _follow(self, first: SndfileDecoder, at: int | None) -> None:
        if at is not None and self._n_before < _MOST_FLACS:
            with contextlib.suppress(AudioError, DecodingError):
                file = ByteView(self._file, start=at).opened()
                self._next = AudioSource(file, self.name, self._n_before + 1)
                first.end_at(at)

    def _decoded_behind(self, position: int, stop: int | None) -> Iterator[Float32Array]:
        n_first = self._decoder.n_frames
        for block in self._decoder.frames(position, stop):  # what the next one's bytes had hidden
            position += len(block)
            yield block
        if self._next and self._next.form == self.form and (stop is None or stop > n_first):
            yield from self._next.frames(
                position - n_first, None if stop is None else stop - n_first
            )

    @property
    def form(self) -> tuple[int, int]:
        """The sample rate in Hz and the number of channels."""
        return self.sample_rate, self.n_channels

    def _may_go_on(self, first: SndfileDecoder) -> bool:
        # Whether there may be more than libsndfile heard.
        return first.is_stream and (
            first.first_fault is not None
            or first.position < first.n_frames
            or first.n_bytes_left > TAG_BYTES
            or begins_anew(self._file, self._file.n_bytes - first.n_bytes_left)
        )

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences on what the file holds that could not be heard."""
        reading = Reading(
            *(self._file, self._sound, self._decoder, self._second),
            *(self._n_heard, self._at_end),
        )
        following = self._next
        if following is None:
            return tuple(losses(reading))
        if following.form != self.form:
            return (*losses(reading), changed_sentence(self._decoder.n_frames / self.sample_rate))
        return (*losses(reading), *following.warnings)

    def blocks(
        self,
        channel: Channel = 0,
        start_frame: int = 0,
        stop_frame: int | None = None,
        watch: Callable[[Float32Array, Float32Array], None] | None = None,
    ) -> Iterator[Float32Array]:
        """Read one channel block by block.

        Args:
            channel: its number from 0, or "mean" for the mean of all
            start_frame: the first sample
            stop_frame: the sample after the last, by default the file's last
            watch: is shown every block before it is given, of all channels [n, channel] and of
                this one [n]

        Yields:
            Blocks of samples, [n] float32, finite, perhaps beyond -1..1 in float files.

        Raises:
            AudioError: no such channel, a sample is no number, the samples are on a scale far
                beyond -1..1, or as for `frames`.
        """
        if channel != "mean" and not 0 <= channel < self.n_channels:
            there = "1 channel" if self.n_channels == 1 else f"{self.n_channels} channels"
            raise AudioError(
                f"“{self.shown}” has {there}, counted from 0; there is no channel {channel}."
            )
        position = start_frame
        for frames in self.frames(start_frame, stop_frame):
            block = frames.mean(axis=1) if channel == "mean" else frames[:, channel].copy()
            wrong = ~np.isfinite(block)
            if wrong.any():
                at = (position + int(wrong.argmax())) / self.sample_rate
                raise AudioError(
                    f"“{self.shown}” holds samples that are not numbers (NaN or infinity), "
                    f"the first at {at:.3f} s; export it again from its source."
                )
            self._check_scale(block)
            if watch is not None:
                watch(frames, block)
            yield block
            position += frames.shape[0]

    def _check_scale(self, block: Float32Array) -> None:
        # Clipped to -1..1 such samples are a square wave, and a verdict on it would say nothing of
        # the recording. They are not divided either: by how much is not known (16 or 24 bits?).
        if self.subtype.startswith("PCM_"):
            return
        peak = float(max(block.max(), -block.min()))
        if peak < 2.0:
            return
        n_beyond = np.count_nonzero(np.abs(block) > 1.0)
        if not np.any(block % 1.0) or (peak > _FAR_BEYOND and n_beyond > block.size / 2):
            raise AudioError(
                f"“{self.shown}” reaches {peak:,.0f} times full scale, which is 1 in a "
                "floating-point file: its samples are on the scale of integers. Divide them by "
                "the full scale of these (32,768 for 16 bits), or save them as an integer file."
            )

    def _check_file(self, position: int) -> None:
        if (error := self._file.error) is None:
            return
        at = position / getattr(self, "sample_rate", 1)
        reason = (error.strerror or type(error).__name__).lower()
        raise AudioError(f"“{self.shown}” is unreadable from {at:.1f} s on ({reason}).") from error

    def __exit__(self, *problem: object) -> None:
        """Close the file."""
        self.close()
