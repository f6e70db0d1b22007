"""ESC-50 as it is distributed: `audio/*` and `meta/esc50.csv`, with a fold and a source each.

Piczak, "ESC: Dataset for Environmental Sound Classification", 2015; CC BY-NC 3.0 (its ESC-10
part CC BY 3.0). Published on GitHub as karolpiczak/ESC-50.
"""

from __future__ import annotations

from pathlib import Path

from core.errors import DataSetError
from core.evaluation.datasets.recording import Recording, listed_file, listed_rows, of_classes

__all__ = ["Recording", "esc50", "of_classes"]

COLUMNS = ("filename", "fold", "category", "src_file")


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
    return [
        Recording(
            path=listed_file(root / "audio", row["filename"], table),
            category=row["category"],
            fold=row["fold"],
            source=row["src_file"],
        )
        for row in listed_rows(table, COLUMNS, fold="fold")
    ]
