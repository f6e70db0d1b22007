"""Fitted models: a folder each under models/, and a record that lists them without PyTorch.

The false-alarm rate is the record's, not the folder's: it can be changed at any time, and what
was scored keeps its scores.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import os
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.errors import StoreError
from core.runtime.atomic_write import error_reason
from core.runtime.paths import home, maps_dir, models_dir
from core.storage.database import reading, writing
from core.storage.tables import ModelRow, ThresholdRow, as_json, as_text, now
from core.storage.thresholds import add_change, model_row, saved_calibration

if TYPE_CHECKING:
    from core.audio import Channel
    from core.detectors.calibration.calibration import Calibration
    from core.detectors.detector import Detector

TRASH_DAYS = 30
LONGEST_NAME = 200
LONGEST_NOTE = 2000
_NAMES_LOCK = 0x4E414D45  # any number of our own; it spells NAME


@dataclasses.dataclass(frozen=True)
class ModelRecord:
    """A fitted model: what it is made of, and the threshold its false-alarm rate gives."""

    id: str
    name: str
    head: str
    backbone: str
    channel: Channel
    n_clips: int
    training_seconds: float
    size_bytes: int
    false_alarm_rate: float
    threshold: float
    note: str
    fit_seconds: float | None
    created_at: datetime.datetime

    @property
    def folder(self) -> Path:
        """Where its files lie, or should."""
        return models_dir() / self.id


def save_model(
    detector: Detector,
    name: str,
    *,
    channel: Channel = 0,
    arguments: dict[str, Any] | None = None,
    fit_seconds: float | None = None,
) -> ModelRecord:
    """The detector is kept under a name that no other model has (“fan” may become “fan 2”).

    `channel` is the one it was fitted on, and the one it scores; `arguments` are those of
    `core.jobs.tasks.fit` that would fit it again.

    Raises:
        StoreError: the disk or the database refused; nothing is left of the model.
    """
    model_id = secrets.token_hex(6)
    folder = models_dir() / model_id
    try:
        detector.save(folder)
        rate = float(detector.false_alarm_rate)
        row = ModelRow(
            id=model_id,
            head=detector.head_name,
            backbone=detector.backbone.name,
            channel=str(channel),
            n_clips=int(detector.n_clips),
            training_seconds=float(sum(clip["seconds"] for clip in detector.training)),
            size_bytes=sum(path.stat().st_size for path in folder.iterdir()),
            false_alarm_rate=rate,
            threshold=float(detector.calibration.threshold(rate)),
            calibration=_saved_calibration(detector.calibration),
            note="",
            arguments=as_json(arguments or {}),
            fit_seconds=fit_seconds,
            created_at=now(),
        )
        row.name = name
        with writing() as session:
            record = insert_model(session, row)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise StoreError(f"The model “{name}” could not be kept: {error_reason(error)}.") from error
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return record


def insert_model(
    session: Session, row: ModelRow, changes: Sequence[ThresholdRow] = ()
) -> ModelRecord:
    """The model is listed, under a name that no other has, its threshold's history with it.

    Without `changes`, which name what they undo by its place among them, its history begins now.
    """
    row.name = _unused(session, row.name)
    session.add(row)
    session.flush()
    if not changes:
        add_change(session, row)
    ids: list[int] = []
    for change in changes:
        change.model_id = row.id
        change.undoes = None if change.undoes is None else ids[change.undoes]
        session.add(change)
        session.flush()
        ids.append(change.id)
    return _record(row)


def list_models() -> list[ModelRecord]:
    """All models that were not deleted, newest first."""
    query = select(ModelRow).where(ModelRow.deleted_at.is_(None))
    with reading() as session:
        return [_record(row) for row in session.scalars(query.order_by(ModelRow.created_at.desc()))]


def list_deleted() -> list[ModelRecord]:
    """The models that `undo_delete` can still bring back, the latest deleted first."""
    query = select(ModelRow).where(ModelRow.deleted_at.is_not(None))
    with reading() as session:
        return [_record(row) for row in session.scalars(query.order_by(ModelRow.deleted_at.desc()))]


def get_model(model_id: str) -> ModelRecord:
    """The record of a model.

    Raises:
        StoreError: there is none of this id, or it was deleted.
    """
    with reading() as session:
        return _record(model_row(session, model_id))


def model_folder(model_id: str) -> Path:
    """The folder of a model that is there.

    Raises:
        StoreError: there is none of this id, or it was deleted.
    """
    return get_model(model_id).folder


def load_model(model_id: str, device: str = "auto") -> Detector:
    """The detector, at the false-alarm rate its record has now.

    Raises:
        StoreError: there is none of this id, or it was deleted.
        ModelError: its folder is missing or damaged.
    """
    from core.detectors.detector import Detector

    record = get_model(model_id)
    detector = Detector.load(record.folder, device=device)
    detector.false_alarm_rate = record.false_alarm_rate
    return detector


def load_calibration(model_id: str) -> Calibration:
    """The held-out scores of a model, without loading the model.

    Raises:
        StoreError: there is none of this id, or it was deleted.
    """
    with reading() as session:
        return saved_calibration(model_row(session, model_id))


def set_note(model_id: str, note: str) -> ModelRecord:
    """The model has this note, free text of at most 2,000 letters.

    Raises:
        StoreError: there is no such model.
    """
    with writing() as session:
        row = model_row(session, model_id)
        row.note = as_text(note.strip())[:LONGEST_NOTE]
    return _record(row)


def rename(model_id: str, name: str) -> ModelRecord:
    """The model has this name, or this name and a number where another has it.

    Raises:
        StoreError: there is no such model.
    """
    with writing() as session:
        row = model_row(session, model_id)
        row.name = _unused(session, name, except_id=model_id)
    return _record(row)


def delete(model_id: str) -> None:
    """The model is no longer listed; for 30 days `undo_delete` brings it back with its scores.

    Raises:
        StoreError: there is no such model, or its folder cannot be moved.
    """
    with writing() as session:
        row = model_row(session, model_id)
        row.deleted_at = now()
        _move(models_dir() / model_id, _trash() / model_id, row.name)
    _empty_old_trash()


def undo_delete(model_id: str) -> ModelRecord:
    """A deleted model is back, under its name or, if that was taken since, its name and a number.

    Raises:
        StoreError: there is no such model any more.
    """
    with writing() as session:
        row = session.get(ModelRow, model_id)
        if row is None:
            raise StoreError("This model was deleted too long ago; it cannot be brought back.")
        if row.deleted_at is not None:
            row.deleted_at = None
            row.name = _unused(session, row.name, except_id=model_id)
            _move(_trash() / model_id, models_dir() / model_id, row.name)
    return _record(row)


def _trash() -> Path:
    return home() / "trash" / "models"


def _move(source: Path, target: Path, name: str) -> None:
    if not source.exists():
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(source, target)
    except OSError as error:
        raise StoreError(
            f"The model “{name}” could not be moved: {error_reason(error)}."
        ) from error


def _empty_old_trash() -> None:
    oldest = now() - datetime.timedelta(days=TRASH_DAYS)
    query = select(ModelRow).where(ModelRow.deleted_at < oldest)
    # What cannot be thrown out now is thrown out with the next deletion.
    with contextlib.suppress(StoreError), writing() as session:
        for row in session.scalars(query).all():
            session.delete(row)
            shutil.rmtree(_trash() / row.id, ignore_errors=True)
            shutil.rmtree(maps_dir() / row.id, ignore_errors=True)


def _unused(session: Session, name: str, except_id: str = "") -> str:
    name = " ".join(as_text(name).split())[:LONGEST_NAME] or "Model"
    if session.get_bind().dialect.name == "postgresql":
        # SQLite's writers are alone anyway; here two would not see each other's names.
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _NAMES_LOCK})
    query = select(ModelRow.name).where(ModelRow.deleted_at.is_(None), ModelRow.id != except_id)
    taken = set(session.scalars(query))
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name} {number}"
    return free


def _saved_calibration(calibration: Calibration) -> dict[str, Any]:
    values = {
        field.name: getattr(calibration, field.name) for field in dataclasses.fields(calibration)
    }
    kept: dict[str, Any] = as_json(values)
    return kept


def _record(row: ModelRow) -> ModelRecord:
    values = {field.name: getattr(row, field.name) for field in dataclasses.fields(ModelRecord)}
    values["channel"] = "mean" if row.channel == "mean" else int(row.channel)
    return ModelRecord(**values)
