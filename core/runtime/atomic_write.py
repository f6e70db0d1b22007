"""Files that are there whole or not at all: written beside their place, synced, renamed."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from core.errors import StoreError

TEMPORARY_SUFFIX = ".part"

_REASONS = {
    errno.ENOSPC: "the disk is full; free some space and try again",
    errno.EDQUOT: "the disk quota is used up; free some space and try again",
    errno.EACCES: "access is denied; check who owns the folder",
    errno.EPERM: "the system does not permit it; check who owns the folder",
    errno.EROFS: "the disk is read-only; choose another folder",
    errno.EFBIG: "the file would be larger than this disk allows",
    errno.ENAMETOOLONG: "the name is too long; choose a shorter one",
    errno.ENOTDIR: "part of its path is a file, not a folder",
    errno.ENOENT: "it is not there",
    errno.EIO: "the disk reports an error; check it, or choose another",
}


def reason(error: OSError) -> str:
    """Why the system refused, in words for people, without a full stop."""
    if error.errno in _REASONS:
        return _REASONS[error.errno]
    return error.strerror or type(error).__name__


def temporary_beside(path: Path) -> Path:
    """An unused hidden name in the same folder, hence on the same disk, so that rename is atomic.

    It starts with the first letters of `path`'s name only: names may be as long as the disk allows.
    """
    return path.with_name(f".{path.name[:40]}.{secrets.token_hex(4)}{TEMPORARY_SUFFIX}")


def sync_file(path: Path) -> None:
    """The file's bytes are on the disk when this returns."""
    # Windows flushes only handles opened for writing.
    with path.open("r+b") as stream:
        os.fsync(stream.fileno())


def sync_folder(folder: Path) -> None:
    """The folder's names are on the disk when this returns (where the system can promise it)."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Gives a temporary path to write; at the end of the block it becomes `path`, whole.

    An error inside the block, a full disk for one, leaves neither the temporary file nor a change
    at `path`.

    Raises:
        StoreError: the system refused; the sentence names the file and says why.
    """
    temporary = temporary_beside(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        sync_file(temporary)
        os.replace(temporary, path)
        sync_folder(path.parent)
    except OSError as error:
        raise StoreError(
            f"“{path.name}” could not be kept in {path.parent}: {reason(error)}."
        ) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
