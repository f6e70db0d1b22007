"""Which clips were cut from one recording, told by their names.

Clips of one recording resemble each other more than they resemble the next recording; held out
apart, they make a calibration flatter itself. `Detector.fit` keeps the clips of a group together.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from core.errors import SettingError

RULES = ("file", "folder", "prefix", "field:N")
_FIELD = re.compile(r"field:([0-9]{1,3})")
_SEPARATORS = re.compile(r"[-_]+")


def group_by(names: Sequence[str], rule: str) -> list[str]:
    """The group of each file name, in order, by one rule.

    file: each on its own. folder: by the folder it lies in. prefix: by the name up to its first
    - or _, or where it has none up to the number it ends in. field:N: by the N-th part, from 1,
    of the name without extension, its parts separated by - or _. A name that the rule finds
    nothing in is a group of its own. Groups of a prefix or field hold within one folder and
    across folders alike; case is kept.

    >>> group_by(["1-17150-A-12.wav", "1-17150-B-12.wav", "1-9-A-12.wav"], "field:2")
    ['17150', '17150', '9']
    >>> group_by(["monday/pump_01.wav", "tuesday/pump_02.wav"], "folder")
    ['monday', 'tuesday']
    >>> group_by(["fan_01.wav", "fan_02.wav", "pump 1.wav", "pump 2.wav"], "prefix")
    ['fan', 'fan', 'pump', 'pump']

    Raises:
        SettingError: there is no such rule.
    """
    if rule == "file":
        # Two files of one name are two files.
        return [f"{name}\n{number}" for number, name in enumerate(names)]
    if rule == "folder":
        return [str(_path(name).parent) for name in names]
    if rule == "prefix":
        return [_prefix(_path(name).stem) or name for name in names]
    field = _FIELD.fullmatch(rule)
    if field is None or int(field.group(1)) < 1:
        raise SettingError(
            f"Clips cannot be grouped by “{rule}”; the rules are {', '.join(RULES)}, where N is "
            "a number from 1 on."
        )
    return [_field(_path(name).stem, int(field.group(1))) or name for name in names]


def _path(name: str) -> PurePosixPath:
    return PurePosixPath(name.replace("\\", "/"))


def _prefix(stem: str) -> str:
    parts = [part for part in _SEPARATORS.split(stem) if part]
    return parts[0] if len(parts) > 1 else re.sub(r"[\s\d]+$", "", stem)


def _field(stem: str, number: int) -> str:
    parts = _SEPARATORS.split(stem)
    return parts[number - 1] if number <= len(parts) else ""
