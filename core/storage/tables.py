"""The tables: recordings, annotations, models, thresholds, jobs, scores. Large things are files.

Rows never leave `core.storage` and `core.jobs`; those give frozen dataclasses. A change here needs
a new file in migrations/versions and its name in `core.storage.database.REVISION`.
"""

from __future__ import annotations

import dataclasses
import datetime
import math
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import JSON, BigInteger, DateTime, Float, ForeignKey, Index, String, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    T = TypeVar("T", bound=DataclassInstance)

LONGEST_NOTE = 2000


class UtcDateTime(TypeDecorator[datetime.datetime]):
    """A moment in UTC that is still one when it comes back: SQLite forgets the time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(
        self, value: datetime.datetime | None, dialect: Dialect
    ) -> datetime.datetime | None:
        """Convert a moment to UTC, as every database holds it.

        Args:
            value: a moment with its time zone
            dialect: the database's kind

        Returns:
            The moment in UTC.
        """
        return None if value is None else value.astimezone(datetime.timezone.utc)

    def process_result_value(
        self, value: datetime.datetime | None, dialect: Dialect
    ) -> datetime.datetime | None:
        """Give a moment its time zone.

        Args:
            value: a moment in UTC, with or without a time zone
            dialect: the database's kind

        Returns:
            The moment in UTC, with its time zone.
        """
        return None if value is None else as_utc(value)


def now() -> datetime.datetime:
    """Read the clock.

    Returns:
        This moment, in UTC.
    """
    return datetime.datetime.now(datetime.timezone.utc)


def as_utc(moment: datetime.datetime) -> datetime.datetime:
    """Convert a moment to UTC.

    Args:
        moment: a moment, in UTC where it names no time zone

    Returns:
        The moment with its time zone.
    """
    utc = datetime.timezone.utc
    return moment.astimezone(utc) if moment.tzinfo else moment.replace(tzinfo=utc)


def as_json(value: Any) -> Any:
    """Convert a value to plain JSON: infinities and NaN become the strings `float` reads back.

    Databases refuse them as numbers, and PostgreSQL refuses NUL in text.

    Args:
        value: dicts, sequences, arrays, text and numbers in any depth

    Returns:
        The same in dicts, lists, text and finite numbers.

    >>> as_json({"peak_dbfs": float("-inf"), "times": (1.0, 2)})
    {'peak_dbfs': '-inf', 'times': [1.0, 2]}
    """
    if isinstance(value, dict):
        return {as_text(str(key)): as_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_json(item) for item in value]
    if isinstance(value, str):
        return as_text(value)
    if hasattr(value, "tolist"):
        return as_json(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def from_row(kind: type[T], row: Row, **further: Any) -> T:
    """Make a record of a row that has columns of its fields' names.

    Args:
        kind: the record's dataclass
        row: the row
        further: fields that are not the row's columns as they are

    Returns:
        The record.
    """
    names = [field.name for field in dataclasses.fields(kind) if field.name not in further]
    return kind(**{name: getattr(row, name) for name in names}, **further)


def as_note(text: str) -> str:
    """Shorten a note to what is stored: at most 2,000 letters, without space around.

    Args:
        text: what a person wrote

    Returns:
        Text that every database takes.
    """
    return as_text(text.strip())[:LONGEST_NOTE]


def as_text(text: str) -> str:
    """Replace what no database can hold: NUL and halves of surrogate pairs.

    Args:
        text: any text

    Returns:
        Text that every database takes.
    """
    return text.replace("\x00", "�").encode("utf-8", "replace").decode("utf-8")


class Row(DeclarativeBase):
    """Any table of HearMap's."""

    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        datetime.datetime: UtcDateTime,
        dict[str, Any]: JSON,
        list[Any]: JSON,
    }


class ClipRow(Row):
    """An uploaded or made recording; its file is named by `id` and `suffix`.

    `other_names` are those under which the same bytes came again. `recorded_at` is in ISO 8601,
    empty where nobody knows it, and None where nobody has looked yet.
    """

    __tablename__ = "clips"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    other_names: Mapped[list[Any] | None]
    suffix: Mapped[str] = mapped_column(String(16))
    role: Mapped[str] = mapped_column(String(16))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    info: Mapped[dict[str, Any]]
    recorded_at: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime.datetime] = mapped_column(index=True)


class ModelRow(Row):
    """A fitted detector; its folder is named by `id`.

    `calibration` is that of the fit for ever; `recalibration_id` names what is in use in its place.
    """

    __tablename__ = "models"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    head: Mapped[str] = mapped_column(String(32))
    backbone: Mapped[str] = mapped_column(String(32))
    channel: Mapped[str] = mapped_column(String(8))
    n_clips: Mapped[int]
    training_seconds: Mapped[float] = mapped_column(Float)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    false_alarm_rate: Mapped[float] = mapped_column(Float)
    threshold: Mapped[float] = mapped_column(Float)
    calibration: Mapped[dict[str, Any]]
    recalibration_id: Mapped[int | None]
    note: Mapped[str] = mapped_column(Text, default="")
    arguments: Mapped[dict[str, Any]] = mapped_column(default=dict)
    fit_seconds: Mapped[float | None] = mapped_column(Float)
    created_at: Mapped[datetime.datetime]
    deleted_at: Mapped[datetime.datetime | None]


class ThresholdRow(Row):
    """One change of a model's false-alarm rate or calibration; the newest says what is in use.

    `recalibration_id` is what was in use from then on, as in `ModelRow`; `n_recordings` is there
    where the change is a recalibration.
    """

    __tablename__ = "threshold_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    model_id: Mapped[str] = mapped_column(ForeignKey("models.id", ondelete="CASCADE"), index=True)
    false_alarm_rate: Mapped[float] = mapped_column(Float)
    threshold: Mapped[float] = mapped_column(Float)
    note: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(Text)
    undoes: Mapped[int | None]
    recalibration_id: Mapped[int | None]
    n_recordings: Mapped[int | None]
    created_at: Mapped[datetime.datetime]


class RecalibrationRow(Row):
    """Normal recordings and their scores, which took the place of a model's calibration."""

    __tablename__ = "recalibrations"

    id: Mapped[int] = mapped_column(primary_key=True)
    model_id: Mapped[str] = mapped_column(ForeignKey("models.id", ondelete="CASCADE"), index=True)
    content: Mapped[dict[str, Any]]


class AnnotationRow(Row):
    """What a person says of a recording, whatever any model says."""

    __tablename__ = "labels"

    clip_id: Mapped[str] = mapped_column(
        ForeignKey("clips.id", ondelete="CASCADE"), primary_key=True
    )
    verdict: Mapped[str] = mapped_column(String(16))
    note: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime.datetime]


class BoxAnnotationRow(Row):
    """What a person says of a stretch of a recording, of all frequencies or of a band."""

    __tablename__ = "box_annotations"

    id: Mapped[int] = mapped_column(primary_key=True)
    clip_id: Mapped[str] = mapped_column(ForeignKey("clips.id", ondelete="CASCADE"), index=True)
    start_s: Mapped[float] = mapped_column(Float)
    end_s: Mapped[float] = mapped_column(Float)
    low_hz: Mapped[float | None] = mapped_column(Float)
    high_hz: Mapped[float | None] = mapped_column(Float)
    label: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime.datetime]


class JobRow(Row):
    """Long work: what was asked, how far it is, what came of it, and which process owns it."""

    __tablename__ = "jobs"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16), index=True)
    stage: Mapped[str] = mapped_column(Text)
    fraction: Mapped[float] = mapped_column(Float)
    seconds_left: Mapped[float | None] = mapped_column(Float)
    message: Mapped[str] = mapped_column(Text)
    arguments: Mapped[dict[str, Any]]
    result: Mapped[dict[str, Any]]
    log: Mapped[list[Any]] = mapped_column(default=list)
    cancel_requested: Mapped[bool]
    owner: Mapped[str] = mapped_column(Text)
    heartbeat_at: Mapped[datetime.datetime]
    created_at: Mapped[datetime.datetime] = mapped_column(index=True)
    started_at: Mapped[datetime.datetime | None]
    finished_at: Mapped[datetime.datetime | None]


class ScoreRow(Row):
    """The score of one recording with one model. The threshold is the model's, so no verdict.

    `p_value` is that of the calibration at scoring; readers compute it anew. Scores of before
    version 0.2.0 have neither `channel`, which is the model's then, nor `warnings`.
    """

    __tablename__ = "scores"

    model_id: Mapped[str] = mapped_column(
        ForeignKey("models.id", ondelete="CASCADE"), primary_key=True
    )
    clip_id: Mapped[str] = mapped_column(
        ForeignKey("clips.id", ondelete="CASCADE"), primary_key=True
    )
    score: Mapped[float | None] = mapped_column(Float)
    p_value: Mapped[float | None] = mapped_column(Float)
    duration_seconds: Mapped[float | None] = mapped_column(Float)
    strip: Mapped[list[Any]]
    regions: Mapped[list[Any]]
    map_file: Mapped[str | None] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(Text)
    channel: Mapped[str | None] = mapped_column(String(8))
    warnings: Mapped[list[Any] | None]
    seconds: Mapped[float | None] = mapped_column(Float)
    peak_memory_bytes: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime.datetime]

    __table_args__ = (Index("ix_scores_clip_id", "clip_id"),)
