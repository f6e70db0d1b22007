"""Groups and classes of clips, by rules on their file names.

The clips of a group were cut from one recording. They resemble each other more than they resemble
the next recording, so `Detector.fit` keeps them on one side of its cross-fitting. A class is what
a recording belongs to (a machine, its part, the speed it runs at), for heads that learn by telling
classes of normal clips apart.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from core.audio.class_table import classes_from_table, read_class_table
from core.errors import SettingError
from core.runtime.atomic_write import os_errors_as

GROUP_RULES = ("file", "folder", "prefix", "field:N")
CLASS_RULES = ("folder", "name-field:N", "csv:FILE")
# Either command understands either spelling.
_FIELD = re.compile(r"(?:name-)?field:([0-9]{1,3})")
_SEPARATORS = re.compile(r"[-_]+")


def group_by(names: Sequence[str], rule: str) -> list[str]:
    r"""Find the group of each clip.

    Args:
        names: the files' names or paths, with / or \
        rule: "file": each on its own. "folder": by the folder it lies in. "prefix": by the name up
            to its first - or _, or where it has none up to the number it ends in. "field:N": by
            the N-th part, from 1, of the name without extension, its parts separated by - or _

    Returns:
        A group for each name. A name that the rule finds nothing in is a group of its own. Groups
        of a prefix or field hold within one folder and across folders alike; case is kept.

    Raises:
        SettingError: there is no such rule.

    >>> group_by(["1-17150-A-12.wav", "1-17150-B-12.wav", "1-9-A-12.wav"], "field:2")
    ['17150', '17150', '9']
    >>> group_by(["monday/pump_01.wav", "tuesday/pump_02.wav"], "folder")
    ['monday', 'tuesday']
    >>> group_by(["fan_01.wav", "fan_02.wav", "pump 1.wav", "pump 2.wav"], "prefix")
    ['fan', 'fan', 'pump', 'pump']
    """
    if rule == "file":
        # Two files of one name are two files.
        return [f"{name}\n{number}" for number, name in enumerate(names)]
    if rule == "folder":
        return [str(_path(name).parent) for name in names]
    if rule == "prefix":
        return [_prefix(_path(name).stem) or name for name in names]
    if number := _field_number(rule):
        return [_part(name, number) or name for name in names]
    raise SettingError(
        f"Clips cannot be grouped by “{rule}”; the rules are {', '.join(GROUP_RULES)}, where N is "
        "a number from 1 on."
    )


def class_by(names: Sequence[str], rule: str) -> list[str]:
    r"""Find the class of each clip.

    Args:
        names: the files' names or paths, with / or \
        rule: "folder": by the folder it lies in. "name-field:N": by the N-th part, from 1, of the
            name without extension, its parts separated by - or _. "csv:FILE": as the table says,
            see `core.audio.class_table`

    Returns:
        A class for each name.

    Raises:
        SettingError: there is no such rule, a name has no such part, or the table has no such name.

    >>> class_by(["fan/a.wav", "pump/b.wav"], "folder")
    ['fan', 'pump']
    >>> class_by(["normal_id_00_7.wav", "normal_id_02_1.wav"], "name-field:3")
    ['00', '02']
    """
    if rule == "folder":
        return group_by(names, rule)
    if (number := _field_number(rule)) is not None:
        if number < 1:
            raise SettingError("The parts of a name are counted from 1.")
        classes = [_part(name, number) for name in names]
        for name, found in zip(names, classes, strict=True):
            if not found:
                raise SettingError(f"“{name}” has no part {number}; parts are separated by - or _.")
        return classes
    if rule.startswith("csv:") and len(rule) > 4:
        path = Path(rule[4:])
        with os_errors_as(SettingError, f"“{path}” cannot be read"):
            content = path.read_bytes()
        return classes_from_table(names, read_class_table(content, path.name))
    raise SettingError(
        f"Clips have no classes by “{rule}”; the rules are {', '.join(CLASS_RULES)}, where N is a "
        "number from 1 on."
    )


def _path(name: str) -> PurePosixPath:
    return PurePosixPath(name.replace("\\", "/"))


def _prefix(stem: str) -> str:
    parts = [part for part in _SEPARATORS.split(stem) if part]
    return parts[0] if len(parts) > 1 else re.sub(r"[\s\d]+$", "", stem)


def _field_number(rule: str) -> int | None:
    field = _FIELD.fullmatch(rule)
    return int(field[1]) if field else None


def _part(name: str, number: int) -> str:
    parts = _SEPARATORS.split(_path(name).stem)
    return parts[number - 1] if number <= len(parts) else ""
