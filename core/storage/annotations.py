"""What people say of recordings: normal, anomalous or unsure, with a note.

A recording has one annotation, the same whichever model is looked at.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Collection

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from core.errors import SettingError, StoreError
from core.storage.database import reading, writing
from core.storage.recordings import get_recording
from core.storage.tables import AnnotationRow, as_note, from_row, now

VERDICTS = ("normal", "anomalous", "unsure")
_ASKED_AT_ONCE = 500


@dataclasses.dataclass(frozen=True)
class Annotation:
    """What someone said of a recording.

    Attributes:
        clip_id: the recording's id
        verdict: one of `VERDICTS`
        note: free text
        by: who said it
        created_at: when, in UTC
    """

    clip_id: str
    verdict: str
    note: str
    by: str
    created_at: datetime.datetime


def save_annotation(clip_id: str, verdict: str, note: str = "", by: str = "") -> Annotation:
    """Save what someone says of a recording, in place of what was said before.

    Args:
        clip_id: the recording's id
        verdict: one of `VERDICTS`
        note: free text, of which 2,000 letters are stored
        by: who says it

    Returns:
        What was saved.

    Raises:
        SettingError: there is no such verdict.
        StoreError: there is no such recording.
    """
    annotation = Annotation(clip_id, verdict, as_note(note), as_note(by), now())
    save_annotations([annotation])
    return annotation


def save_annotations(annotations: Collection[Annotation]) -> None:
    """Save all these annotations, or none, in place of earlier ones.

    Args:
        annotations: at most one of each recording

    Raises:
        SettingError: there is no such verdict.
        StoreError: one of the recordings is no longer there.
    """
    for one in annotations:
        if one.verdict not in VERDICTS:
            raise SettingError(f"“{one.verdict}” is no annotation; one is {', '.join(VERDICTS)}.")
    for _ in range(2):
        try:
            with writing() as session:
                for one in annotations:
                    texts = {"note": as_note(one.note), "by": as_note(one.by)}
                    session.merge(AnnotationRow(**dataclasses.asdict(one) | texts))
            return
        except IntegrityError:
            # Someone annotated one at the same moment, or it was removed: then this says so.
            for one in annotations:
                get_recording(one.clip_id)
    raise StoreError("A recording is being annotated by someone else; try again.")


def delete_annotation(clip_id: str) -> None:
    """Delete a recording's annotation; nothing happens where it has none.

    Args:
        clip_id: the recording's id
    """
    with writing() as session:
        session.execute(delete(AnnotationRow).where(AnnotationRow.clip_id == clip_id))


def list_annotations(clip_ids: Collection[str] | None = None) -> dict[str, Annotation]:
    """Read the annotations of these recordings, or of all.

    Args:
        clip_ids: the recordings' ids; None for all

    Returns:
        Annotations by recording id; recordings without one are absent.
    """
    query = select(AnnotationRow)
    if clip_ids is not None and len(clip_ids) <= _ASKED_AT_ONCE:
        query = query.where(AnnotationRow.clip_id.in_(clip_ids))
    with reading() as session:
        rows = session.scalars(query).all()
    wanted = None if clip_ids is None else set(clip_ids)
    return {
        row.clip_id: from_row(Annotation, row)
        for row in rows
        if wanted is None or row.clip_id in wanted
    }
