"""Which class each clip is of, told by its folder, its name or a CSV.

For heads that learn by telling classes of normal clips apart, such as machines, their parts or the
speed they run at.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from core.audio.grouping import group_by
from core.errors import SettingError
from core.runtime.atomic_write import error_reason

RULES = ("folder", "name-field:N", "csv:FILE")
_FIELD = re.compile(r"name-field:([0-9]{1,3})")


def class_by(names: Sequence[str], rule: str) -> list[str]:
    """The class of each file name, in order, by one rule.

    folder: the folder it lies in. name-field:N: the N-th part, from 1, of its name without
    extension, parts separated by - or _. csv:FILE: as the table says, see `read_table`.

    >>> class_by(["fan/a.wav", "pump/b.wav"], "folder")
    ['fan', 'pump']
    >>> class_by(["normal_id_00_7.wav", "normal_id_02_1.wav"], "name-field:3")
    ['00', '02']

    Raises:
        SettingError: there is no such rule, a name has no such part, or the table has no such name.
    """
    if rule == "folder":
        return group_by(names, "folder")
    if field := _FIELD.fullmatch(rule):
        return _by_field(names, int(field.group(1)))
    if rule.startswith("csv:") and len(rule) > 4:
        path = Path(rule[4:])
        try:
            text = path.read_text(encoding="utf-8-sig")
        except OSError as error:
            raise SettingError(f"“{path}” cannot be read: {error_reason(error)}.") from None
        except UnicodeDecodeError:
            raise SettingError(f"“{path}” is no text in UTF-8.") from None
        return by_table(names, read_table(text, path.name))
    raise SettingError(
        f"Clips cannot be labelled by “{rule}”; the rules are {', '.join(RULES)}, where N is a "
        "number from 1 on."
    )


def read_table(text: str, name: str) -> dict[str, str]:
    r"""Classes by file name, of a CSV with two columns, file and class; more columns are ignored.

    A first line whose second cell is “label” or “class” is a heading.

    >>> read_table("file,label\na.wav,fan\n", "t.csv")
    {'a.wav': 'fan'}

    Raises:
        SettingError: a line has no second column, or a file has two classes.
    """
    classes: dict[str, str] = {}
    try:
        lines = list(csv.reader(io.StringIO(text)))
    except csv.Error as error:
        raise SettingError(f"“{name}” cannot be read as a CSV file ({error}).") from None
    for number, cells in enumerate(lines, start=1):
        cells = [cell.strip() for cell in cells]
        if not any(cells):
            continue
        if number == 1 and len(cells) > 1 and cells[1].lower() in ("label", "class"):
            continue
        if len(cells) < 2 or not cells[0] or not cells[1]:
            raise SettingError(f"“{name}” has no file and class in line {number}.")
        if classes.setdefault(cells[0].replace("\\", "/"), cells[1]) != cells[1]:
            raise SettingError(f"“{name}” gives “{cells[0]}” two classes.")
    if not classes:
        raise SettingError(f"“{name}” lists no files; it needs two columns, file and class.")
    return classes


def by_table(names: Sequence[str], classes: Mapping[str, str]) -> list[str]:
    """The class of each name: by its whole path, or by the end of it that the table has.

    Raises:
        SettingError: the table has none for some; the first is named.
    """
    found = [_looked_up(name, classes) for name in names]
    missing = [name for name, label in zip(names, found, strict=True) if label is None]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise SettingError(f"The table has no class for “{missing[0]}”{more}.")
    return [label or "" for label in found]


def _looked_up(name: str, classes: Mapping[str, str]) -> str | None:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    ends = ("/".join(parts[i:]) for i in range(len(parts)))
    return next((classes[end] for end in ends if end in classes), None)


def _by_field(names: Sequence[str], number: int) -> list[str]:
    if number < 1:
        raise SettingError("The parts of a name are counted from 1.")
    labels = []
    for name in names:
        parts = re.split(r"[-_]+", PurePosixPath(name.replace("\\", "/")).stem)
        if number > len(parts) or not parts[number - 1]:
            raise SettingError(f"“{name}” has no part {number}; parts are separated by - or _.")
        labels.append(parts[number - 1])
    return labels
