"""Files that are there whole or not at all: written beside their place, synced, renamed."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from core.errors import HearMapError, StoreError

TEMPORARY_SUFFIX = ".part"

_REASONS = {
    errno.ENOSPC: "the disk is full; free some space and try again",
    errno.EDQUOT: "the disk quota is used up; free some space and try again",
    errno.EACCES: "access is denied; check who owns the folder",
    errno.EPERM: "the system does not permit it; check who owns the folder",
    errno.EROFS: "the disk is read-only; choose another folder",
    errno.EFBIG: "the file would be larger than this disk allows",
    errno.ENAMETOOLONG: "the name is too long; choose a shorter one",
    errno.ELOOP: "its links lead round in a circle",
    errno.EISDIR: "it is a folder",
    errno.ENOTDIR: "part of its path is a file, not a folder",
    errno.ENOENT: "it is not there",
    errno.EIO: "the disk reports an error; check it, or choose another",
}


def error_reason(error: OSError) -> str:
    """Put into words why the system refused.

    Args:
        error: what the system raised

    Returns:
        The end of a sentence for people, without a full stop.
    """
    return _REASONS.get(error.errno or 0) or error.strerror or type(error).__name__


@contextlib.contextmanager
def os_errors_as(kind: type[HearMapError], sentence: str) -> Iterator[None]:
    """Say in a sentence what the system refused in a block.

    Args:
        kind: the error to raise
        sentence: what could not be done, without a full stop; the reason follows it

    Yields:
        Nothing.

    Raises:
        HearMapError: of that kind, instead of an OSError.
    """
    try:
        yield
    except OSError as error:
        raise kind(f"{sentence}: {error_reason(error)}.") from error


def temporary_beside(path: Path) -> Path:
    """Name a temporary file or folder in the same folder, so that renaming it is atomic.

    Args:
        path: what it will be renamed to

    Returns:
        An unused hidden path. It starts with the first letters of `path`'s name only: names may
        be as long as the disk allows.
    """
    return path.with_name(f".{path.name[:40]}.{secrets.token_hex(4)}{TEMPORARY_SUFFIX}")


def sync_file(path: Path) -> None:
    """Wait until a file's bytes are on the disk.

    Args:
        path: the file
    """
    # Windows flushes only handles opened for writing.
    with path.open("r+b") as stream:
        os.fsync(stream.fileno())


def sync_folder(folder: Path) -> None:
    """Wait until a folder's names are on the disk, where the system can promise it.

    Args:
        folder: the folder
    """
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Write a file whole or not at all.

    An error inside the block, a full disk for one, leaves neither the temporary file nor a change
    at `path`.

    Args:
        path: where the file shall be; its folder is made if need be

    Yields:
        A temporary path to write to; at the end of the block it becomes `path`.

    Raises:
        StoreError: the system refused; the sentence names the file and says why.
    """
    temporary = temporary_beside(path)
    try:
        with os_errors_as(StoreError, f"“{path.name}” could not be saved in {path.parent}"):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield temporary
            sync_file(temporary)
            os.replace(temporary, path)
            sync_folder(path.parent)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_file(path: Path, content: bytes) -> None:
    """Write a file whole or not at all.

    Args:
        path: where the file shall be; its folder is made if need be
        content: what is in it

    Raises:
        StoreError: the system refused; the sentence names the file and says why.
    """
    with atomic_write(path) as temporary:
        temporary.write_bytes(content)
