"""The CSV files of data sets, read as text and refused with the first thing that is wrong."""

from __future__ import annotations

import contextlib
import csv
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from core.audio.source import shown_name
from core.errors import DataSetError
from core.runtime.atomic_write import error_reason


def read_table(table: Path, columns: Collection[str]) -> pd.DataFrame:
    """Read a CSV with a header, every value as text.

    Numbers stay text because a column with one gap would otherwise turn 1234 into “1234.0”.

    Args:
        table: The CSV.
        columns: The columns it must have.

    Returns:
        A row for each line after the header; a gap is "".

    Raises:
        DataSetError: it cannot be read, or lacks a column; the sentence names the first.
    """
    with _reading(table):
        rows = pd.read_csv(table, dtype=str, na_filter=False)
    missing = [column for column in columns if column not in rows.columns]
    if missing:
        raise DataSetError(f"{table} has no column “{missing[0]}”; it needs {', '.join(columns)}.")
    return rows


def read_lines(table: Path) -> list[list[str]]:
    """Read a CSV without a header.

    Args:
        table: The CSV.

    Returns:
        The values of each line, empty lines left out.

    Raises:
        DataSetError: it is not there or cannot be read.
    """
    with _reading(table), table.open(encoding="utf-8", newline="") as stream:
        return [line for line in csv.reader(stream) if line]


def read_listing(
    root: Path, table_name: str, columns: Collection[str], *, data_set: str, published: str
) -> list[dict[str, Any]]:
    """Read the CSV in which a data set lists its recordings, with a column “fold”.

    Args:
        root: The data set's folder.
        table_name: Where the CSV lies in it, such as “meta/esc50.csv”.
        columns: The columns it must have, without gaps.
        data_set: The data set's name, for people.
        published: Where it is published, for people.

    Returns:
        A dictionary a row: column names need not be Python names (UrbanSound8K has “class”).
        The fold is a whole number, every other value text.

    Raises:
        DataSetError: it is not there, cannot be read, lacks a column, has no rows, a gap, or a
            fold that is no number; the sentence names the first.
    """
    table = root / table_name
    if not table.is_file():
        raise DataSetError(
            f"{root} is not {data_set}: it has no {table_name}. Give the folder that holds audio/ "
            f"and {table.parent.name}/ (published as {published})."
        )
    rows = read_table(table, columns)
    if rows.empty:
        raise DataSetError(f"{table} lists no recordings; download it again.")
    for column in columns:
        gaps = rows.index[rows[column].str.strip() == ""]
        if len(gaps):
            raise DataSetError(f"{table} has no “{column}” in line {gaps[0] + 2}.")
    wrong = rows.index[~rows["fold"].str.fullmatch(r"\d+")]
    if len(wrong):
        raise DataSetError(
            f"{table} has “{shown_name(rows['fold'][wrong[0]])}” as a fold in line {wrong[0] + 2}; "
            "folds are whole numbers."
        )
    rows["fold"] = rows["fold"].astype(int)
    listed: list[dict[str, Any]] = rows.to_dict("records")
    return listed


def listed_file(folder: Path, name: str, table: Path) -> Path:
    """Find a file that a table lists.

    Args:
        folder: Where it should lie.
        name: Its name.
        table: The table that lists it.

    Returns:
        Its path.

    Raises:
        DataSetError: it is not there, or the name leads out of the folder.
    """
    if Path(name).name != name:
        raise DataSetError(
            f"{table} lists “{shown_name(name)}”, which is a path; it must be a file's name."
        )
    path = folder / name
    if not path.is_file():
        raise DataSetError(f"{table} lists {shown_name(name)}, which is not in {folder}.")
    return path


@contextlib.contextmanager
def _reading(table: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataSetError(f"{table} cannot be read ({error_reason(error)}).") from None
    except (ValueError, csv.Error) as error:
        raise DataSetError(f"{table} cannot be read as a CSV file ({error}).") from None
