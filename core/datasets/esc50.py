"""ESC-50 as it is distributed: `audio/*` and `meta/esc50.csv`, with a fold and a source each.

Piczak, "ESC: Dataset for Environmental Sound Classification", 2015; CC BY-NC 3.0 (its ESC-10
part CC BY 3.0). Published on GitHub as karolpiczak/ESC-50.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from core.errors import DataSetError

COLUMNS = ("filename", "fold", "category", "src_file")


@dataclass(frozen=True)
class Recording:
    """One file of a data set: its class, its fold and the recording it was cut from."""

    path: Path
    category: str
    fold: int
    source: str


def esc50(root: Path) -> list[Recording]:
    """Every recording that the CSV lists, in its order; 5 s each.

    Raises:
        DataSetError: the folder has another layout, or lacks a column or a file; the sentence
            names the first.
    """
    table = root / "meta" / "esc50.csv"
    if not table.is_file():
        raise DataSetError(
            f"{root} is not ESC-50: it has no meta/esc50.csv. Give the folder that holds audio/ "
            "and meta/ (published as karolpiczak/ESC-50)."
        )
    try:
        rows = pd.read_csv(table)
    except (ValueError, OSError) as error:
        raise DataSetError(f"{table} cannot be read as a CSV file ({error}).") from None
    missing = [column for column in COLUMNS if column not in rows.columns]
    if missing:
        raise DataSetError(f"{table} has no column “{missing[0]}”; it needs {', '.join(COLUMNS)}.")
    recordings = [
        Recording(
            root / "audio" / str(row.filename), str(row.category), int(row.fold), str(row.src_file)
        )
        for row in rows.itertuples()
    ]
    for recording in recordings:
        if not recording.path.is_file():
            raise DataSetError(
                f"{table} lists {recording.path.name}, which is not in {root}/audio."
            )
    return recordings


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
