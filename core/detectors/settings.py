"""Head settings are frozen dataclasses whose fields say their range and what they do."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar

from core.errors import SettingError

SettingsT = TypeVar("SettingsT")


def option(
    default: Any,
    help: str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] | None = None,
) -> Any:
    """A dataclass field with a sentence of help and its allowed values."""
    metadata = {"help": help, "low": low, "high": high, "choices": choices}
    return dataclasses.field(default=default, metadata=metadata)


def make_settings(kind: type[SettingsT], owner: str, values: Mapping[str, Any]) -> SettingsT:
    """Settings of a dataclass from named values, given as they are or as text.

    Raises:
        SettingError: a name is unknown, or a value of the wrong type or out of range.
    """
    fields = {field.name: field for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    for name in values:
        if name not in fields:
            raise SettingError(f"{owner} has no setting “{name}”; it has {', '.join(fields)}.")
    return kind(**{name: _parse(fields[name], value) for name, value in values.items()})


def _parse(field: dataclasses.Field[Any], value: Any) -> Any:
    low, high, choices = (field.metadata.get(key) for key in ("low", "high", "choices"))
    if isinstance(field.default, tuple):
        names = value.split(",") if isinstance(value, str) else value
        return tuple(str(name).strip() for name in names)
    if isinstance(field.default, bool):
        if str(value).lower() not in ("true", "false", "1", "0"):
            raise SettingError(f"{field.name} is either true or false, not “{value}”.")
        return str(value).lower() in ("true", "1")
    if choices is not None:
        if value not in choices:
            raise SettingError(f"{field.name} is one of {', '.join(choices)}, not “{value}”.")
        return value
    try:
        number = int(value) if isinstance(field.default, int) else float(value)
    except (TypeError, ValueError):
        kind = "a whole number" if isinstance(field.default, int) else "a number"
        raise SettingError(f"{field.name} is {kind}, not “{value}”.") from None
    if not (low is None or number >= low) or not (high is None or number <= high):
        span = f"from {low:g}" + (f" to {high:g}" if high is not None else " up")
        raise SettingError(f"{field.name} goes {span}; {value} is outside.")
    return number
