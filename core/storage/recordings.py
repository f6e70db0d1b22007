"""Recordings by their content: one file and one record for the same bytes, with all their names.

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
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.audio import ClipInfo, inspect
from core.audio.recorded_at import RecordedAt, recorded_at
from core.errors import SettingError, StoreError
from core.runtime.atomic_write import os_errors_as, sync_file, sync_folder, temporary_beside
from core.runtime.paths import clips_dir, maps_dir
from core.storage import explanations
from core.storage.database import reading, writing
from core.storage.tables import ClipRow, ScoreRow, as_json, as_text, from_row, now

ROLES = ("unknown", "normal", "unlike")
_BLOCK_BYTES = 1 << 20
_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")


@dataclasses.dataclass(frozen=True)
class StoredRecording:
    """A recording in the store.

    Attributes:
        id: sha256 of the file's bytes
        name: the file's name as the user knows it
        role: one of `ROLES`
        size_bytes: size of the file
        info: what is known of the sound; `info.problem` is a sentence where it cannot be used
        created_at: when it was added, in UTC
        suffix: of the file in the store
        other_names: names under which the same bytes were added later
        recorded_at: when it began, by its header or its name; None where neither says
    """

    id: str
    name: str
    role: str
    size_bytes: int
    info: ClipInfo
    created_at: datetime.datetime
    suffix: str
    other_names: tuple[str, ...] = ()
    recorded_at: datetime.datetime | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Every name it came under, the first one first."""
        return (self.name, *self.other_names)

    @property
    def path(self) -> Path:
        """Where its file lies, or should."""
        return clips_dir() / f"{self.id}{self.suffix}"


def add_recording(name: str, data: bytes | BinaryIO, *, role: str = "unknown") -> StoredRecording:
    """Save a recording, usable or not; the same bytes a second time only add a name to the record.

    Args:
        name: the file's name as the user knows it
        data: the file; a stream is copied block by block, so that a long one needs no memory
        role: one of `ROLES`

    Returns:
        Its record.

    Raises:
        SettingError: there is no such role.
        StoreError: the disk or the database refused; nothing is left of the recording.
    """
    _check_role(role)
    name = as_text(name.strip()) or "recording"
    suffix = Path(name).suffix.lower()
    temporary = temporary_beside(clips_dir() / "upload")
    try:
        with os_errors_as(StoreError, f"“{name}” could not be saved in {clips_dir()}"):
            clips_dir().mkdir(parents=True, exist_ok=True)
            clip_id, size_bytes = _copied(data, temporary)
            with reading() as session:
                known = session.get(ClipRow, clip_id)
            began = recorded_at(temporary, name)
            row = known or ClipRow(
                id=clip_id,
                name=name,
                suffix=suffix if _SUFFIX.fullmatch(suffix) else ".bin",
                role=role,
                size_bytes=size_bytes,
                info=as_json(dataclasses.asdict(_inspected(temporary, name, began))),
                recorded_at=_as_text(began),
                created_at=now(),
            )
            record = _record(row)
            if known is None or not record.path.is_file():
                os.replace(temporary, record.path)
                sync_folder(clips_dir())
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
    if known is not None:
        return _named(clip_id, name)
    try:
        with writing() as session:
            session.add(row)
    except IntegrityError:
        # Another session added the same bytes in the meantime.
        return _named(clip_id, name)
    except StoreError:
        with contextlib.suppress(OSError):
            record.path.unlink(missing_ok=True)
        raise
    return record


def get_recording(clip_id: str) -> StoredRecording:
    """Find the record of a recording.

    Args:
        clip_id: the recording's id

    Returns:
        The record.

    Raises:
        StoreError: there is none of this id.
    """
    with reading() as session:
        row = _row(session, clip_id)
    return _with_times([row])[0]


def recording_path(clip_id: str) -> Path:
    """Find a recording's file.

    Args:
        clip_id: the recording's id

    Returns:
        A file that is there.

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
    """List all recordings, or those of one role.

    Args:
        role: one of `ROLES`; None for all

    Returns:
        The newest first.
    """
    query = select(ClipRow).order_by(ClipRow.created_at.desc(), ClipRow.id)
    if role is not None:
        query = query.where(ClipRow.role == role)
    with reading() as session:
        rows = session.scalars(query).all()
    return _with_times(rows)


def set_role(clip_id: str, role: str) -> StoredRecording:
    """Update what a recording counts as.

    Args:
        clip_id: the recording's id
        role: one of `ROLES`

    Returns:
        Its record.

    Raises:
        SettingError: there is no such role.
        StoreError: there is no such recording.
    """
    _check_role(role)
    with writing() as session:
        row = _row(session, clip_id)
        row.role = role
    return _record(row)


def delete_recording(clip_id: str) -> None:
    """Delete a recording, its file, its scores and their maps; fitted models stay.

    Args:
        clip_id: the recording's id

    Raises:
        StoreError: there is no such recording, or it cannot be removed.
    """
    with writing() as session:
        row = _row(session, clip_id)
        maps = session.scalars(
            select(ScoreRow.map_file).where(
                ScoreRow.clip_id == clip_id, ScoreRow.map_file.is_not(None)
            )
        ).all()
        session.delete(row)
    for path in [_record(row).path, *(maps_dir() / str(name) for name in maps)]:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
    explanations.delete(clip_id)


def _row(session: Session, clip_id: str) -> ClipRow:
    row = session.get(ClipRow, clip_id)
    if row is None:
        raise StoreError("This recording is no longer here; it was removed. Upload it again.")
    return row


def _named(clip_id: str, name: str) -> StoredRecording:
    # Keep a further name of a recording.
    with writing() as session:
        row = _row(session, clip_id)
        if name not in (row.name, *(row.other_names or ())):
            row.other_names = [*(row.other_names or ()), name]
            # The first name may have said nothing of when it began.
            row.recorded_at = row.recorded_at or _as_text(recorded_at(_record(row).path, name))
    return _record(row)


def as_moment(text: str | None) -> datetime.datetime | None:
    """Read when a recording began from its column.

    Args:
        text: ISO 8601, empty or None

    Returns:
        The moment; None where nobody knows it.
    """
    return datetime.datetime.fromisoformat(text) if text else None


def find_times() -> None:
    """Find out when recordings began for which nobody has looked yet: those of before 0.2.0."""
    query = select(ClipRow).where(ClipRow.recorded_at.is_(None))
    with reading() as session:
        rows = session.scalars(query).all()
    _with_times(rows)


def _with_times(rows: Sequence[ClipRow]) -> list[StoredRecording]:
    found = {
        row.id: _as_text(recorded_at(_record(row).path, row.name))
        for row in rows
        if row.recorded_at is None
    }
    if found:
        # Whoever cannot write now looks again the next time.
        with contextlib.suppress(StoreError), writing() as session:
            for clip_id, moment in found.items():
                statement = update(ClipRow).where(ClipRow.id == clip_id)
                session.execute(statement.values(recorded_at=moment))
    for row in rows:
        row.recorded_at = found.get(row.id, row.recorded_at)
    return [_record(row) for row in rows]


def _inspected(path: Path, name: str, began: RecordedAt | None) -> ClipInfo:
    info = inspect(path, name=name)
    if began is None or not began.warning:
        return info
    return dataclasses.replace(info, warnings=(*info.warnings, began.warning))


def _as_text(began: RecordedAt | None) -> str:
    return "" if began is None else began.moment.isoformat()


def _copied(data: bytes | BinaryIO, target: Path) -> tuple[str, int]:
    # The sha256 and size of what was written to `target`.
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
    return from_row(
        StoredRecording,
        row,
        info=_info(row.info),
        other_names=tuple(row.other_names or ()),
        recorded_at=as_moment(row.recorded_at),
    )


def _info(saved: dict[str, Any]) -> ClipInfo:
    values: dict[str, Any] = {}
    for field in dataclasses.fields(ClipInfo):
        if field.name in saved:
            value = saved[field.name]
            # `as_json` wrote infinities as text.
            if field.type in ("float", float) and value is not None:
                value = float(value)
            values[field.name] = tuple(value) if isinstance(value, list) else value
    return ClipInfo(**values)


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise SettingError(f"“{role}” is no role of a recording; it is one of {', '.join(ROLES)}.")
