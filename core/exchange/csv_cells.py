"""CSV files as every export writes them and every import reads them.

A spreadsheet takes a text that begins with = + - or @ for a formula, and may run it. Such a text
is written with an apostrophe before it, and read without it. Numbers stay numbers, with a decimal
point and all their digits.
"""

from __future__ import annotations

import codecs
import csv
import io
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.errors import SettingError
from core.exchange.text import decoded, lines_of, number

BYTE_ORDER_MARK = codecs.BOM_UTF8
_DELIMITERS = ",;\t"


def inert(text: str) -> str:
    r"""Write a text so that no spreadsheet takes it for a formula.

    Args:
        text: Any text.

    Returns:
        The text, with an apostrophe before it where one is needed; `original` takes it away.

    >>> inert("=1+1"), inert(" \t＝1"), inert("'=1"), inert("a=1"), inert("'a")
    ("'=1+1", "' \t＝1", "''=1", 'a=1', "'a")
    """
    return f"'{text}" if _is_formula(text.lstrip("'")) else text


def original(cell: str) -> str:
    """Read a text that `inert` wrote.

    Args:
        cell: A cell.

    Returns:
        The text before it was written.

    >>> original("'=1+1"), original("''=1"), original("'a"), original("-3.2")
    ('=1+1', "'=1", "'a", '-3.2')
    """
    return cell[1:] if cell.startswith("'") and _is_formula(cell.lstrip("'")) else cell


def _is_formula(text: str) -> bool:
    if text[:1] in ("\t", "\r", "\n"):
        return True
    for letter in text:
        # Spaces of all kinds, control characters and marks that nobody sees.
        if letter.isspace() or unicodedata.category(letter) in ("Cc", "Cf"):
            continue
        # Full-width and small forms count as what they look like.
        return unicodedata.normalize("NFKC", letter)[:1] in ("=", "+", "-", "−", "@")
    return False


def write_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    r"""Write a table.

    Args:
        header: The columns' names.
        rows: Cells: texts, numbers, or None for an empty one.

    Returns:
        A CSV file in UTF-8.

    >>> write_table(["name", "seconds"], [["=a", 36012.988], ["b", -3.2], ["c", None]])
    b"name,seconds\n'=a,36012.988\nb,-3.2\nc,\n"
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    # Bytes of a file name that is no UTF-8 are seen as \\udcff, so that names stay different.
    return out.getvalue().encode("utf-8", "backslashreplace")


def _cell(value: object) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, str):
        # Python 3.10 writes a lone \r without quotes, and reads it as the end of a line.
        return inert(re.sub("\r\n?", "\n", value.replace("\x00", "�")))
    # float: NumPy's own numbers would write their type.
    return repr(float(value)) if isinstance(value, float) else str(value)


@dataclass(frozen=True)
class Table:
    """A table that was read.

    Attributes:
        columns: The columns' names, in lower case.
        rows: The number of each row's first line in the file, and its cells by column; rows without
            a filled cell are left out.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[int, Mapping[str, str]], ...]

    def first_of(self, *names: str) -> str | None:
        """Find the first of some columns that the table has.

        Args:
            names: Names in lower case, the likeliest first.

        Returns:
            The column's name, None if the table has none of them.
        """
        return next((name for name in names if name in self.columns), None)


def read_table(data: bytes, name: str) -> Table:
    r"""Read a table whose columns are parted by commas, semicolons or tabs.

    Args:
        data: The file, as HearMap, Excel or LibreOffice writes it, in any usual encoding.
        name: What sentences call it.

    Returns:
        The table; texts are as they were before `inert`.

    Raises:
        SettingError: It is no such table.

    >>> read_table("﻿Name;seconds\r\n'=a;3,5\r\n".encode(), "t.csv").rows
    ((2, {'name': '=a', 'seconds': '3,5'}),)
    """
    rows = read_rows(data, name)
    columns = tuple(cell.strip().lower() for cell in rows[0][1]) if rows else ()
    return Table(
        columns,
        tuple((line, dict(zip(columns, cells, strict=False))) for line, cells in rows[1:]),
    )


def read_rows(data: bytes, name: str) -> list[tuple[int, list[str]]]:
    """Read the rows of a table that may have no heading.

    Args:
        data: The file, as `read_table` takes it.
        name: What sentences call it.

    Returns:
        The number of each row's first line in the file, and its cells; rows without a filled cell
        are left out.

    Raises:
        SettingError: It is no such table.
    """
    text = decoded(data, name)
    lines = lines_of(text)
    first = lines[0] if lines else ""
    says_delimiter = first[:4].lower() == "sep=" and len(first) == 5  # Excel's own note
    delimiter = first[4] if says_delimiter else max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[tuple[int, list[str]]] = []
    begins = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((begins, [original(cell) for cell in cells]))
            begins = reader.line_num + 1
    except csv.Error as error:
        raise SettingError(f"“{name}” cannot be read as a CSV file ({error}).") from None
    return rows[says_delimiter:]


def optional_number(cells: Mapping[str, str], column: str | None) -> float | None:
    """Read a number that may be missing.

    Args:
        cells: A row of `Table`.
        column: Its column; None where the table has none.

    Returns:
        The number, None for an empty cell.

    Raises:
        SettingError: It is no number.
    """
    cell = cells.get(column, "").strip() if column else ""
    if not cell:
        return None
    try:
        return number(cell)
    except ValueError:
        raise SettingError(f"“{cell[:40]}” in column “{column}” is no number.") from None
