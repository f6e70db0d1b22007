"""Head settings are frozen dataclasses whose fields say their range and what they do."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar

from core.errors import SettingError

SettingsT = TypeVar("SettingsT")

HIGHEST_SEED = 2**64 - 1

# What settings and their values were called up to 0.1.0: saved models, job records and people's
# scripts have these names.
FORMER_NAMES = {"reference": "views", "loudness_exponent": "energy_exponent"}
FORMER_VALUES = {"views": {"clip": "event"}}


def checked_seed(seed: int) -> int:
    """Refuse a seed that a source of random numbers does not take.

    Args:
        seed: any number.

    Returns:
        The seed.

    Raises:
        SettingError: it is out of range.
    """
    if not 0 <= seed <= HIGHEST_SEED:
        raise SettingError(f"A seed is a whole number from 0 to {HIGHEST_SEED}, not {seed}.")
    return seed


def option(
    default: Any,
    help: str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] | None = None,
) -> Any:
    """Make a dataclass field with a sentence of help and its allowed values.

    Args:
        default: its value where none is given.
        help: a sentence for people.
        low: the lowest number allowed.
        high: the highest number allowed.
        choices: the words allowed.

    Returns:
        What a dataclass takes as a field.
    """
    metadata = {"help": help, "low": low, "high": high, "choices": choices}
    return dataclasses.field(default=default, metadata=metadata)


def with_current_names(values: Mapping[str, Any]) -> dict[str, Any]:
    """Rename settings and values that have their names of 0.1.0.

    Args:
        values: settings by name.

    Returns:
        The settings by their names of today, in their order. Of a setting that is there under
        both names the later one counts, so that what is laid over a preset still wins.
    """
    renamed = {FORMER_NAMES.get(name, name): value for name, value in values.items()}
    return {name: FORMER_VALUES.get(name, {}).get(str(v), v) for name, v in renamed.items()}


def with_former_names(values: Mapping[str, Any]) -> dict[str, Any]:
    """Give settings the names and values they had in 0.1.0.

    What identifies work on disk (a training's state, a benchmark's finished unit) is a digest of
    these, so that work that 0.1.0 began is found and continued.

    Args:
        values: settings by their names of today.

    Returns:
        The same settings in their order, renamed.
    """
    former = {}
    for name, value in values.items():
        values_then = {now: then for then, now in FORMER_VALUES.get(name, {}).items()}
        name_then = next((then for then, now in FORMER_NAMES.items() if now == name), name)
        former[name_then] = values_then.get(str(value), value)
    return former


def make_settings(kind: type[SettingsT], owner: str, values: Mapping[str, Any]) -> SettingsT:
    """Make the settings of a dataclass from named values.

    Args:
        kind: the dataclass, whose fields are made by `option`.
        owner: who has these settings, for the sentence of an error.
        values: as they are or as text, under their names of today or of 0.1.0.

    Returns:
        The settings; what is not named has its default.

    Raises:
        SettingError: a name is unknown, or a value of the wrong type or out of range.
    """
    values = with_current_names(values)
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
