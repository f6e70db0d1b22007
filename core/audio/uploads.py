"""Uploads, one at a time: a recording as it is, a ZIP as its audio members, safely.

Nothing is written to disk and nothing raises: a member that is refused comes as an Upload with
the reason, and the others go on.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from core.audio.finding import AUDIO_EXTENSIONS
from core.audio.source import plain_name, shown_name

MOST_MEMBERS = 5_000
MOST_MEMBER_BYTES = 2**30
MOST_TOTAL_BYTES = 8 * 2**30
HIGHEST_RATIO = 200
RATIO_MATTERS_BYTES = 10_000_000

_CHUNK_BYTES = 2**20
_ZIP_START = b"PK\x03\x04"
_ENCRYPTED = 0x1
_NAME_IS_UTF8 = 0x800
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError),
    *(RuntimeError, NotImplementedError, IndexError),
)


@dataclass(frozen=True)
class Upload:
    """One recording, or the sentence why there is none.

    Attributes:
        name: the recording's, folders kept: "rain/a.wav"
        data: the file's bytes, None where there is a problem
        problem: the sentence
    """

    name: str
    data: bytes | None = field(repr=False)
    problem: str | None = None


class _RefusedError(Exception):
    """Why a member is not unpacked, as the rest of the sentence that begins with its name."""


def expand(name: str, data: BinaryIO | bytes) -> Iterator[Upload]:
    """Expand an upload into recordings: itself, or the audio members of a ZIP in their order.

    Folders, hidden files and files that are no audio are passed over in silence.

    Args:
        name: the upload's
        data: its bytes

    Yields:
        Each recording, or the reason why it is refused.
    """
    file = io.BytesIO(data) if isinstance(data, bytes) else data
    name = plain_name(name) or "recording"
    start = file.read(len(_ZIP_START))
    file.seek(0)
    if start != _ZIP_START and not name.lower().endswith(".zip"):
        yield Upload(name, file.read())
    elif not start:
        yield Upload(name, None, f"“{shown_name(name)}” is empty (0 bytes).")
    else:
        yield from _expand_zip(name, file)


def _expand_zip(name: str, file: BinaryIO) -> Iterator[Upload]:
    shown = shown_name(name)
    try:
        archive = zipfile.ZipFile(file)
    except _DAMAGE:
        yield Upload(name, None, f"“{shown}” is damaged or no ZIP; make it again.")
        return
    with archive:
        members = archive.infolist()
        if len(members) > MOST_MEMBERS:
            problem = f"holds {len(members):,} files, more than {MOST_MEMBERS:,}; split it."
            yield Upload(name, None, f"“{shown}” {problem}")
            return
        n_found = n_bytes = 0
        for member in members:
            member_name = _member_name(member)
            if _passed_over(member, member_name):
                continue
            n_found += 1
            try:
                _check(member, member_name)
                unpacked = _unpacked(archive, member, MOST_TOTAL_BYTES - n_bytes)
            except _RefusedError as refused:
                problem = f"“{shown_name(member_name)}” in “{shown}” {refused}"
                yield Upload(member_name, None, problem)
                continue
            n_bytes += len(unpacked)
            yield Upload(member_name, unpacked)
        if not n_found:
            yield Upload(name, None, f"“{shown}” holds no audio files.")


def _member_name(member: zipfile.ZipInfo) -> str:
    # The member's path with forward slashes, decoded as its maker most likely meant it.
    name = member.filename
    if not member.flag_bits & _NAME_IS_UTF8:
        # macOS and many tools write UTF-8 without saying so; zipfile then reads code page 437.
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            name = member.filename
    name = plain_name(name.replace("\\", "/"))
    parts = [part for part in name.split("/") if part not in ("", ".")]
    return ("/" if name.startswith("/") else "") + "/".join(parts)


def _passed_over(member: zipfile.ZipInfo, name: str) -> bool:
    hidden = any(p == "__MACOSX" or (p.startswith(".") and p != "..") for p in name.split("/"))
    is_wanted = name.lower().endswith((*AUDIO_EXTENSIONS, ".zip"))
    return hidden or not is_wanted or member.is_dir()


def _check(member: zipfile.ZipInfo, name: str) -> None:
    if name.startswith("/") or ".." in name.split("/") or re.match(r"[A-Za-z]:", name):
        raise _RefusedError("points outside the ZIP and is left out.")
    if name.lower().endswith(".zip"):
        raise _RefusedError("is a ZIP inside a ZIP, which is not opened; unpack it first.")
    if member.flag_bits & _ENCRYPTED:
        raise _RefusedError("is encrypted; make the ZIP without a password.")
    _check_size(member, member.file_size)


def _check_size(member: zipfile.ZipInfo, n_bytes: int) -> None:
    if n_bytes > MOST_MEMBER_BYTES:
        raise _RefusedError(f"unpacks to more than {MOST_MEMBER_BYTES / 2**20:,.0f} MiB.")
    if n_bytes > RATIO_MATTERS_BYTES and n_bytes > HIGHEST_RATIO * member.compress_size:
        raise _RefusedError(
            f"unpacks to over {HIGHEST_RATIO} times what it weighs, as no recording does; "
            "it is left out."
        )


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo, n_left: int) -> bytes:
    # The member's bytes, counted as they come: what its header declares may be a lie.
    buffer = io.BytesIO()
    try:
        with archive.open(member) as source:
            while chunk := source.read(_CHUNK_BYTES):
                buffer.write(chunk)
                _check_size(member, buffer.tell())
                if buffer.tell() > n_left:
                    limit = f"{MOST_TOTAL_BYTES / 2**20:,.0f} MiB"
                    raise _RefusedError(f"is left out: the ZIP unpacks to more than {limit}.")
    except _DAMAGE as error:
        raise _RefusedError("is damaged; make the ZIP again.") from error
    if buffer.getbuffer()[:4] == _ZIP_START:
        raise _RefusedError("is a ZIP inside a ZIP, which is not opened; unpack it first.")
    return buffer.getvalue()
