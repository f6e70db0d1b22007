"""A model as one file: a ZIP of manifest.json, tensors.safetensors and record.json, checked whole.

The first two are the model's folder (`core.detectors.model_folder`); the record holds what the
database knows: name, note, channel, calibration, recalibrations, the history of the threshold, the
arguments of the fit. Nothing is compressed, so that nothing can unpack to more than was uploaded.
"""

from __future__ import annotations

import datetime
import io
import json
import os
import secrets
import shutil
import zipfile
import zlib
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import select

from core.audio.channels import channel_choice
from core.detectors.calibration.recalibration import Recalibration
from core.detectors.model_folder import MANIFEST, TENSORS, check_model, content_sha256
from core.errors import ModelError, SettingError, StoreError
from core.runtime.atomic_write import os_errors_as, sync_file, sync_folder, temporary_beside
from core.runtime.paths import models_dir
from core.runtime.zip_entry import zip_entry
from core.storage.calibrations import calibration_of
from core.storage.database import reading, writing
from core.storage.models import ModelRecord, deleted_on_error, get_model, insert_model
from core.storage.tables import (
    ModelRow,
    RecalibrationRow,
    ThresholdRow,
    as_json,
    as_note,
    as_text,
    as_utc,
)
from core.storage.thresholds import model_row

RECORD = "record.json"
RECORD_VERSION = 2
SUFFIX = ".hearmap"
MOST_BYTES = {MANIFEST: 2**26, RECORD: 2**26, TENSORS: 2**33}
MOST_CHANGES = 1_000

_OF_MODEL = ("name", "note", "channel", "fit_seconds", "calibration", "arguments")
_OF_CHANGE = ("false_alarm_rate", "threshold", "note", "by", "n_recordings")
_BLOCK_BYTES = 1 << 20
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError, NotImplementedError)


def export_model(model_id: str) -> bytes:
    """Write a model as one file, to be stored or to be given to another HearMap.

    Args:
        model_id: the model's id

    Returns:
        The file.

    Raises:
        StoreError: there is no such model, or its folder cannot be read.
        ModelError: it is damaged.
    """
    record = get_model(model_id)
    check_model(record.folder, record.name)
    text = json.dumps(_exported_record(model_id), indent=2, ensure_ascii=False, allow_nan=False)
    buffer = io.BytesIO()
    with (
        os_errors_as(StoreError, f"The model “{record.name}” cannot be exported"),
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED, strict_timestamps=False) as archive,
    ):
        for name in (MANIFEST, TENSORS):
            archive.write(record.folder / name, name)
        archive.writestr(zip_entry(RECORD), text + "\n", zipfile.ZIP_STORED)
    return buffer.getvalue()


def import_model(file: BinaryIO | bytes, file_name: str = "the file") -> ModelRecord:
    """Save the model of an exported file as a new one, under a name that no other model has.

    Args:
        file: what `export_model` wrote
        file_name: its name, for sentences

    Returns:
        The model's record.

    Raises:
        ModelError: it is no exported model, is damaged, or was made by a newer HearMap.
        StoreError: the disk or the database refused; nothing is left of the model.
    """
    stream = io.BytesIO(file) if isinstance(file, bytes) else file
    model_id = secrets.token_hex(6)
    folder = models_dir() / model_id
    temporary = temporary_beside(folder)
    with deleted_on_error(folder, file_name):
        try:
            temporary.mkdir(parents=True)
            _unpack(stream, temporary, file_name)
            record = _read_record(temporary / RECORD, file_name)
            (temporary / RECORD).unlink()
            manifest = check_model(temporary, file_name)
            row, changes, recalibrations = _rows(model_id, record, manifest, file_name)
            row.size_bytes = sum(path.stat().st_size for path in temporary.iterdir())
            sync_folder(temporary)
            os.replace(temporary, folder)
            sync_folder(folder.parent)
            with writing() as session:
                return insert_model(session, row, changes, recalibrations)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def _exported_record(model_id: str) -> dict[str, Any]:
    with reading() as session:
        row = model_row(session, model_id)
        query = select(ThresholdRow).where(ThresholdRow.model_id == model_id)
        changes = session.scalars(query.order_by(ThresholdRow.id)).all()[-MOST_CHANGES:]
        used = {change.recalibration_id for change in changes}
        saved = select(RecalibrationRow).where(RecalibrationRow.id.in_(used - {None}))
        recalibrations = session.scalars(saved.order_by(RecalibrationRow.id)).all()
        # Ids are those of one database; a change names what it undoes, and a recalibration, by its
        # place.
        place = {change.id: i for i, change in enumerate(changes)}
        place_of = {saved.id: i for i, saved in enumerate(recalibrations)}
        history = [
            {
                **{name: getattr(change, name) for name in _OF_CHANGE},
                "undoes": place.get(change.undoes or -1),
                "recalibration": place_of.get(change.recalibration_id or -1),
                "created_at": change.created_at.isoformat(),
            }
            for change in changes
        ]
        content: dict[str, Any] = {
            "record_version": RECORD_VERSION,
            **{name: getattr(row, name) for name in _OF_MODEL},
            "created_at": row.created_at.isoformat(),
            "recalibrations": [saved.content for saved in recalibrations],
            "history": history,
        }
    return content | {"sha256": content_sha256(content)}


def _unpack(stream: BinaryIO, folder: Path, file_name: str) -> None:
    try:
        with zipfile.ZipFile(stream) as archive:
            members = archive.infolist()
            # These names and no other, so none can point out of the folder.
            if sorted(member.filename for member in members) != sorted(MOST_BYTES):
                raise _no_model(file_name)
            for member in members:
                if member.compress_type != zipfile.ZIP_STORED or member.flag_bits & 0x1:
                    raise ModelError(
                        f"“{file_name}” was packed again by another program; import the file as "
                        "HearMap exported it."
                    )
                if member.file_size > MOST_BYTES[member.filename]:
                    raise ModelError(
                        f"“{file_name}” is too large for a model: {member.filename} has "
                        f"{member.file_size / 2**30:.1f} GiB."
                    )
                with (
                    archive.open(member) as source,
                    (folder / member.filename).open("xb") as target,
                ):
                    # To its end, where its sum is checked.
                    shutil.copyfileobj(source, target, _BLOCK_BYTES)
                sync_file(folder / member.filename)
    except zipfile.BadZipFile as error:
        if "not a zip" in str(error).lower():
            raise _no_model(file_name) from None
        raise _damaged(file_name) from None
    except _DAMAGE:
        raise _damaged(file_name) from None


def _read_record(path: Path, file_name: str) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads(path.read_bytes())
        if record["record_version"] > RECORD_VERSION:
            raise ModelError(
                f"“{file_name}” was exported by a newer HearMap; update this one to import it."
            )
        if record.pop("sha256") != content_sha256(record):
            raise _damaged(file_name)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _damaged(file_name) from None
    return record


def _rows(
    model_id: str, record: dict[str, Any], manifest: dict[str, Any], file_name: str
) -> tuple[ModelRow, list[ThresholdRow], list[RecalibrationRow]]:
    # Every value is of the kind and in the range that the app relies on.
    try:
        channel = str(channel_choice(str(record["channel"])))
        row = ModelRow(
            id=model_id,
            name=as_text(str(record["name"])),
            note=as_note(str(record["note"])),
            head=_word(manifest.get("head", "patchcore")),
            backbone=_word(manifest.get("backbone", "aisfx")),
            channel=channel,
            n_clips=len(manifest["training"]),
            training_seconds=float(sum(clip["seconds"] for clip in manifest["training"])),
            calibration=dict(record["calibration"]),
            arguments=dict(record["arguments"]),
            fit_seconds=None if record["fit_seconds"] is None else float(record["fit_seconds"]),
            created_at=as_utc(datetime.datetime.fromisoformat(record["created_at"])),
        )
        recalibrations = [
            Recalibration.from_record(content) for content in record.get("recalibrations", ())
        ]
        history = record["history"][:MOST_CHANGES]
        changes = [
            _change(change, place, len(recalibrations)) for place, change in enumerate(history)
        ]
        newest = changes[-1]
        in_use = None
        if newest.recalibration_id is not None:
            in_use = recalibrations[newest.recalibration_id]
        row.false_alarm_rate = newest.false_alarm_rate
        row.threshold = float(calibration_of(row, in_use).threshold(row.false_alarm_rate))
    except (
        *(ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError),
        SettingError,
    ):
        raise _damaged(file_name) from None
    return row, changes, [RecalibrationRow(content=as_json(r.as_record())) for r in recalibrations]


def _change(change: dict[str, Any], place: int, n_recalibrations: int) -> ThresholdRow:
    rate = float(change["false_alarm_rate"])
    # Places, until `insert_model` knows the ids; files of 0.1.0 have no recalibrations.
    undoes, recalibration_id, n_recordings = (
        None if change.get(name) is None else int(change[name])
        for name in ("undoes", "recalibration", "n_recordings")
    )
    if (
        not 0.0 < rate < 1.0
        or (undoes is not None and not 0 <= undoes < place)
        or (recalibration_id is not None and not 0 <= recalibration_id < n_recalibrations)
    ):
        raise ValueError(change)
    return ThresholdRow(
        false_alarm_rate=rate,
        threshold=float(change["threshold"]),
        note=as_note(str(change["note"])),
        by=as_note(str(change["by"])),
        undoes=undoes,
        recalibration_id=recalibration_id,
        n_recordings=n_recordings,
        created_at=as_utc(datetime.datetime.fromisoformat(change["created_at"])),
    )


def _word(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 32:
        raise ValueError(value)
    return as_text(value)


def _no_model(file_name: str) -> ModelError:
    return ModelError(
        f"“{file_name}” is not a model exported from HearMap; such a file ends in {SUFFIX} and "
        "comes from Export on the Models page."
    )


def _damaged(file_name: str) -> ModelError:
    return ModelError(
        f"“{file_name}” is damaged: it is not what was exported. Export or copy it again."
    )
