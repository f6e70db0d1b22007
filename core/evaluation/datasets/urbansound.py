"""UrbanSound8K as it is distributed: `audio/fold1..fold10/*.wav` and `metadata/UrbanSound8K.csv`.

Salamon, Jacoby and Bello, "A Dataset and Taxonomy for Urban Sound Research", 2014; CC BY-NC 3.0.
Published on Zenodo as record 1203745.
"""

from __future__ import annotations

from pathlib import Path

from core.errors import DataSetError
from core.evaluation.datasets.csv_tables import listed_file, read_listing
from core.evaluation.datasets.recording import Recording
from core.types import SHORTEST_CLIP_SECONDS

TABLE = "metadata/UrbanSound8K.csv"
COLUMNS = ("slice_file_name", "fsID", "start", "end", "fold", "class")


def urbansound(root: Path) -> list[Recording]:
    """List the slices of UrbanSound8K, in the order of its CSV.

    They last at most 4 s each, of mixed rates and channels. A handful last less than 0.1 s, too
    short for a map; they are left out.

    Args:
        root: The folder that holds `audio` and `metadata`.

    Returns:
        The slices as recordings; the source is the slice's Freesound number.

    Raises:
        DataSetError: the folder has another layout, or lacks a column or a file; the sentence
            names the first.
    """
    listed = read_listing(
        root, TABLE, COLUMNS, data_set="UrbanSound8K", published="Zenodo record 1203745"
    )
    table = root / TABLE
    return [
        Recording(
            path=listed_file(root / "audio" / f"fold{row['fold']}", row["slice_file_name"], table),
            category=row["class"],
            fold=row["fold"],
            source=row["fsID"],
        )
        for row in listed
        if _seconds(row["start"], row["end"], table) >= SHORTEST_CLIP_SECONDS
    ]


def _seconds(start: str, end: str, table: Path) -> float:
    try:
        return float(end) - float(start)
    except ValueError:
        raise DataSetError(
            f"{table} says a slice lasts from “{start}” to “{end}”; these must be seconds."
        ) from None
