"""Classes of clips from a CSV with two columns, file and class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from core.errors import SettingError
from core.exchange.csv_cells import read_rows


def read_class_table(content: bytes, name: str) -> dict[str, str]:
    r"""Read a table; columns after the second are ignored.

    Args:
        content: the CSV file, its columns parted by commas, semicolons or tabs. A first line whose
            second cell is "class" or "label" is a heading
        name: what sentences call the file

    Returns:
        Classes by file name, folders separated by /.

    Raises:
        SettingError: it is no text, a line has no second column, or a file has two classes.

    >>> read_class_table(b"file,class\na.wav,fan\n", "t.csv")
    {'a.wav': 'fan'}
    """
    classes: dict[str, str] = {}
    for place, (number, row) in enumerate(read_rows(content, name)):
        cells = [cell.strip() for cell in row]
        if place == 0 and len(cells) > 1 and cells[1].lower() in ("label", "class"):
            continue
        if len(cells) < 2 or not cells[0] or not cells[1]:
            raise SettingError(f"“{name}” has no file and class in line {number}.")
        if classes.setdefault(cells[0].replace("\\", "/"), cells[1]) != cells[1]:
            raise SettingError(f"“{name}” gives “{cells[0]}” two classes.")
    if not classes:
        raise SettingError(f"“{name}” lists no files; it needs two columns, file and class.")
    return classes


def classes_from_table(names: Sequence[str], classes: Mapping[str, str]) -> list[str]:
    r"""Look up the class of each clip, by its whole path or by the end of it that the table has.

    Args:
        names: the files' names or paths, with / or \
        classes: the table, of `read_class_table`

    Returns:
        A class for each name.

    Raises:
        SettingError: the table has none for some; the first is named.
    """
    found, missing = [], []
    for name in names:
        parts = PurePosixPath(name.replace("\\", "/")).parts
        ends = ("/".join(parts[i:]) for i in range(len(parts)))
        end = next((end for end in ends if end in classes), None)
        if end is None:
            missing.append(name)
        else:
            found.append(classes[end])
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise SettingError(f"The table has no class for “{missing[0]}”{more}.")
    return found
