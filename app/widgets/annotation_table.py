"""Annotations as a CSV file, written and read: bad rows are named, the others count."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.text import formats
from app.text import triage as text
from core.errors import SettingError
from core.storage.annotations import VERDICTS, Annotation
from core.storage.scores import ScoreRecord
from core.storage.tables import now

COLUMNS = (
    *("clip_id", "name", "score", "p_value", "threshold", "anomalous"),
    *("start_s", "end_s", "low_hz", "high_hz", "annotation", "note", "by", "annotated_at"),
)
# What the column was called in files of 0.1.0.
OLD_COLUMN = "label"
MOST_BYTES = 20_000_000
# A spreadsheet takes a cell that begins like this for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


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
    """Write all scored recordings, a row each, with the annotations that there are.

    Args:
        scored: The scores.
        annotations: The annotations by the id of the recording.

    Returns:
        The file with `COLUMNS`, in UTF-8 with a byte order mark.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for score in scored:
        box = score.regions[0] if score.regions else None
        said = annotations.get(score.clip_id)
        row: list[object] = [score.clip_id, _cell(score.clip_name)]
        row += (
            [""] * 4
            if score.score is None
            else [score.score, score.p_value, score.threshold, int(score.anomalous)]
        )
        row += [box.start_s, box.end_s, box.low_hz, box.high_hz] if box else [""] * 4
        row += (
            [said.verdict, _cell(said.note), _cell(said.by), said.created_at.isoformat()]
            if said
            else [""] * 4
        )
        writer.writerow(row)
    return out.getvalue().encode("utf-8-sig")


def from_csv(data: bytes, names: Mapping[str, str], *, by: str) -> ImportedAnnotations:
    """Read the annotations of a CSV file with columns “annotation”, and “clip_id” or “name”.

    Commas, semicolons and tabs part columns. Rows without an annotation are passed over.

    Args:
        data: The file.
        names: The names of the known recordings by id.
        by: Who says so, where the file names nobody.

    Returns:
        The annotations, and what is wrong with other rows.

    Raises:
        SettingError: This is no such table; the sentence says what is missing.
    """
    rows = _rows(data)
    header = [name.strip().lower() for name in next(rows, [])]
    column = next((name for name in ("annotation", OLD_COLUMN) if name in header), None)
    if column is None:
        raise SettingError(text.NO_ANNOTATION_COLUMN)
    if "clip_id" not in header and "name" not in header:
        raise SettingError(text.NO_NAME_COLUMN)
    ids_of: dict[str, list[str]] = {}
    for clip_id, name in names.items():
        ids_of.setdefault(name, []).append(clip_id)
    found: dict[str, Annotation] = {}
    problems: list[str] = []
    for number, row in enumerate(rows, start=2):
        cells = dict(zip(header, (cell.strip() for cell in row), strict=False))
        verdict = cells.get(column, "").lower()
        if not verdict:
            continue
        clip_id, problem = _recording_of(cells, names, ids_of)
        if verdict not in VERDICTS:
            problem = text.NO_ANNOTATION.format(value=verdict[:40], choices=", ".join(VERDICTS))
        if problem:
            problems.append(text.ROW.format(number=number, problem=problem))
            continue
        note, who = _text(cells.get("note", "")), _text(cells.get("by", "")) or by
        found[clip_id] = Annotation(clip_id, verdict, note, who, now())
    return ImportedAnnotations(tuple(found.values()), tuple(problems))


def _recording_of(
    cells: Mapping[str, str], names: Mapping[str, str], ids_of: Mapping[str, list[str]]
) -> tuple[str, str]:
    # Find the id of a row's recording, or why there is none.
    clip_id, name = cells.get("clip_id", ""), _text(cells.get("name", ""))
    if clip_id in names:
        return clip_id, ""
    alike = ids_of.get(name, [])
    if len(alike) == 1:
        return alike[0], ""
    shown = (name or clip_id)[:60]
    if not shown:
        return "", text.NO_NAME
    if alike:
        recordings = formats.counted(len(alike), "recording")
        return "", text.SAME_NAME.format(recordings=recordings, name=shown)
    return "", text.NO_RECORDING.format(name=shown)


def _rows(data: bytes) -> Iterator[list[str]]:
    if len(data) > MOST_BYTES:
        raise SettingError(text.TOO_LARGE.format(megabytes=MOST_BYTES // 10**6))
    if b"\x00" in data[:4096]:
        raise SettingError(text.NOT_TEXT)
    try:
        table = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        table = data.decode("cp1252", "replace")
    first = table.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    try:
        yield from csv.reader(
            io.StringIO(table.replace("\x00", ""), newline=""), delimiter=delimiter
        )
    except csv.Error as error:
        raise SettingError(text.NOT_CSV.format(reason=error)) from None


def _cell(text: str) -> str:
    # Write a text so that no spreadsheet takes it for a formula; `_text` reads it again.
    return f"'{text}" if text.startswith(_FORMULA) else text


def _text(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell
