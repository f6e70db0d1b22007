"""Fitted models: a folder each under models/, and a record that lists them without PyTorch.

The false-alarm rate and a recalibration are the record's, not the folder's: they can be changed at
any time, and scores stay as they are.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.audio import ChannelChoice
from core.audio.channels import channel_choice
from core.detectors.calibration.calibration import Calibration
from core.detectors.model_folder import TENSORS
from core.errors import StoreError
from core.runtime.atomic_write import os_errors_as
from core.runtime.paths import home, maps_dir, models_dir
from core.storage.calibrations import calibration_of, fit_record, recalibration_in_use
from core.storage.database import reading, writing
from core.storage.tables import (
    ModelRow,
    RecalibrationRow,
    ThresholdRow,
    as_json,
    as_note,
    as_text,
    from_row,
    now,
)
from core.storage.thresholds import add_change, model_row

if TYPE_CHECKING:
    from core.detectors.detector import Detector
    from core.detectors.views.normal_spectrum import NormalSpectra

TRASH_DAYS = 30
LONGEST_NAME = 200
_NAMES_LOCK = 0x4E414D45  # any number of our own; it spells NAME


@dataclasses.dataclass(frozen=True)
class ModelRecord:
    """A fitted model: what it is made of, and the threshold its false-alarm rate gives.

    Attributes:
        id: names its folder
        name: no other model has it
        head: the head's name
        backbone: the backbone's name
        channel: of the recordings that it was fitted on, and that it scores
        n_clips: how many recordings it was fitted on
        training_seconds: their length together
        size_bytes: size of its folder
        false_alarm_rate: between 0 and 1
        threshold: the score that the rate gives
        recalibration_id: the recalibration in use, None where the calibration is that of the fit
        note: free text
        fit_seconds: time of its fit, where it is known
        created_at: when it was fitted, in UTC
    """

    id: str
    name: str
    head: str
    backbone: str
    channel: ChannelChoice
    n_clips: int
    training_seconds: float
    size_bytes: int
    false_alarm_rate: float
    threshold: float
    recalibration_id: int | None
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
    channel: ChannelChoice = 0,
    arguments: dict[str, Any] | None = None,
    fit_seconds: float | None = None,
) -> ModelRecord:
    """Save a detector under a name that no other model has (“fan” may become “fan 2”).

    Args:
        detector: a fitted detector
        name: what it shall be called
        channel: the one it was fitted on, and the one it scores
        arguments: those of `core.jobs.tasks.fit` that would fit it again
        fit_seconds: time of its fit

    Returns:
        Its record.

    Raises:
        StoreError: the disk or the database refused; nothing is left of the model.
    """
    model_id = secrets.token_hex(6)
    folder = models_dir() / model_id
    with deleted_on_error(folder, name):
        detector.save(folder)
        rate = float(detector.false_alarm_rate)
        row = ModelRow(
            id=model_id,
            name=name,
            head=detector.head_name,
            backbone=detector.backbone.name,
            channel=str(channel),
            n_clips=int(detector.n_clips),
            training_seconds=float(sum(clip["seconds"] for clip in detector.training)),
            size_bytes=sum(path.stat().st_size for path in folder.iterdir()),
            false_alarm_rate=rate,
            threshold=float(detector.calibration.threshold(rate)),
            calibration=fit_record(detector),
            note="",
            arguments=as_json(arguments or {}),
            fit_seconds=fit_seconds,
            created_at=now(),
        )
        with writing() as session:
            return insert_model(session, row)


@contextlib.contextmanager
def deleted_on_error(folder: Path, name: str) -> Iterator[None]:
    """Delete a model's folder if the block raises.

    Args:
        folder: the model's
        name: what is being saved, for the sentence on a disk that refused

    Yields:
        Nothing.

    Raises:
        StoreError: instead of an OSError.
    """
    try:
        with os_errors_as(StoreError, f"“{name}” could not be saved"):
            yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def insert_model(
    session: Session,
    row: ModelRow,
    changes: Sequence[ThresholdRow] = (),
    recalibrations: Sequence[RecalibrationRow] = (),
) -> ModelRecord:
    """List a model under a name that no other has, with its threshold's history.

    Args:
        session: writing
        row: the model's
        changes: its history, which names what a change undoes, and a recalibration, by its place;
            without them the history begins now
        recalibrations: those that the history names

    Returns:
        Its record.
    """
    row.name = _unused(session, row.name)
    session.add(row)
    session.flush()
    if not changes:
        add_change(session, row)
    for recalibration in recalibrations:
        recalibration.model_id = row.id
        session.add(recalibration)
        session.flush()
    ids: list[int] = []
    for change in changes:
        change.model_id = row.id
        change.undoes = None if change.undoes is None else ids[change.undoes]
        if change.recalibration_id is not None:
            change.recalibration_id = recalibrations[change.recalibration_id].id
        row.recalibration_id = change.recalibration_id
        session.add(change)
        session.flush()
        ids.append(change.id)
    return _record(row)


def list_models() -> list[ModelRecord]:
    """List all models that were not deleted.

    Returns:
        The newest first.
    """
    query = select(ModelRow).where(ModelRow.deleted_at.is_(None))
    with reading() as session:
        return [_record(row) for row in session.scalars(query.order_by(ModelRow.created_at.desc()))]


def list_deleted() -> list[ModelRecord]:
    """List the models that `undo_delete` can still bring back.

    Returns:
        The latest deleted first.
    """
    query = select(ModelRow).where(ModelRow.deleted_at.is_not(None))
    with reading() as session:
        return [_record(row) for row in session.scalars(query.order_by(ModelRow.deleted_at.desc()))]


def get_model(model_id: str) -> ModelRecord:
    """Find the record of a model.

    Args:
        model_id: the model's id

    Returns:
        The record.

    Raises:
        StoreError: there is none of this id, or it was deleted.
    """
    with reading() as session:
        return _record(model_row(session, model_id))


def load_model(model_id: str, device: str = "auto") -> Detector:
    """Load a detector, at the false-alarm rate and with the calibration its record has now.

    Args:
        model_id: the model's id
        device: auto, cpu or cuda

    Returns:
        The detector.

    Raises:
        StoreError: there is none of this id, or it was deleted.
        ModelError: its folder is missing or damaged.
    """
    # PyTorch waits until a model is loaded; pages list models without it.
    from core.detectors.detector import Detector

    with reading() as session:
        row = model_row(session, model_id)
        record, recalibration = _record(row), recalibration_in_use(session, row)
    detector = Detector.load(record.folder, device=device)
    detector.false_alarm_rate = record.false_alarm_rate
    detector.recalibrations = [recalibration] if recalibration else []
    return detector


def load_calibration(model_id: str) -> Calibration:
    """Read a model's calibration without loading the model.

    Args:
        model_id: the model's id

    Returns:
        The scores of normal recordings that thresholds and p-values come from.

    Raises:
        StoreError: there is none of this id, or it was deleted.
    """
    with reading() as session:
        row = model_row(session, model_id)
        return calibration_of(row, recalibration_in_use(session, row))


def load_normal_spectra(model_id: str) -> NormalSpectra | None:
    """Read the spectra of a model's normal recordings without loading the model.

    Args:
        model_id: the model's id

    Returns:
        The spectra; None of a model fitted before 0.2.0, and where its folder is missing or
        damaged, which loading it says.

    Raises:
        StoreError: there is none of this id, or it was deleted.
    """
    from safetensors import SafetensorError, safe_open

    from core.detectors.views.normal_spectrum import NORMAL_SPECTRA, NormalSpectra

    path = get_model(model_id).folder / TENSORS
    try:
        with safe_open(path, "pt") as file:
            # safe_open is no container of its names.
            known = NORMAL_SPECTRA in file.keys()  # noqa: SIM118
            return NormalSpectra(file.get_tensor(NORMAL_SPECTRA)) if known else None
    except (OSError, SafetensorError):
        return None


def set_note(model_id: str, note: str) -> ModelRecord:
    """Update a model's note.

    Args:
        model_id: the model's id
        note: free text, of which 2,000 letters are stored

    Returns:
        The record.

    Raises:
        StoreError: there is no such model.
    """
    with writing() as session:
        row = model_row(session, model_id)
        row.note = as_note(note)
    return _record(row)


def rename(model_id: str, name: str) -> ModelRecord:
    """Rename a model, adding a number if the name is taken.

    Args:
        model_id: the model's id
        name: the new name

    Returns:
        The record.

    Raises:
        StoreError: there is no such model.
    """
    with writing() as session:
        row = model_row(session, model_id)
        row.name = _unused(session, name, except_id=model_id)
    return _record(row)


def delete(model_id: str) -> None:
    """Delete a model; for 30 days `undo_delete` brings it back with its scores.

    Args:
        model_id: the model's id

    Raises:
        StoreError: there is no such model, or its folder cannot be moved.
    """
    with writing() as session:
        row = model_row(session, model_id)
        row.deleted_at = now()
        _move(models_dir() / model_id, _trash() / model_id, row.name)
    _empty_old_trash()


def undo_delete(model_id: str) -> ModelRecord:
    """Bring back a deleted model, adding a number to its name if that was taken since.

    Args:
        model_id: the model's id

    Returns:
        The record.

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
    if source.exists():
        with os_errors_as(StoreError, f"The model “{name}” could not be moved"):
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(source, target)


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


def _record(row: ModelRow) -> ModelRecord:
    return from_row(ModelRecord, row, channel=channel_choice(row.channel))
