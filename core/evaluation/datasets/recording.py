"""A recording of a data set: where it lies, its class, its fold and what it was cut from."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from core.audio.source import shown_name
from core.errors import DataSetError
from core.runtime.atomic_write import error_reason


@dataclass(frozen=True)
class Recording:
    """One file of a data set: its class, its fold and the recording it was cut from.

    `source` is a Freesound number in ESC-50 and UrbanSound8K, so that two data sets can be mixed
    without one recording being both normal and anomalous.
    """

    path: Path
    category: str
    fold: int
    source: str


def of_classes(
    recordings: list[Recording], classes: Collection[str], folds: Collection[int]
) -> list[Recording]:
    """The recordings of these classes and folds.

    Raises:
        DataSetError: a class has no recording in these folds.
    """
    known = sorted({recording.category for recording in recordings})
    for name in classes:
        if not any(r.category == name and r.fold in folds for r in recordings):
            what = (
                "has no clip in folds " + ", ".join(map(str, folds))
                if name in known
                else "is not in the data"
            )
            raise DataSetError(f"Class “{name}” {what}; the classes are {', '.join(known)}.")
    return [r for r in recordings if r.category in classes and r.fold in folds]


def listed_rows(table: Path, columns: Collection[str], fold: str) -> Iterator[Any]:
    """The rows of a data set's CSV, every value as text but the fold's, a whole number.

    Numbers stay text because a column with one gap would otherwise turn 1234 into “1234.0”.

    Raises:
        DataSetError: it cannot be read, lacks a column, has no rows, or a gap or a fold that is no
            number; the sentence names the first.
    """
    try:
        rows = pd.read_csv(table, dtype=str, na_filter=False)
    except OSError as error:
        raise DataSetError(f"{table} cannot be read ({error_reason(error)}).") from None
    except ValueError as error:
        raise DataSetError(f"{table} cannot be read as a CSV file ({error}).") from None
    missing = [column for column in columns if column not in rows.columns]
    if missing:
        raise DataSetError(f"{table} has no column “{missing[0]}”; it needs {', '.join(columns)}.")
    if rows.empty:
        raise DataSetError(f"{table} lists no recordings; download it again.")
    for column in columns:
        gaps = rows.index[rows[column].str.strip() == ""]
        if len(gaps):
            raise DataSetError(f"{table} has no “{column}” in line {gaps[0] + 2}.")
    wrong = rows.index[~rows[fold].str.fullmatch(r"\d+")]
    if len(wrong):
        raise DataSetError(
            f"{table} has “{shown_name(rows[fold][wrong[0]])}” as a fold in line {wrong[0] + 2}; "
            "folds are whole numbers."
        )
    rows[fold] = rows[fold].astype(int)
    # Column names need not be Python names (UrbanSound8K has “class”), so rows are dictionaries.
    return iter(rows.to_dict("records"))


def listed_file(folder: Path, name: str, table: Path) -> Path:
    """The file in a folder that a table lists.

    Raises:
        DataSetError: it is not there, or the name leads out of the folder.
    """
    path = folder / name
    if Path(name).name != name:
        raise DataSetError(
            f"{table} lists “{shown_name(name)}”, which is a path; it must be a file's name."
        )
    if not path.is_file():
        raise DataSetError(f"{table} lists {shown_name(name)}, which is not in {folder}.")
    return path
