"""Recordings kept by their content: one file and one record for the same bytes, any name.

A file is clips/<sha256 of its bytes><suffix>, so no name a user gives ever becomes a path.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import hashlib
import io
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core.errors import SettingError, StoreError
from core.runtime.atomic_write import error_reason, sync_file, sync_folder, temporary_beside
from core.runtime.paths import clips_dir, maps_dir
from core.storage import explanations
from core.storage.database import reading, writing
from core.storage.tables import ClipRow, ScoreRow, as_json, as_text, now

if TYPE_CHECKING:
    from core.audio import ClipInfo

ROLES = ("unknown", "normal", "unlike")
_BLOCK_BYTES = 1 << 20
_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")


@dataclasses.dataclass(frozen=True)
class StoredRecording:
    """A kept recording; `info.problem` is a sentence where it cannot be used."""

    id: str
    name: str
    role: str
    size_bytes: int
    info: ClipInfo
    created_at: datetime.datetime
    suffix: str

    @property
    def path(self) -> Path:
        """Where its file lies, or should."""
        return clips_dir() / f"{self.id}{self.suffix}"


def add_recording(name: str, data: bytes | BinaryIO, *, role: str = "unknown") -> StoredRecording:
    """The recording is kept, usable or not; the same bytes a second time give the first record.

    A stream is copied block by block, so that a long file needs no memory.

    Raises:
        StoreError: the disk or the database refused; nothing is left of the recording.
    """
    from core.audio import inspect

    _check_role(role)
    name = as_text(name.strip()) or "recording"
    folder = clips_dir()
    temporary = temporary_beside(folder / "upload")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        clip_id, size_bytes = _copied(data, temporary)
        kept = _found(clip_id)
        if kept is not None and kept.path.is_file():
            return kept
        row = ClipRow(
            id=clip_id,
            name=name,
            suffix=kept.suffix if kept else _suffix(name),
            role=role,
            size_bytes=size_bytes,
            info=as_json(dataclasses.asdict(inspect(temporary, name=name))),
            created_at=now(),
        )
        record = kept or _record(row)
        os.replace(temporary, record.path)
        sync_folder(folder)
    except OSError as error:
        raise StoreError(
            f"“{name}” could not be kept in {folder}: {error_reason(error)}."
        ) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
    if kept is not None:
        return kept
    try:
        with writing() as session:
            session.add(row)
    except IntegrityError:
        # Another session added the same bytes in the meantime.
        return get_recording(clip_id)
    except StoreError:
        with contextlib.suppress(OSError):
            record.path.unlink(missing_ok=True)
        raise
    return record


def get_recording(clip_id: str) -> StoredRecording:
    """The record of a recording.

    Raises:
        StoreError: there is none of this id.
    """
    record = _found(clip_id)
    if record is None:
        raise StoreError("This recording is no longer here; it was removed. Upload it again.")
    return record


def recording_path(clip_id: str) -> Path:
    """The recording's file.

    Raises:
        StoreError: there is no such recording, or its file is gone from the disk.
    """
    record = get_recording(clip_id)
    if not record.path.is_file():
        raise StoreError(
            f"The file of “{record.name}” is gone from {clips_dir()}; upload it again."
        )
    return record.path


def list_recordings(role: str | None = None) -> list[StoredRecording]:
    """All recordings, or those of one role, newest first."""
    query = select(ClipRow).order_by(ClipRow.created_at.desc(), ClipRow.id)
    if role is not None:
        query = query.where(ClipRow.role == role)
    with reading() as session:
        return [_record(row) for row in session.scalars(query)]


def set_role(clip_id: str, role: str) -> StoredRecording:
    """The recording counts as normal, as unlike the normal ones, or as unknown.

    Raises:
        StoreError: there is no such recording.
    """
    _check_role(role)
    get_recording(clip_id)
    with writing() as session:
        row = session.get(ClipRow, clip_id)
        if row is not None:
            row.role = role
    return get_recording(clip_id)


def delete_recording(clip_id: str) -> None:
    """The recording, its file, its scores and their maps are gone; fitted models stay.

    Raises:
        StoreError: there is no such recording, or it cannot be removed.
    """
    record = get_recording(clip_id)
    with writing() as session:
        maps = session.scalars(
            select(ScoreRow.map_file).where(
                ScoreRow.clip_id == clip_id, ScoreRow.map_file.is_not(None)
            )
        ).all()
        row = session.get(ClipRow, clip_id)
        if row is not None:
            session.delete(row)
    for path in [record.path, *(maps_dir() / str(name) for name in maps)]:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
    explanations.delete(clip_id)


def _found(clip_id: str) -> StoredRecording | None:
    with reading() as session:
        row = session.get(ClipRow, clip_id)
        return None if row is None else _record(row)


def _copied(data: bytes | BinaryIO, target: Path) -> tuple[str, int]:
    """The sha256 and size of what was written to `target`."""
    stream = io.BytesIO(data) if isinstance(data, bytes) else data
    digest, size_bytes = hashlib.sha256(), 0
    with target.open("xb") as out:
        while block := stream.read(_BLOCK_BYTES):
            digest.update(block)
            size_bytes += len(block)
            out.write(block)
    sync_file(target)
    return digest.hexdigest(), size_bytes


def _record(row: ClipRow) -> StoredRecording:
    return StoredRecording(
        row.id, row.name, row.role, row.size_bytes, _info(row.info), row.created_at, row.suffix
    )


def _info(kept: dict[str, Any]) -> ClipInfo:
    from core.audio import ClipInfo

    values: dict[str, Any] = {}
    for field in dataclasses.fields(ClipInfo):
        if field.name in kept:
            value = kept[field.name]
            # `as_json` wrote infinities as text.
            if field.type in ("float", float) and value is not None:
                value = float(value)
            values[field.name] = tuple(value) if isinstance(value, list) else value
    return ClipInfo(**values)


def _suffix(name: str) -> str:
    suffix = Path(name).suffix.lower()
    return suffix if _SUFFIX.fullmatch(suffix) else ".bin"


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise SettingError(f"“{role}” is no role of a recording; it is one of {', '.join(ROLES)}.")
