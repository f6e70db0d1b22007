"""Reports that were written, under HEARMAP_HOME/cache/reports; the newest few stay."""

from __future__ import annotations

from pathlib import Path

from core.errors import StoreError
from core.runtime.atomic_write import atomic_write
from core.runtime.paths import home
from core.runtime.pruned_folder import mark_used, prune

MOST_FILES = 40


def save(key: str, suffix: str, content: bytes) -> None:
    """Save a file of a report; of more than 40 files the oldest are deleted.

    Args:
        key: as `core.storage.explanations.explanation_key` gives it
        suffix: the kind of file, ".html" or ".zip"
        content: what is in it

    Raises:
        StoreError: the disk refused.
    """
    path = _path(key, suffix)
    with atomic_write(path) as temporary:
        temporary.write_bytes(content)
    prune(path.parent, most_files=MOST_FILES)


def exists(key: str) -> bool:
    """Look whether a report is there, in both its forms; this keeps it from being deleted soon.

    Args:
        key: that of the report

    Returns:
        Whether it can be read.
    """
    return all(mark_used(_path(key, suffix)) for suffix in (".html", ".zip"))


def read(key: str, suffix: str) -> bytes:
    """Read a file of a report.

    Args:
        key: that of the report
        suffix: the kind of file, ".html" or ".zip"

    Returns:
        What is in it.

    Raises:
        StoreError: it was deleted.
    """
    try:
        return _path(key, suffix).read_bytes()
    except OSError:
        raise StoreError("This report was deleted; make it again.") from None


def _path(key: str, suffix: str) -> Path:
    if not key.isalnum():
        raise StoreError("There is no such report.")
    return home() / "cache" / "reports" / f"{key}{suffix}"
