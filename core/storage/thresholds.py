"""Each model's false-alarm rate and calibration, every change of them, and back again.

A change has who, when and why; the newest says what is in use. Nothing is ever taken out of the
history: an undo is one more change. Scores stay as they are, and p-values follow the calibration.
"""

from __future__ import annotations

import dataclasses
import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.detectors.calibration.recalibration import Recalibration
from core.errors import SettingError, StoreError
from core.storage.calibrations import calibration_of, recalibration_in_use
from core.storage.database import reading, writing
from core.storage.tables import (
    ModelRow,
    RecalibrationRow,
    ThresholdRow,
    as_json,
    as_note,
    from_row,
    now,
)


@dataclasses.dataclass(frozen=True)
class ThresholdChange:
    """A false-alarm rate or a calibration that someone set, and the threshold it gave.

    Attributes:
        id: ascending with time
        model_id: the model's id
        false_alarm_rate: between 0 and 1
        threshold: the score that the rate gives
        note: why
        by: who set it
        undoes: id of the change that this one takes back, None of an ordinary one
        n_recordings: how many recordings it recalibrated the model with, None of other changes
        created_at: when, in UTC
    """

    id: int
    model_id: str
    false_alarm_rate: float
    threshold: float
    note: str
    by: str
    undoes: int | None
    n_recordings: int | None
    created_at: datetime.datetime

    @property
    def what(self) -> str:
        """What was done, as the rest of a sentence that begins with who did it."""
        if self.undoes is not None:
            return "took back the last change of the threshold"
        if self.n_recordings is not None:
            return f"recalibrated the threshold with {self.n_recordings} recordings"
        return f"set the false-alarm rate to {self.false_alarm_rate:.3%}"


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
        latest = _latest(session, model_id, expected_id)
        if rate == row.false_alarm_rate and not note.strip():
            return latest
        row.false_alarm_rate = float(rate)
        row.threshold = _threshold(session, row)
        return from_row(ThresholdChange, add_change(session, row, note=note, by=by))


def recalibrate(
    model_id: str, made: Recalibration, *, by: str = "", expected_id: int | None = None
) -> ThresholdChange:
    """Let a model's threshold and p-values follow from other normal recordings, for old scores too.

    Args:
        model_id: the model's id
        made: the recordings and what the model says of them, with the note why
        by: who does it
        expected_id: as in `set_false_alarm_rate`

    Returns:
        The change.

    Raises:
        StoreError: there is no such model, or another change came first.
    """
    with writing() as session:
        row = model_row(session, model_id)
        _latest(session, model_id, expected_id)
        saved = RecalibrationRow(model_id=row.id, content=as_json(made.as_record()))
        session.add(saved)
        session.flush()
        row.recalibration_id = saved.id
        row.threshold = _threshold(session, row)
        n_recordings = len(made.recordings)
        change = add_change(session, row, note=made.note, by=by, n_recordings=n_recordings)
        return from_row(ThresholdChange, change)


def history(model_id: str) -> list[ThresholdChange]:
    """List every change of a model's false-alarm rate and calibration.

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
    """Take back the newest change that was not undone yet, of the rate or of the calibration.

    Args:
        model_id: the model's id
        by: who takes it back

    Returns:
        The undo, itself a change.

    Raises:
        StoreError: there is no such model, or rate and calibration are those of its fit.
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
                "There is nothing to undo: this is the threshold that the model was fitted with."
            )
        undone, before = standing[-1], standing[-2]
        row.false_alarm_rate, row.threshold = before.false_alarm_rate, before.threshold
        row.recalibration_id = before.recalibration_id
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
    session: Session,
    row: ModelRow,
    *,
    note: str = "",
    by: str = "",
    undoes: int | None = None,
    n_recordings: int | None = None,
) -> ThresholdRow:
    """Add a model's current rate, calibration and threshold to its history.

    Args:
        session: writing
        row: the model's, its rate, calibration and threshold set
        note: why
        by: who set them
        undoes: id of the change that this takes back
        n_recordings: of a recalibration

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
        recalibration_id=row.recalibration_id,
        n_recordings=n_recordings,
        created_at=now(),
    )
    session.add(change)
    session.flush()
    return change


def _latest(session: Session, model_id: str, expected_id: int | None) -> ThresholdChange:
    # The newest change; another than the one expected is refused.
    latest = from_row(ThresholdChange, _changes(session, model_id)[-1])
    if expected_id is not None and latest.id != expected_id:
        raise StoreError(
            f"{latest.by or 'Someone else'} {latest.what} at "
            f"{latest.created_at:%H:%M on %d %B %Y} (UTC), after you had opened this page. Yours "
            "was not set; look at theirs, then set yours again if you still want it."
        )
    return latest


def _threshold(session: Session, row: ModelRow) -> float:
    in_use = calibration_of(row, recalibration_in_use(session, row))
    return float(in_use.threshold(row.false_alarm_rate))


def _changes(session: Session, model_id: str) -> list[ThresholdRow]:
    query = select(ThresholdRow).where(ThresholdRow.model_id == model_id).order_by(ThresholdRow.id)
    return list(session.scalars(query))
