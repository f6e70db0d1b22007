"""ESC-50 as it is distributed: `audio/*` and `meta/esc50.csv`, with a fold and a source each.

Piczak, "ESC: Dataset for Environmental Sound Classification", 2015; CC BY-NC 3.0 (its ESC-10
part CC BY 3.0). Published on GitHub as karolpiczak/ESC-50.
"""

from __future__ import annotations

from pathlib import Path

from core.evaluation.datasets.csv_tables import listed_file, read_listing
from core.evaluation.datasets.recording import Recording

TABLE = "meta/esc50.csv"
COLUMNS = ("filename", "fold", "category", "src_file")


def esc50(root: Path) -> list[Recording]:
    """List every recording of ESC-50, in the order of its CSV; 5 s each.

    Args:
        root: The folder that holds `audio` and `meta`.

    Returns:
        The recordings; the source is the Freesound number.

    Raises:
        DataSetError: the folder has another layout, or lacks a column or a file; the sentence
            names the first.
    """
    listed = read_listing(root, TABLE, COLUMNS, data_set="ESC-50", published="karolpiczak/ESC-50")
    return [
        Recording(
            path=listed_file(root / "audio", row["filename"], root / TABLE),
            category=row["category"],
            fold=row["fold"],
            source=row["src_file"],
        )
        for row in listed
    ]
