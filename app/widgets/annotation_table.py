"""Labels as a CSV file, out and in again: bad rows are named, the others count."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from core.errors import SettingError
from core.storage.annotations import VERDICTS, Annotation
from core.storage.scores import ScoreRecord
from core.storage.tables import now

COLUMNS = (
    *("clip_id", "name", "score", "p_value", "threshold", "unlike"),
    *("start_s", "end_s", "low_hz", "high_hz", "label", "note", "by", "labelled_at"),
)
MOST_BYTES = 20_000_000
MOST_NAMED = 50
# A spreadsheet takes a cell that begins like this for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Imported:
    """The labels of a file, and a sentence on each row that is none."""

    labels: tuple[Annotation, ...]
    problems: tuple[str, ...]


def to_csv(scored: Sequence[ScoreRecord], labels: Mapping[str, Annotation]) -> bytes:
    """All scored clips, a row each, with the label of those that have one."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for score in scored:
        label = labels.get(score.clip_id)
        strongest = score.regions[0] if score.regions else None
        place = (
            (strongest.start_s, strongest.end_s, strongest.low_hz, strongest.high_hz)
            if strongest
            else ("", "", "", "")
        )
        numbers = ("", "", "", "")
        if score.score is not None:
            numbers = (score.score, score.p_value, score.threshold, int(score.anomalous))
        said = (
            (label.verdict, _cell(label.note), _cell(label.by), label.created_at.isoformat())
            if label
            else ("", "", "", "")
        )
        writer.writerow([score.clip_id, _cell(score.clip_name), *numbers, *place, *said])
    return out.getvalue().encode("utf-8-sig")


def from_csv(data: bytes, names: Mapping[str, str], *, by: str) -> Imported:
    """The labels in a CSV file with a column “label” and “clip_id” or “name”.

    `names` are the known clips' by id; `by` stands where the file names nobody. Commas, semicolons
    and tabs part columns; rows without a label are passed over. A clip named twice has its last
    label.

    Raises:
        SettingError: it is no such table; the sentence says what is missing.
    """
    rows = _rows(data)
    header = [name.strip().lower() for name in next(rows, [])]
    if "label" not in header:
        raise SettingError(
            "The file has no column “label”. It needs one, with normal, anomalous or unsure in "
            "it, and a column “clip_id” or “name”."
        )
    if "clip_id" not in header and "name" not in header:
        raise SettingError(
            "The file has neither a column “clip_id” nor “name”, so its rows name no recording."
        )
    ids_of: dict[str, list[str]] = {}
    for clip_id, name in names.items():
        ids_of.setdefault(name, []).append(clip_id)
    found: dict[str, Annotation] = {}
    problems: list[str] = []
    for number, row in enumerate(rows, start=2):
        cells = dict(zip(header, (cell.strip() for cell in row), strict=False))
        verdict = cells.get("label", "").lower()
        if not verdict:
            continue
        clip_id, problem = _clip_of(cells, names, ids_of)
        if verdict not in VERDICTS:
            problem = f"“{verdict[:40]}” is no label; one is {', '.join(VERDICTS)}"
        if problem:
            problems.append(f"Row {number}: {problem}.")
            continue
        note, who = _text(cells.get("note", "")), _text(cells.get("by", "")) or by
        found[clip_id] = Annotation(clip_id, verdict, note, who, now())
    return Imported(tuple(found.values()), tuple(problems))


def _clip_of(
    cells: Mapping[str, str], names: Mapping[str, str], ids_of: Mapping[str, list[str]]
) -> tuple[str, str]:
    """The id of the row's clip, or why there is none."""
    clip_id, name = cells.get("clip_id", ""), _text(cells.get("name", ""))
    if clip_id in names:
        return clip_id, ""
    alike = ids_of.get(name, [])
    if len(alike) == 1:
        return alike[0], ""
    shown = name or clip_id
    if not shown:
        return "", "it names no recording"
    if alike:
        return "", f"{len(alike)} recordings are called “{shown[:60]}”; give their clip_id"
    return "", f"no scored recording is called “{shown[:60]}”"


def _rows(data: bytes) -> Iterator[list[str]]:
    if len(data) > MOST_BYTES:
        raise SettingError(
            f"The file is larger than {MOST_BYTES // 10**6} MB; part it into smaller ones."
        )
    if b"\x00" in data[:4096]:
        raise SettingError("This is no CSV file: it holds bytes that are no text. Save it as CSV.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    try:
        yield from csv.reader(
            io.StringIO(text.replace("\x00", ""), newline=""), delimiter=delimiter
        )
    except csv.Error as error:
        raise SettingError(f"The file cannot be read as CSV: {error}.") from None


def _cell(text: str) -> str:
    """Text that no spreadsheet takes for a formula; `_text` gives the text again."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _text(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell
