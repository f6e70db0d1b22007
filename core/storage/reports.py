"""Reports that were written, under HEARMAP_HOME/cache/reports; the newest few are kept."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from core.errors import StoreError
from core.runtime.atomic_write import atomic_write
from core.runtime.paths import home

MOST_KEPT = 40


def keep(key: str, suffix: str, content: bytes) -> None:
    """The report's file of this kind (".html", ".zip") is kept.

    Raises:
        StoreError: the disk refused.
    """
    path = _path(key, suffix)
    with atomic_write(path) as temporary:
        temporary.write_bytes(content)
    entries = []
    for kept in path.parent.iterdir():
        with contextlib.suppress(OSError):
            entries.append((kept.stat().st_mtime, kept))
    for _, old in sorted(entries, reverse=True)[MOST_KEPT:]:
        old.unlink(missing_ok=True)


def is_kept(key: str) -> bool:
    """Whether the report is there, in both its forms; asking keeps it from being thrown out."""
    try:
        for suffix in (".html", ".zip"):
            os.utime(_path(key, suffix))
    except OSError:
        return False
    return True


def read(key: str, suffix: str) -> bytes:
    """The report's file.

    Raises:
        StoreError: it is not kept any more.
    """
    try:
        return _path(key, suffix).read_bytes()
    except OSError:
        raise StoreError("This report is no longer kept; make it again.") from None


def _path(key: str, suffix: str) -> Path:
    if not key.isalnum():
        raise StoreError("There is no such report.")
    return home() / "cache" / "reports" / f"{key}{suffix}"
