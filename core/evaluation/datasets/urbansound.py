"""UrbanSound8K as it is distributed: `audio/fold1..fold10/*.wav` and `metadata/UrbanSound8K.csv`.

Salamon, Jacoby and Bello, "A Dataset and Taxonomy for Urban Sound Research", 2014; CC BY-NC 3.0.
Published on Zenodo as record 1203745.
"""

from __future__ import annotations

from pathlib import Path

from core.errors import DataSetError
from core.evaluation.datasets.recording import Recording, listed_file, listed_rows
from core.types import SHORTEST_CLIP_SECONDS

COLUMNS = ("slice_file_name", "fsID", "start", "end", "fold", "class")

# The normal classes of EnvMix (Vision to Sound, section 3.1).
NORMALS = (
    *("air_conditioner", "engine_idling", "street_music", "drilling"),
    *("car_horn", "jackhammer", "children_playing", "siren"),
)


def urbansound(root: Path) -> list[Recording]:
    """Every slice that the CSV lists, in its order; at most 4 s each, of mixed rates and channels.

    The source is the slice's Freesound number. A handful of slices last less than 0.1 s, too
    short for a map; they are left out.

    Raises:
        DataSetError: the folder has another layout, or lacks a column or a file; the sentence
            names the first.
    """
    table = root / "metadata" / "UrbanSound8K.csv"
    if not table.is_file():
        raise DataSetError(
            f"{root} is not UrbanSound8K: it has no metadata/UrbanSound8K.csv. Give the folder "
            "that holds audio/ and metadata/ (published as Zenodo record 1203745)."
        )
    return [
        Recording(
            path=listed_file(root / "audio" / f"fold{row['fold']}", row["slice_file_name"], table),
            category=row["class"],
            fold=row["fold"],
            source=row["fsID"],
        )
        for row in listed_rows(table, COLUMNS, fold="fold")
        if _seconds(row["start"], row["end"], table) >= SHORTEST_CLIP_SECONDS
    ]


def _seconds(start: str, end: str, table: Path) -> float:
    try:
        return float(end) - float(start)
    except ValueError:
        raise DataSetError(
            f"{table} says a slice lasts from “{start}” to “{end}”; these must be seconds."
        ) from None
