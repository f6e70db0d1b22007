"""What people say of stretches of recordings: boxes with names, any number for a recording."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from core.errors import StoreError
from core.exchange import BoxAnnotation
from core.exchange.box_annotation import moment_at
from core.exchange.recording_names import find_by_name
from core.storage.database import reading, writing
from core.storage.recordings import StoredRecording, get_recording, list_recordings
from core.storage.tables import BoxAnnotationRow, as_note, now

_BOX = ("start_s", "end_s", "low_hz", "high_hz", "label", "note")


@dataclasses.dataclass(frozen=True)
class StoredBox:
    """An annotation of a stretch of a recording.

    Attributes:
        id: its number in the store
        clip_id: the recording's id
        annotation: what it says, with the recording's name and time of day
        by: who says it
        created_at: when it was saved, in UTC
    """

    id: int
    clip_id: str
    annotation: BoxAnnotation
    by: str
    created_at: datetime.datetime


@dataclasses.dataclass(frozen=True)
class ImportedBoxes:
    """What became of the annotations of a file.

    Attributes:
        n_new: how many were saved
        n_known: how many were there already
        n_recordings: how many recordings they are of
        unknown: how many name a recording that is not there, or several of that name, by the name
    """

    n_new: int
    n_known: int
    n_recordings: int
    unknown: dict[str, int]


def add_boxes(clip_id: str, annotations: Iterable[BoxAnnotation], by: str = "") -> int:
    """Save annotations of a recording, or none; those that it has already are passed over.

    Args:
        clip_id: the recording's id
        annotations: what is said; the recording that they name does not count
        by: who says it

    Returns:
        How many are new.

    Raises:
        StoreError: there is no such recording.
    """
    recording = get_recording(clip_id)
    known = {_content(box.annotation) for box in list_boxes(recording)}
    # A format without notes brings back what went out without its note.
    known |= {(*content[:-1], "") for content in known}
    new = [one for one in dict.fromkeys(map(_content, annotations)) if one not in known]
    moment = now()
    try:
        with writing() as session:
            session.add_all(
                BoxAnnotationRow(
                    clip_id=clip_id,
                    by=as_note(by),
                    created_at=moment,
                    **dict(zip(_BOX, content, strict=True)),
                )
                for content in new
            )
    except IntegrityError:
        raise StoreError("The recording was removed meanwhile. Upload it again.") from None
    return len(new)


def import_boxes(
    annotations: Sequence[BoxAnnotation], recording: StoredRecording, by: str = ""
) -> ImportedBoxes:
    """Save annotations of a file, each at the recording that it names.

    Args:
        annotations: those of the file
        recording: the recording that is looked at, for those that name none
        by: who says it

    Returns:
        How many are new, and which names are of no recording or of several.

    Raises:
        StoreError: a recording was removed meanwhile.
    """
    names = {one.id: one.names for one in list_recordings()}
    of_recording: dict[str, list[BoxAnnotation]] = {}
    unknown: dict[str, int] = {}
    means: dict[str, list[str]] = {"": [recording.id]}
    for one in annotations:
        if one.recording not in means:
            means[one.recording] = find_by_name(one.recording, names)
        found = means[one.recording]
        if recording.id in found:
            found = [recording.id]
        if len(found) == 1:
            of_recording.setdefault(found[0], []).append(one)
        else:
            unknown[one.recording] = unknown.get(one.recording, 0) + 1
    n_new = sum(add_boxes(clip_id, ones, by) for clip_id, ones in of_recording.items())
    n_known = sum(map(len, of_recording.values())) - n_new
    return ImportedBoxes(n_new, n_known, len(of_recording), unknown)


def list_boxes(recording: StoredRecording) -> list[StoredBox]:
    """List the annotations of a recording's stretches.

    Args:
        recording: the recording

    Returns:
        The annotations by their beginning.
    """
    query = (
        select(BoxAnnotationRow)
        .where(BoxAnnotationRow.clip_id == recording.id)
        .order_by(BoxAnnotationRow.start_s, BoxAnnotationRow.id)
    )
    with reading() as session:
        rows = session.scalars(query).all()
    return [
        StoredBox(
            row.id,
            row.clip_id,
            BoxAnnotation(
                **{name: getattr(row, name) for name in _BOX},
                recording=recording.name,
                starts_at=moment_at(recording.recorded_at, row.start_s),
            ),
            row.by,
            row.created_at,
        )
        for row in rows
    ]


def delete_boxes(ids: Collection[int]) -> None:
    """Delete annotations; those that are gone already are passed over.

    Args:
        ids: their numbers
    """
    with writing() as session:
        session.execute(delete(BoxAnnotationRow).where(BoxAnnotationRow.id.in_(ids)))


def _content(annotation: BoxAnnotation) -> tuple[float | str | None, ...]:
    return tuple(getattr(annotation, name) for name in _BOX)
