"""A file as decoders read it: errors of the system are kept, and each decoder has a position."""

from __future__ import annotations

import io
from typing import BinaryIO

_SMALLEST_BYTES = 512  # a sector
_BUFFER_BYTES = 2**16  # libsndfile asks for 8 KiB at a time


class WatchedFile:
    """A file whose system errors are kept, because decoders written in C lose Python's exceptions.

    From the first byte that the system cannot read on, it reads as ended.

    Args:
        file: open for reading, seekable

    Attributes:
        n_bytes: its length
        error: the first error of the system, None so far
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.n_bytes = 0
        self.error: OSError | None = None
        try:
            self.n_bytes = file.seek(0, 2)
        except OSError as error:
            self.error = error
        self._n_readable = self.n_bytes

    def read_at(self, offset: int, n_bytes: int) -> bytes:
        """Read a stretch.

        Args:
            offset: where it begins, in bytes
            n_bytes: its length

        Returns:
            The bytes, fewer at the end of the file or before what cannot be read.
        """
        n_bytes = min(n_bytes, self._n_readable - offset)
        if n_bytes <= 0:
            return b""
        try:
            self._file.seek(offset)
            return self._file.read(n_bytes)
        except OSError as error:
            if n_bytes > _SMALLEST_BYTES:
                half = n_bytes // 2
                return self.read_at(offset, half) + self.read_at(offset + half, n_bytes - half)
            self.error = self.error or error
            self._n_readable = min(self._n_readable, offset)
            return b""


class ByteView(io.RawIOBase):
    """A stretch of a file behind a head of its own, with its own position.

    Args:
        file: the file
        head: bytes that come first
        start: where in the file the rest begins
        stop: where it ends, by default with the file

    Attributes:
        n_bytes: the length of head and stretch
    """

    def __init__(
        self, file: WatchedFile, head: bytes = b"", start: int = 0, stop: int | None = None
    ) -> None:
        super().__init__()
        self._file = file
        self._head = head
        self._start = start
        self._stop = file.n_bytes if stop is None else stop
        self.n_bytes = len(head) + self._stop - start
        self._position = 0

    def opened(self) -> io.BufferedReader:
        """Open it for a decoder.

        Returns:
            A reader at its beginning, which shares nothing with others but the file.
        """
        view = ByteView(self._file, self._head, self._start, self._stop)
        return io.BufferedReader(view, _BUFFER_BYTES)

    def until(self, n_bytes: int) -> ByteView:
        """Leave out its end.

        Args:
            n_bytes: how long it shall be

        Returns:
            The shorter view.
        """
        return ByteView(self._file, self._head, self._start, self._stop - self.n_bytes + n_bytes)

    def readable(self) -> bool:
        """Say that it can be read.

        Returns:
            True.
        """
        return True

    def seekable(self) -> bool:
        """Say that its position can be changed.

        Returns:
            True.
        """
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Read on into a buffer.

        Args:
            buffer: as long as is wanted

        Returns:
            The bytes read, fewer at the end of the head, 0 at the end.
        """
        at = self._position
        n_wanted = min(len(buffer), self.n_bytes - at)
        if n_wanted <= 0:
            return 0
        if at < len(self._head):
            data = self._head[at : at + n_wanted]
        else:
            data = self._file.read_at(at - len(self._head) + self._start, n_wanted)
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Change the position.

        Args:
            offset: in bytes
            whence: 0, 1 or 2, as in `io`

        Returns:
            The new position.
        """
        self._position = max(0, offset + (0, self._position, self.n_bytes)[whence])
        return self._position
