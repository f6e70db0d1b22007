"""Annotations as a CSV file, written and read: bad rows are named, the others count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.text import formats
from app.text import triage as text
from core.errors import SettingError
from core.exchange.csv_cells import BYTE_ORDER_MARK, read_table, write_table
from core.exchange.recording_names import find_by_name
from core.storage.annotations import VERDICTS, Annotation
from core.storage.scores import ScoreRecord
from core.storage.tables import now

COLUMNS = (
    *("clip_id", "name", "score", "p_value", "threshold", "anomalous"),
    *("start_s", "end_s", "low_hz", "high_hz", "annotation", "note", "by", "annotated_at"),
    "recorded_at",
)
# What the column was called in files of 0.1.0.
OLD_COLUMN = "label"


@dataclass(frozen=True)
class ImportedAnnotations:
    """The annotations of a file, and a sentence on each row that has none.

    Attributes:
        annotations: One for each recording, the last where there are several.
        problems: Sentences that name the row.
    """

    annotations: tuple[Annotation, ...]
    problems: tuple[str, ...]


def to_csv(scored: Sequence[ScoreRecord], annotations: Mapping[str, Annotation]) -> bytes:
    """Write all scored recordings, a row for each name of each, with the annotations there are.

    Args:
        scored: The scores.
        annotations: The annotations by the id of the recording.

    Returns:
        The file with `COLUMNS`, in UTF-8 with a byte order mark.
    """
    rows = []
    for score in scored:
        row: list[object] = (
            [None] * 4
            if score.score is None
            else [score.score, score.p_value, score.threshold, int(score.anomalous)]
        )
        box = score.regions[0] if score.regions else None
        row += [box.start_s, box.end_s, box.low_hz, box.high_hz] if box else [None] * 4
        said = annotations.get(score.clip_id)
        row += (
            [said.verdict, said.note, said.by, said.created_at.isoformat()] if said else [None] * 4
        )
        row.append(None if score.recorded_at is None else score.recorded_at.isoformat())
        rows += [[score.clip_id, name, *row] for name in score.names]
    return BYTE_ORDER_MARK + write_table(COLUMNS, rows)


def from_csv(
    data: bytes, names: Mapping[str, Sequence[str]], *, by: str, file_name: str = text.FILE
) -> ImportedAnnotations:
    """Read the annotations of a CSV file with columns “annotation”, and “clip_id” or “name”.

    Commas, semicolons and tabs part columns. Rows without an annotation are passed over.

    Args:
        data: The file.
        names: Every name of the known recordings by id.
        by: Who says so, where the file names nobody.
        file_name: What sentences call the file.

    Returns:
        The annotations, and what is wrong with other rows.

    Raises:
        SettingError: This is no such table; the sentence says what is missing.
    """
    table = read_table(data, file_name)
    column = table.first_of("annotation", OLD_COLUMN)
    if column is None:
        raise SettingError(text.NO_ANNOTATION_COLUMN)
    if table.first_of("clip_id", "name") is None:
        raise SettingError(text.NO_NAME_COLUMN)
    found: dict[str, Annotation] = {}
    problems: list[str] = []
    for number, row in table.rows:
        cells = {name: cell.strip() for name, cell in row.items()}
        verdict = cells.get(column, "").lower()
        if not verdict:
            continue
        clip_id, problem = _recording_of(cells, names)
        if verdict not in VERDICTS:
            problem = text.NO_ANNOTATION.format(value=verdict[:40], choices=", ".join(VERDICTS))
        if problem:
            problems.append(text.ROW.format(number=number, problem=problem))
            continue
        note, who = cells.get("note", ""), cells.get("by", "") or by
        found[clip_id] = Annotation(clip_id, verdict, note, who, now())
    return ImportedAnnotations(tuple(found.values()), tuple(problems))


def _recording_of(cells: Mapping[str, str], names: Mapping[str, Sequence[str]]) -> tuple[str, str]:
    # Find the id of a row's recording, or why there is none.
    clip_id, name = cells.get("clip_id", ""), cells.get("name", "")
    if clip_id in names:
        return clip_id, ""
    alike = find_by_name(name, names)
    if len(alike) == 1:
        return alike[0], ""
    shown = (name or clip_id)[:60]
    if not shown:
        return "", text.NO_NAME
    if alike:
        recordings = formats.counted(len(alike), "recording")
        return "", text.SAME_NAME.format(recordings=recordings, name=shown)
    return "", text.NO_RECORDING.format(name=shown)
