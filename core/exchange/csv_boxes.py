"""Annotations as a CSV file: a row each, of one or many recordings."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from core.errors import SettingError
from core.exchange.box_annotation import BoxAnnotation
from core.exchange.csv_cells import optional_number, read_table, write_table

COLUMNS = (*("recording", "start_s", "end_s", "low_hz", "high_hz", "label", "note", "starts_at"),)
# What other tables call these columns, the likeliest first.
_NAMES = {
    "recording": ("recording", "clip", "name", "file", "filename", "begin file"),
    "start_s": ("start_s", "start", "begin", "onset", "begin time (s)", "start (s)"),
    "end_s": ("end_s", "end", "offset", "end time (s)", "end (s)"),
    "low_hz": ("low_hz", "low_f", "low freq (hz)", "freq_low", "fmin"),
    "high_hz": ("high_hz", "high_f", "high freq (hz)", "freq_high", "fmax"),
    "label": ("label", "annotation", "class", "species", "common name", "view", "event_label"),
    "note": ("note", "notes", "comment", "comments"),
    "starts_at": ("starts_at",),
}


def write(annotations: Iterable[BoxAnnotation]) -> bytes:
    """Write a table.

    Args:
        annotations: Those of one or many recordings.

    Returns:
        The file.
    """
    return write_table(
        COLUMNS,
        (
            (
                *(one.recording, one.start_s, one.end_s, one.low_hz, one.high_hz),
                *(
                    one.label,
                    one.note,
                    None if one.starts_at is None else one.starts_at.isoformat(),
                ),
            )
            for one in annotations
        ),
    )


def read(data: bytes, name: str) -> list[BoxAnnotation]:
    """Read a table that has at least columns of beginning and end.

    Args:
        data: The file.
        name: What sentences call it.

    Returns:
        Its annotations in their order.

    Raises:
        SettingError: It is no such table; the line is named.
    """
    table = read_table(data, name)
    column = {key: table.first_of(*names) for key, names in _NAMES.items()}
    missing = [key for key in ("start_s", "end_s") if column[key] is None]
    if missing:
        raise SettingError(f"“{name}” has no column “{missing[0]}”.")
    found = []
    for line, cells in table.rows:
        texts = {key: cells.get(column[key] or "", "") for key in ("label", "note", "recording")}
        try:
            start_s, end_s, low_hz, high_hz = (
                optional_number(cells, column[key])
                for key in ("start_s", "end_s", "low_hz", "high_hz")
            )
            if start_s is None or end_s is None:
                raise SettingError("it has no beginning or no end.")
            starts_at = _moment(cells.get(column["starts_at"] or "", "").strip())
            found.append(
                BoxAnnotation(start_s, end_s, low_hz, high_hz, starts_at=starts_at, **texts)
            )
        except SettingError as error:
            raise SettingError(f"Line {line} of “{name}”: {error}") from None
    return found


def _moment(text: str) -> datetime.datetime | None:
    if text[-1:] in ("Z", "z"):
        text = f"{text[:-1]}+00:00"  # Python 3.10 does not read Z
    try:
        return datetime.datetime.fromisoformat(text) if text else None
    except ValueError:
        raise SettingError(f"“{text[:40]}” in column “starts_at” is no date with a time.") from None
