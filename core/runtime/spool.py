"""Rows that come one after the other: in memory while they are few, beyond that on disk."""

from __future__ import annotations

import contextlib
import tempfile
import weakref
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from core.errors import StoreError
from core.runtime.atomic_write import os_errors_as
from core.runtime.paths import scratch_dir

# Of each spool; a map of aiSFX reaches it after 17 minutes.
MOST_IN_MEMORY = 2**24


class Spool:
    """An array that grows along its first axis, and may be larger than memory.

    Beyond 16 MiB its rows lie in a file without a name, which the system deletes with the process
    or with the last array that shows it.
    """

    def __init__(self) -> None:
        self._parts: list[NDArray[Any]] = []
        self._file: IO[bytes] | None = None
        self._n_bytes = 0
        self._n_rows = 0

    @classmethod
    def of(cls, rows: NDArray[Any]) -> Spool:
        """Make a spool of rows that are there.

        Args:
            rows: [row, ...]

        Returns:
            The spool.
        """
        spool = cls()
        spool.append(rows)
        return spool

    def append(self, rows: NDArray[Any]) -> None:
        """Add rows at the end.

        Args:
            rows: [row, ...], all of one type and width

        Raises:
            StoreError: the disk is full, or cannot be written.
        """
        if not self._parts:
            self._kind = np.empty((0, *rows.shape[1:]), rows.dtype)
        self._n_rows += len(rows)
        self._n_bytes += rows.nbytes
        if self._file is None:
            self._parts.append(rows)
            if self._n_bytes <= MOST_IN_MEMORY:
                return
            self._file = _scratch_file()
            weakref.finalize(self, self._file.close)
            waiting, self._parts = self._parts, [self._kind]
        else:
            waiting = [rows]
        with os_errors_as(StoreError, "There is no room on the disk for what a long clip needs"):
            self._file.seek(0, 2)
            for part in waiting:
                self._file.write(np.ascontiguousarray(part).data)
            self._file.flush()

    def __len__(self) -> int:
        """Count the rows.

        Returns:
            Their number.
        """
        return self._n_rows

    def __getitem__(self, rows: slice) -> NDArray[Any]:
        """Read some rows.

        Args:
            rows: which, without a step

        Returns:
            [row, ...], the caller's own where they come from the disk.
        """
        if self._file is None:
            self._parts = [np.concatenate(self._parts)] if len(self._parts) > 1 else self._parts
            return self._parts[0][rows]
        start, stop, _ = rows.indices(self._n_rows)
        row_bytes = self._n_bytes // self._n_rows
        self._file.seek(start * row_bytes)
        read = bytearray(self._file.read(max(0, stop - start) * row_bytes))
        return np.frombuffer(read, self._kind.dtype).reshape(-1, *self._kind.shape[1:])

    def array(self) -> NDArray[Any]:
        """Give all rows as one array, which may be changed.

        Returns:
            [row, ...]; where the rows are on disk a memory map of them, of which memory holds what
            has been looked at until `core.runtime.memory.release` gives it back.
        """
        if self._file is None:
            return self[:]
        shape = (self._n_rows, *self._kind.shape[1:])
        return np.memmap(self._file, self._kind.dtype, "r+", shape=shape)


def _scratch_file() -> IO[bytes]:
    # Under HEARMAP_HOME, which has room for recordings; /tmp is memory on many machines.
    folder: Path | None = None
    with contextlib.suppress(OSError, StoreError):
        scratch_dir().mkdir(parents=True, exist_ok=True)
        folder = scratch_dir()
    with os_errors_as(StoreError, "There is no room on the disk for what a long clip needs"):
        return tempfile.TemporaryFile(dir=folder)
