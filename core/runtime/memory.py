"""Freed memory is handed back to the system, where the C library would keep it for later."""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import sys
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from numpy.typing import NDArray


def trim() -> None:
    """Hand back to the system what this process has freed; takes about a millisecond.

    glibc keeps freed blocks that lie between blocks in use. A network's large tensors come and go
    between the small results that stay, so an hour's scoring grew by half a GiB of such blocks.
    Other C libraries are left alone.
    """
    _malloc_trim()(0)


def release(array: NDArray[Any]) -> None:
    """Hand back the memory in which the system holds what was looked at of a memory-mapped file.

    Nothing is lost: changes are in the file. Other arrays are left alone, as are all arrays where
    the system has no such call (Windows).

    Args:
        array: perhaps a memory map
    """
    mapped = getattr(array, "_mmap", None)
    if isinstance(mapped, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        mapped.madvise(mmap.MADV_DONTNEED)


@lru_cache(maxsize=1)
def _malloc_trim() -> Callable[[int], object]:
    # Without glibc (musl, macOS, Windows) nothing is done.
    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError, AttributeError):
            return ctypes.CDLL("libc.so.6").malloc_trim
    return lambda _: None
