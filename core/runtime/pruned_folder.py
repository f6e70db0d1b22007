"""A folder of files that can be made again: those used longest ago go when it is full."""

from __future__ import annotations

import contextlib
import math
import os
from pathlib import Path


def mark_used(path: Path) -> bool:
    """Keep a file from being deleted soon, as it is in use.

    Args:
        path: a file of such a folder

    Returns:
        Whether the file is there.
    """
    try:
        os.utime(path)
    except OSError:
        return False
    return True


def prune(
    folder: Path, pattern: str = "*", *, most_bytes: float = math.inf, most_files: float = math.inf
) -> None:
    """Delete the files used longest ago until a folder is within its limits.

    Args:
        folder: need not be there
        pattern: which files count, as `Path.glob` takes it
        most_bytes: limit of all their sizes together
        most_files: limit of their number
    """
    files = []
    for path in folder.glob(pattern):
        # Another process may delete at the same time.
        with contextlib.suppress(OSError):
            files.append((path.stat().st_mtime, path.stat().st_size, path))
    n_bytes, n_files = sum(size for _, size, _ in files), len(files)
    for _, size, path in sorted(files):
        if n_bytes <= most_bytes and n_files <= most_files:
            return
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
        n_bytes, n_files = n_bytes - size, n_files - 1
