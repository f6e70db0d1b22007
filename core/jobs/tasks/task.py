"""What every task is: a dataclass of its arguments that has a title and does its work."""

from __future__ import annotations

import dataclasses
import datetime
import types
import typing
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Union

from core.errors import SettingError
from core.runtime.progress import Progress, silent
from core.storage.explanations import explanation_key
from core.storage.tables import as_json

if TYPE_CHECKING:
    from typing_extensions import Self


# Metadata of an argument that job records leave out where it has its default: they have been
# written without it before.
OPTIONAL = {"optional": True}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Task(ABC):
    """Long work of the app: its arguments, and what is done with them.

    A subclass is one kind of work. It is imported by the app too, so whatever its work needs
    (PyTorch before all) is imported when it runs. The metadata of a field may have `stored_as`, its
    name in job records, and be `OPTIONAL`.

    Attributes:
        kind: the kind's name in job records; it never changes
        view: the page of the app that the kind belongs to
        doing: what a task of the kind does, in a few words for people
    """

    kind: ClassVar[str]
    view: ClassVar[str]
    doing: ClassVar[str] = ""

    @property
    def title(self) -> str:
        """What the task does, such as “Fitting “Fan” on 5 recordings”.

        Arguments may be missing: a damaged record is shown too.
        """
        return self.doing

    @abstractmethod
    def run(self, progress: Progress = silent) -> dict[str, Any]:
        """Do the work.

        Args:
            progress: called with stages and fractions; it stops the work by raising `Cancelled`

        Returns:
            The result for the job's record, plain JSON.

        Raises:
            HearMapError: the work cannot be done.
            Cancelled: the progress stopped it.
        """

    def resumed(self, since: datetime.datetime) -> Task:
        """Make the task that is done where this one was stopped; by default it begins again.

        Args:
            since: when it was first asked for

        Returns:
            The task to run.
        """
        return self

    def check(self) -> None:
        """Check the arguments before the task is put in the queue.

        Raises:
            SettingError: one is missing, of another type or out of range; the sentence names it.
        """
        hints = typing.get_type_hints(type(self))
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            missing = _is_required(field) and value in ("", (), [])
            if missing or not _suits(value, hints[field.name]):
                name = field.name.replace("_", " ")
                raise SettingError(f"The {name} of the work “{self.kind}” cannot be {value!r}.")

    def as_record(self) -> dict[str, Any]:
        """Give the arguments as a job's record holds them.

        Returns:
            Plain JSON by stored names.
        """
        values = {
            _stored_name(field): getattr(self, field.name)
            for field in dataclasses.fields(self)
            if not (field.metadata.get("optional") and getattr(self, field.name) == field.default)
        }
        record: dict[str, Any] = as_json(values)
        return record

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Make the task of a job's record, which another version may have written.

        Names that are not known are left out. What is missing has its default; without one it is
        empty, which `check` refuses.

        Args:
            record: arguments by stored names

        Returns:
            The task; its arguments are not checked.
        """
        hints = typing.get_type_hints(cls)
        values = {}
        for field in dataclasses.fields(cls):
            value = record.get(_stored_name(field))
            if value is None and _is_required(field):
                hint = hints[field.name]
                value = "" if hint is str else () if typing.get_origin(hint) is Sequence else None
                values[field.name] = value
            elif value is not None:
                values[field.name] = value
        return cls(**values)


@dataclasses.dataclass(frozen=True, kw_only=True)
class KeyedTask(Task):
    """A task whose result is saved under a key that follows from its arguments."""

    @property
    def key(self) -> str:
        """The key of the result: equal for equal arguments."""
        return explanation_key(self.kind, self.as_record())


def n_recordings(clip_ids: Sequence[str]) -> str:
    """Say how many recordings these are.

    Args:
        clip_ids: their ids

    Returns:
        Such as “5 recordings”.

    >>> n_recordings(["a"])
    '1 recording'
    """
    return f"{len(clip_ids)} recording{'' if len(clip_ids) == 1 else 's'}"


def _stored_name(field: dataclasses.Field[Any]) -> str:
    return field.metadata.get("stored_as") or field.name


def _is_required(field: dataclasses.Field[Any]) -> bool:
    return field.default is field.default_factory is dataclasses.MISSING


def _suits(value: object, hint: Any) -> bool:
    # Whether a value that may come from JSON is of the type of its field.
    origin = typing.get_origin(hint)
    if origin in (Union, types.UnionType):
        return any(_suits(value, part) for part in typing.get_args(hint))
    if origin is Sequence:
        (item,) = typing.get_args(hint)
        return isinstance(value, (list, tuple)) and all(_suits(one, item) for one in value)
    if origin is Literal:
        return value in typing.get_args(hint)
    if hint in (int, float):
        allowed = int if hint is int else (int, float)
        return isinstance(value, allowed) and not isinstance(value, bool)
    return hint is Any or isinstance(value, origin or hint)
