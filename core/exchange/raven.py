"""Raven's selection tables: a row a selection, parted by tabs, of one or many recordings.

The columns are those of Raven Pro's own tables. Where a sequence of files was open, “Begin Time”
counts from the first file on and “File Offset” from the one that the selection lies in, which is
what is read then.
"""

from __future__ import annotations

import csv
import datetime
from collections.abc import Iterable, Mapping

from core.errors import SettingError
from core.exchange.box_annotation import BoxAnnotation
from core.exchange.csv_cells import optional_number
from core.exchange.text import decimal, decoded, lines_of, one_line

BEGIN, END = "Begin Time (s)", "End Time (s)"
LOW, HIGH = "Low Freq (Hz)", "High Freq (Hz)"
FILE, PATH, OFFSET = "Begin File", "Begin Path", "File Offset (s)"
CLOCK, LABEL, NOTES = "Begin Date Time", "Annotation", "Notes"
COLUMNS = ("Selection", "View", "Channel", BEGIN, END, LOW, HIGH, FILE, CLOCK, LABEL, NOTES)
# What programs and people call the column of names, the likeliest first.
LABELS = (
    *("annotation", "annotations", "label", "labels", "species", "common name", "class"),
    *("tags", "tag", "call type", "call_type", "species code", "sound type", "scientific name"),
)
_CLOCK_FORM = "%Y/%m/%d %H:%M:%S.%f"
_SPECTROGRAM, _WAVEFORM = "Spectrogram 1", "Waveform 1"


def write(annotations: Iterable[BoxAnnotation]) -> bytes:
    """Write a selection table.

    A selection without a band has empty cells for it, and the view of a waveform. The time of day
    is local, since Raven writes no time zone.

    Args:
        annotations: Those of one or many recordings.

    Returns:
        The file.
    """
    lines = ["\t".join(COLUMNS)]
    for place, one in enumerate(annotations, start=1):
        has_band = one.low_hz is not None or one.high_hz is not None
        clock = "" if one.starts_at is None else f"{one.starts_at:{_CLOCK_FORM}}"[:-3]
        cells = (
            str(place),
            _SPECTROGRAM if has_band else _WAVEFORM,
            "1",
            decimal(one.start_s, 6),
            decimal(one.end_s, 6),
            "" if one.low_hz is None else decimal(one.low_hz, 3),
            "" if one.high_hz is None else decimal(one.high_hz, 3),
            one_line(one.recording),
            clock,
            one_line(one.label),
            one_line(one.note),
        )
        lines.append("\t".join(cells))
    return "".join(f"{line}\n" for line in lines).encode()


def is_table(text: str) -> bool:
    """Tell a selection table from other texts.

    Args:
        text: The beginning of a file.

    Returns:
        Whether its first line has Raven's columns of time.
    """
    header = [cell.strip().lower() for cell in text.split("\n", 1)[0].split("\t")]
    return BEGIN.lower() in header and END.lower() in header


def read(data: bytes, name: str) -> list[BoxAnnotation]:
    """Read a selection table, whatever the order of its columns and whatever else it has.

    A selection that Raven lists once for each view counts once.

    Args:
        data: The file.
        name: What sentences call it.

    Returns:
        Its selections in their order.

    Raises:
        SettingError: It is no selection table; the line is named.
    """
    lines = lines_of(decoded(data, name))
    header = [cell.strip().lower() for cell in lines[0].split("\t")] if lines else []
    missing = [column for column in (BEGIN, END) if column.lower() not in header]
    if missing:
        raise SettingError(
            f"“{name}” is no selection table of Raven's: it has no column “{missing[0]}”."
        )
    label_column = next((column for column in LABELS if column in header), "")
    found: dict[tuple[str, ...], tuple[bool, BoxAnnotation]] = {}
    rows = csv.reader(lines[1:], delimiter="\t", quoting=csv.QUOTE_NONE)
    for place, row in enumerate(rows, start=2):
        cells = dict(zip(header, row, strict=False))
        if not any(cell.strip() for cell in row):
            continue
        try:
            one = _selection(cells, label_column)
        except SettingError as error:
            raise SettingError(f"Line {place} of “{name}”: {error}") from None
        is_waveform = cells.get("view", "").strip().lower().startswith("waveform")
        selection = cells.get("selection", "").strip()
        key = (
            selection or f"line {place}",
            cells.get("channel", ""),
            cells[BEGIN.lower()],
            one.recording,
        )
        # The row of the spectrogram has the band.
        if key not in found or (found[key][0] and not is_waveform):
            found[key] = is_waveform, one
    return [one for _, one in found.values()]


def _selection(cells: Mapping[str, str], label_column: str) -> BoxAnnotation:
    start_s = optional_number(cells, BEGIN.lower())
    end_s = optional_number(cells, END.lower())
    if start_s is None or end_s is None:
        raise SettingError("it has no beginning or no end.")
    offset_s = optional_number(cells, OFFSET.lower())
    if offset_s is not None and offset_s != start_s:
        start_s, end_s = offset_s, offset_s + (end_s - start_s)
    return BoxAnnotation(
        start_s,
        end_s,
        optional_number(cells, LOW.lower()),
        optional_number(cells, HIGH.lower()),
        label=cells.get(label_column, ""),
        note=cells.get(NOTES.lower(), "") or cells.get("comments", ""),
        recording=_recording(cells),
        starts_at=_clock(cells.get(CLOCK.lower(), "").strip()),
    )


def _recording(cells: Mapping[str, str]) -> str:
    # The path tells files of one name apart; some tables give only its folder there.
    file = cells.get(FILE.lower(), "")
    path = cells.get(PATH.lower(), "").replace("\\", "/")
    return path if path and (not file or path.endswith(f"/{file}") or path == file) else file


def _clock(text: str) -> datetime.datetime | None:
    for form in (_CLOCK_FORM, _CLOCK_FORM.removesuffix(".%f")):
        try:
            return datetime.datetime.strptime(text, form)
        except ValueError:
            continue
    return None
