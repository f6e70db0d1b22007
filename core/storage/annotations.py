"""What people say of clips: normal, anomalous or unsure, with a note. A clip has one label.

A label belongs to the clip, not to a model: it is the same whichever model is looked at.
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
from core.storage.tables import AnnotationRow, as_text, now

VERDICTS = ("normal", "anomalous", "unsure")
LONGEST_NOTE = 2000
_ASKED_AT_ONCE = 500


@dataclasses.dataclass(frozen=True)
class Annotation:
    """What someone said of a clip; `verdict` is one of `VERDICTS`."""

    clip_id: str
    verdict: str
    note: str
    by: str
    created_at: datetime.datetime


def save_annotation(clip_id: str, verdict: str, note: str = "", by: str = "") -> Annotation:
    """The clip has this label, in place of an earlier one.

    Raises:
        SettingError: there is no such verdict.
        StoreError: there is no such recording.
    """
    if verdict not in VERDICTS:
        raise SettingError(f"“{verdict}” is no label; one is {', '.join(VERDICTS)}.")
    get_recording(clip_id)
    values = {
        "verdict": verdict,
        "note": as_text(note.strip())[:LONGEST_NOTE],
        "by": as_text(by.strip())[:LONGEST_NOTE],
        "created_at": now(),
    }
    for _ in range(2):
        try:
            with writing() as session:
                session.merge(AnnotationRow(clip_id=clip_id, **values))
            return Annotation(clip_id, **values)  # type: ignore[arg-type]
        except IntegrityError:
            # Someone labelled it at the same moment, or it was removed: then this says so.
            get_recording(clip_id)
    raise StoreError("This recording is being labelled by someone else; try again.")


def save_annotations(labels: Collection[Annotation]) -> None:
    """Save all these annotations, or none, in place of earlier ones, as `save_annotation`.

    Raises:
        SettingError: there is no such verdict.
        StoreError: one of the recordings is no longer there.
    """
    for label in labels:
        if label.verdict not in VERDICTS:
            raise SettingError(f"“{label.verdict}” is no label; one is {', '.join(VERDICTS)}.")
    try:
        with writing() as session:
            for label in labels:
                values = dataclasses.asdict(label)
                for name in ("note", "by"):
                    values[name] = as_text(values[name].strip())[:LONGEST_NOTE]
                session.merge(AnnotationRow(**values))
    except IntegrityError:
        raise StoreError(
            "A recording was removed while it was being labelled; load the page again."
        ) from None


def delete_annotation(clip_id: str) -> None:
    """The clip has no label; nothing happens where it had none."""
    with writing() as session:
        session.execute(delete(AnnotationRow).where(AnnotationRow.clip_id == clip_id))


def list_annotations(clip_ids: Collection[str] | None = None) -> dict[str, Annotation]:
    """The labels of these clips, or of all, by clip id; clips without one are absent."""
    query = select(AnnotationRow)
    if clip_ids is not None and len(clip_ids) <= _ASKED_AT_ONCE:
        query = query.where(AnnotationRow.clip_id.in_(clip_ids))
    with reading() as session:
        rows = session.scalars(query).all()
    wanted = None if clip_ids is None else set(clip_ids)
    return {
        row.clip_id: Annotation(row.clip_id, row.verdict, row.note, row.by, row.created_at)
        for row in rows
        if wanted is None or row.clip_id in wanted
    }
