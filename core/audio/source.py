"""An open recording, read block by block: one channel of it, checked, never the whole file."""

from __future__ import annotations

import contextlib
import re
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
import soundfile as sf

from core.errors import AudioError
from core.runtime.atomic_write import os_errors_as
from core.types import Float32Array

Channel = int | Literal["mean"]

BLOCK_SAMPLES = 2**18  # of all channels together: 1 MiB of float32
LOWEST_RATE_HZ = 500
HIGHEST_RATE_HZ = 3_000_000
LONGEST_SHOWN_NAME = 120

# A container cut short, in libsndfile's own log: "data : 64000 (should be 42652)".
_CUT_SHORT = re.compile(r"(?:data|SSND|Data Size)\s*: (\d+) \(should be (\d+)\)")
_UNKNOWN_SIZE = 0x7FFF_0000  # streamed WAVs declare about this much, or twice it
_FAR_BEYOND = 100.0  # times full scale, 40 dB: no gain does that, but a wrong scale does
_SHORTFALL_SECONDS = 0.1  # a compressed file may miss its encoder's padding


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
        for c in name
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


class WatchedFile:
    """A file whose system errors are kept, because decoders written in C lose them.

    After an error it reads as ended.

    Args:
        file: open for reading, seekable

    Attributes:
        error: the first error of the system, None so far
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.error: OSError | None = None

    def read(self, n_bytes: int = -1) -> bytes:
        """Read.

        Args:
            n_bytes: at most so many; by default all

        Returns:
            The bytes, none after an error.
        """
        try:
            return b"" if self.error else self._file.read(n_bytes)
        except OSError as error:
            self.error = error
            return b""

    def seek(self, offset: int, whence: int = 0) -> int:
        """Change the position.

        Args:
            offset: in bytes
            whence: 0, 1, 2 as in `io`

        Returns:
            The new position.
        """
        try:
            return self._file.seek(offset, whence)
        except OSError as error:
            self.error = self.error or error
            return 0

    def tell(self) -> int:
        """Tell the position.

        Returns:
            It, in bytes.
        """
        try:
            return self._file.tell()
        except OSError as error:
            self.error = self.error or error
            return 0


class AudioSource(AbstractContextManager["AudioSource"]):
    """A recording open for reading; a context manager.

    Args:
        path: the file
        name: what it is called, by default as the file

    Attributes:
        name: what it is called
        shown: what sentences call it
        sample_rate: in Hz
        n_channels: its channels
        n_frames: the samples of a channel that the header declares
        subtype: libsndfile's name of how samples are stored
        warnings: sentences, without the file's name, on what it holds that could not be heard;
            complete after it has been read to its end

    Raises:
        AudioError: it is missing, empty, no recording or of a kind libsndfile cannot read.
    """

    def __init__(self, path: Path | BinaryIO, name: str | None = None) -> None:
        self.name = name or (path.name if isinstance(path, Path) else "recording")
        self.shown = shown_name(self.name)
        with contextlib.ExitStack() as stack:
            # Opened here, not by libsndfile: errors of the file system then say what they are,
            # and no name can be taken for a raw format.
            file = stack.enter_context(self._opened(path)) if isinstance(path, Path) else path
            self._file = WatchedFile(file)
            self._sound = stack.enter_context(self._decoder())
            self._take_header()
            self.close = stack.pop_all().close

    def _opened(self, path: Path) -> BinaryIO:
        with os_errors_as(AudioError, f"“{self.shown}” cannot be opened"):
            if path.is_dir():
                raise AudioError(f"“{self.shown}” is a folder, not a recording.")
            if not path.exists():
                raise AudioError(f"“{self.shown}” is not there; check its name and folder.")
            return path.open("rb")

    def _decoder(self) -> sf.SoundFile:
        if self._file.seek(0, 2) == 0 and self._file.error is None:
            raise AudioError(f"“{self.shown}” is empty (0 bytes).")
        self._file.seek(0)
        self._check_file(0)
        try:
            sound = sf.SoundFile(self._file)
            self._check_file(0)
            return sound
        except (sf.LibsndfileError, TypeError) as error:  # TypeError: headerless .raw
            self._check_file(0)
            reason = getattr(error, "error_string", "no header").rstrip(".")
            raise AudioError(
                f"“{self.shown}” cannot be read as audio ({reason}). "
                "WAV, FLAC, OGG, MP3 and AIFF can be read; convert it to one of them."
            ) from error

    def _take_header(self) -> None:
        self.sample_rate = int(self._sound.samplerate)
        self.n_channels = int(self._sound.channels)
        self.n_frames = int(self._sound.frames)
        self.subtype = str(self._sound.subtype)
        self._cut_short = any(
            int(actual) < int(declared) < _UNKNOWN_SIZE
            for declared, actual in _CUT_SHORT.findall(self._sound.extra_info)
        )
        self._n_heard = 0
        if not LOWEST_RATE_HZ <= self.sample_rate <= HIGHEST_RATE_HZ:
            raise AudioError(
                f"“{self.shown}” says its sample rate is {self.sample_rate:,} Hz; "
                f"it must be {LOWEST_RATE_HZ:,} to {HIGHEST_RATE_HZ:,} Hz."
            )

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences on what the file holds that could not be heard."""
        if not self._cut_short:
            return ()
        heard, declared = (n / self.sample_rate for n in (self._n_heard, self.n_frames))
        of = f" of {declared:.2f} s" if declared - heard > 0.005 else ""
        return (f"The file is cut short; {heard:.2f} s{of} could be read.",)

    def frames(self, start_frame: int = 0, stop_frame: int | None = None) -> Iterator[Float32Array]:
        """Read all channels block by block.

        Args:
            start_frame: the first sample
            stop_frame: the sample after the last, by default the file's last

        Yields:
            Blocks of samples, [n, channel] float32, at most `BLOCK_SAMPLES` values each, as the
            file holds them: a float file's may lie beyond -1..1 or be no numbers.

        Raises:
            AudioError: the file is damaged where it begins, or the system cannot read it.
        """
        try:
            position = self._sound.seek(start_frame)
        except (sf.LibsndfileError, RuntimeError) as error:
            raise self._damaged(start_frame) from error
        finally:
            self._check_file(start_frame)
        n_block = max(1, BLOCK_SAMPLES // self.n_channels)
        while stop_frame is None or position < stop_frame:
            n_wanted = n_block if stop_frame is None else min(n_block, stop_frame - position)
            try:
                frames = self._sound.read(n_wanted, dtype="float32", always_2d=True)
            except sf.LibsndfileError as error:
                self._check_file(position)
                if position == start_frame:
                    raise self._damaged(position) from error
                self._cut_short = True
                return
            if self._file.error is not None:
                if frames.shape[0]:
                    yield frames
                self._check_file(position + frames.shape[0])
            if frames.shape[0] == 0:
                missing = self.n_frames - position
                self._cut_short |= missing > _SHORTFALL_SECONDS * self.sample_rate
                return
            position += frames.shape[0]
            self._n_heard = max(self._n_heard, position)
            yield frames

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
        if self.subtype not in ("FLOAT", "DOUBLE"):
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

    def _damaged(self, position: int) -> AudioError:
        at = position / self.sample_rate
        return AudioError(f"“{self.shown}” is damaged: it cannot be read from {at:.3f} s on.")

    def __exit__(self, *problem: object) -> None:
        """Close the file."""
        self.close()
