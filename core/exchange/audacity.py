r"""Audacity's label tracks: begin, end and label of a line each, parted by tabs, of one recording.

A line that begins with \ gives the band of the label before it; -1 is an edge that is not known.
Notes and times of day have no place in it. The form is that of Audacity's manual, "Importing and
Exporting Labels".
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from core.errors import SettingError
from core.exchange.box_annotation import BoxAnnotation
from core.exchange.text import decimal, decoded, lines_of, number, one_line

_UNKNOWN = -1.0
_DIGITS = 6  # as Audacity writes; more where the number has more


def write(annotations: Iterable[BoxAnnotation]) -> bytes:
    """Write a label track.

    Args:
        annotations: Those of one recording; ones without a band get no second line.

    Returns:
        The file.
    """
    lines = []
    for one in annotations:
        lines.append(f"{_time(one.start_s)}\t{_time(one.end_s)}\t{one_line(one.label)}\n")
        if one.low_hz is not None or one.high_hz is not None:
            lines.append(f"\\\t{_edge(one.low_hz)}\t{_edge(one.high_hz)}\n")
    return "".join(lines).encode()


def read(data: bytes, name: str) -> list[BoxAnnotation]:
    r"""Read a label track.

    Args:
        data: The file.
        name: What sentences call it.

    Returns:
        Its labels in their order, without a recording's name.

    Raises:
        SettingError: It is no label track; the line is named.

    >>> read(b"1.0\t2.5\tdog\n\\\t-1.0\t900.0\n", "t.txt")[0].high_hz
    900.0
    """
    found: list[BoxAnnotation] = []
    for place, line in enumerate(lines_of(decoded(data, name)), start=1):
        if not line.strip():
            continue
        cells = line.split("\t", 2)
        try:
            if cells[0].strip() == "\\":
                low_hz, high_hz = (number(cell) for cell in line.split("\t")[1:3])
                found[-1] = dataclasses.replace(
                    found[-1], low_hz=_known(low_hz), high_hz=_known(high_hz)
                )
            else:
                start_s, end_s = number(cells[0]), number(cells[1])
                found.append(BoxAnnotation(start_s, end_s, label="".join(cells[2:])))
        except (ValueError, IndexError):
            raise SettingError(
                f"Line {place} of “{name}” is no label of Audacity's: it needs a beginning, an end "
                "and a label, parted by tabs."
            ) from None
        except SettingError as error:
            raise SettingError(f"Line {place} of “{name}”: {error}") from None
    return found


def _time(seconds: float) -> str:
    return decimal(seconds, _DIGITS)


def _edge(hz: float | None) -> str:
    return decimal(_UNKNOWN if hz is None else hz, _DIGITS)


def _known(hz: float) -> float | None:
    return None if hz < 0 else hz
