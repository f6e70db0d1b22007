"""Each model's false-alarm rate, and every change of it: who, when, why, and back again.

The newest change is the current rate; nothing is ever taken out of the history, an undo is one
more change. Scores stay as they are.
"""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.detectors.calibration.calibration import Calibration
from core.errors import SettingError, StoreError
from core.storage.database import reading, writing
from core.storage.tables import ModelRow, ThresholdRow, as_note, from_row, now


@dataclasses.dataclass(frozen=True)
class ThresholdChange:
    """A false-alarm rate that someone set, and the threshold it gave.

    Attributes:
        id: ascending with time
        model_id: the model's id
        false_alarm_rate: between 0 and 1
        threshold: the score that the rate gives
        note: why
        by: who set it
        undoes: id of the change that this one takes back, None of an ordinary one
        created_at: when, in UTC
    """

    id: int
    model_id: str
    false_alarm_rate: float
    threshold: float
    note: str
    by: str
    undoes: int | None
    created_at: datetime.datetime


def set_false_alarm_rate(
    model_id: str, rate: float, *, note: str = "", by: str = "", expected_id: int | None = None
) -> ThresholdChange:
    """Set a model's false-alarm rate, which gives its threshold, for old scores too.

    Nothing is scored again. The current rate, set again without a note, is no change.

    Args:
        model_id: the model's id
        rate: between 0 and 1
        note: why
        by: who sets it
        expected_id: the change that the person saw when deciding; if another came in between,
            theirs stays

    Returns:
        The change, or the newest one where nothing changed.

    Raises:
        SettingError: the rate is not between 0 and 1.
        StoreError: there is no such model, or another change came first.
    """
    if not 0.0 < rate < 1.0:
        raise SettingError(f"A false-alarm rate lies between 0 and 1 (0 % and 100 %), not {rate}.")
    with writing() as session:
        row = model_row(session, model_id)
        latest = _changes(session, model_id)[-1]
        if expected_id is not None and latest.id != expected_id:
            raise StoreError(
                f"{latest.by or 'Someone else'} set the false-alarm rate to "
                f"{latest.false_alarm_rate:.3%} at {latest.created_at:%H:%M on %d %B %Y} (UTC), "
                "after you had opened this page. Yours was not set; look at theirs, then set yours "
                "again if you still want it."
            )
        if rate == row.false_alarm_rate and not note.strip():
            return from_row(ThresholdChange, latest)
        row.false_alarm_rate = float(rate)
        row.threshold = float(saved_calibration(row).threshold(rate))
        return from_row(ThresholdChange, add_change(session, row, note=note, by=by))


def history(model_id: str) -> list[ThresholdChange]:
    """List every change of a model's false-alarm rate.

    Args:
        model_id: the model's id

    Returns:
        The newest first; the last is what the model was fitted with.

    Raises:
        StoreError: there is no such model.
    """
    with reading() as session:
        model_row(session, model_id)
        return [from_row(ThresholdChange, row) for row in reversed(_changes(session, model_id))]


def undo(model_id: str, *, by: str = "") -> ThresholdChange:
    """Take back the newest change that was not undone yet.

    Args:
        model_id: the model's id
        by: who takes it back

    Returns:
        The undo, itself a change.

    Raises:
        StoreError: there is no such model, or its rate is the one it was fitted with.
    """
    with writing() as session:
        row = model_row(session, model_id)
        standing: list[ThresholdRow] = []
        for change in _changes(session, model_id):
            if change.undoes is None:
                standing.append(change)
            elif standing:
                standing.pop()
        if len(standing) < 2:
            raise StoreError(
                "There is nothing to undo: this is the false-alarm rate it was fitted with."
            )
        undone, before = standing[-1], standing[-2]
        row.false_alarm_rate, row.threshold = before.false_alarm_rate, before.threshold
        return from_row(ThresholdChange, add_change(session, row, by=by, undoes=undone.id))


def model_row(session: Session, model_id: str) -> ModelRow:
    """Find the row of a model that was not deleted, held against others' changes while writing.

    Args:
        session: reading or writing
        model_id: the model's id

    Returns:
        The row.

    Raises:
        StoreError: there is none of this id, or it was deleted.
    """
    # SQLite's writers are alone anyway, and it leaves FOR UPDATE out.
    writes = session.connection().get_execution_options().get("write", False)
    row = session.get(ModelRow, model_id, with_for_update=True if writes else None)
    if row is None or row.deleted_at is not None:
        raise StoreError("This model is no longer here; it was deleted. Choose another.")
    return row


def add_change(
    session: Session, row: ModelRow, *, note: str = "", by: str = "", undoes: int | None = None
) -> ThresholdRow:
    """Add a model's current rate and threshold to its history.

    Args:
        session: writing
        row: the model's, its rate and threshold set
        note: why
        by: who set them
        undoes: id of the change that this takes back

    Returns:
        The change's row, with its id.
    """
    change = ThresholdRow(
        model_id=row.id,
        false_alarm_rate=row.false_alarm_rate,
        threshold=row.threshold,
        note=as_note(note),
        by=as_note(by),
        undoes=undoes,
        created_at=now(),
    )
    session.add(change)
    session.flush()
    return change


def saved_calibration(row: ModelRow) -> Calibration:
    """Read the calibration in a model's row.

    Args:
        row: the model's

    Returns:
        The scores of normal recordings that thresholds and p-values come from.
    """
    values: dict[str, Any] = dict(row.calibration)
    # Models fitted before 0.2.0 had a second threshold, for the map.
    values.pop("peak_scores", None)
    return Calibration(np.asarray(values.pop("clip_scores"), np.float64), **values)


def _changes(session: Session, model_id: str) -> list[ThresholdRow]:
    query = select(ThresholdRow).where(ThresholdRow.model_id == model_id).order_by(ThresholdRow.id)
    return list(session.scalars(query))
