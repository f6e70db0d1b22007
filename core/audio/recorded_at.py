"""When a recording began, as its header or its name says."""

from __future__ import annotations

import contextlib
import datetime
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

UTC = datetime.timezone.utc
# A recorder whose clock was never set begins in 1970 or 1980.
PLAUSIBLE_YEARS = range(1990, 2100)
# The clock of a name may be read a moment before or after that of the header.
SAME_SECONDS = 60.0

_MOST_CHUNKS = 200
_MOST_CHUNK_BYTES = 65_536
_SEPARATORS = (
    ":_.\\-\ua789\uf03a\uf022"  # the last three stand for : where no file name may have one
)

_MOMENT = re.compile(
    r"(?<!\d)(?P<year>\d{4})(?P<in_date>[-_.]?)(?P<month>\d\d)(?P=in_date)(?P<day>\d\d)"
    r"(?P<between>-birdnet-(?:RTSP_\d+-)?|\s?[Tt]|[ _-]{1,2}|\s?at\s|)"
    rf"(?P<hour>\d\d)(?P<in_time>[{_SEPARATORS}h]?)(?P<minute>\d\d)"
    rf"(?:[{_SEPARATORS}m]?(?P<second>\d\d))?(?:[.,](?P<fraction>\d{{1,6}}))?s?"
    r"[_ ]?(?P<zone>Z(?![a-z])|UTC|GMT|[+-](?:0\d|1[0-4]):?(?:00|15|30|45)|\+(?:0\d|1[0-4]))?"
    r"(?!\d)",
    re.IGNORECASE,
)
# AudioMoth's first form: the seconds since 1970 in UTC. With digits alone it could be any number.
_HEXADECIMAL = re.compile(r"(?=.*[A-F])[5-8][0-9A-F]{7}")
_HEXADECIMAL_YEARS = range(2016, 2041)
_COMMENT = re.compile(
    r"Recorded at (?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?:\.(?P<fraction>\d{1,6}))? "
    r"(?P<day>\d\d)/(?P<month>\d\d)/(?P<year>\d{4}) \(UTC(?P<zone>[+-]\d{1,2}(?::?\d\d)?)?\)"
)
_GUANO = re.compile(r"^Timestamp:\s*(.+)", re.MULTILINE)


@dataclass(frozen=True)
class RecordedAt:
    """When a recording began.

    Attributes:
        moment: With a time zone where that is known, else the recorder's local time.
        warning: A sentence where header and name disagree, else empty.
    """

    moment: datetime.datetime
    warning: str = ""


def recorded_at(path: Path, name: str | None = None) -> RecordedAt | None:
    """Find out when a recording began.

    The header counts before the name, since files are renamed.

    Args:
        path: The file, of which no more than the header is read.
        name: What it is called, by default as the file.

    Returns:
        The moment; None where neither says it, or the file cannot be read.
    """
    by_name = moment_in_name(name or path.name)
    by_header = None
    with contextlib.suppress(OSError, ValueError, struct.error):
        # Opening a pipe would wait for whoever writes into it.
        if path.is_file():
            with path.open("rb") as file:
                by_header = moment_in_header(file)
    if by_header is None:
        return None if by_name is None else RecordedAt(by_name)
    if by_name is None or _agree(by_header, by_name):
        return RecordedAt(by_header)
    said = (
        f"Its header says that it began at {by_header.isoformat(' ')}, and its name "
        f"{by_name.isoformat(' ')}; the header counts."
    )
    return RecordedAt(by_header, said)


def moment_in_name(name: str) -> datetime.datetime | None:
    """Read the moment in a file's name, in the forms of recorders and of ISO 8601.

    AudioMoth, Song Meter, BirdNET-Pi, BAR-LT; a date with a time, never a date or a number alone.

    Args:
        name: The name, perhaps with folders.

    Returns:
        The moment; None where there is none.

    >>> str(moment_in_name("SM4_20240501_063000.wav"))
    '2024-05-01 06:30:00'
    >>> str(moment_in_name("5BD2A1F0.WAV"))
    '2018-10-26 05:11:12+00:00'
    >>> moment_in_name("20241301_063000.wav"), moment_in_name("12345678.wav")
    (None, None)
    """
    name = name.replace("\\", "/").rpartition("/")[2]
    stem = name.partition(".")[0].upper()
    if _HEXADECIMAL.fullmatch(stem):
        moment = datetime.datetime.fromtimestamp(int(stem, 16), UTC)
        return moment if moment.year in _HEXADECIMAL_YEARS else None
    for found in _MOMENT.finditer(name):
        moment_or_none = _moment(found) if _has_form(found) else None
        if moment_or_none is not None:
            return moment_or_none
    return None


def moment_in_header(file: BinaryIO) -> datetime.datetime | None:
    """Read the moment in a WAV's header: AudioMoth's comment, GUANO's or a broadcast wave's.

    Args:
        file: Open for reading, at its beginning.

    Returns:
        The moment; None where there is none.
    """
    rate, broadcast, info = 0, b"", None
    for kind, content in _chunks(file):
        if kind == b"fmt " and len(content) >= 8:
            rate = struct.unpack_from("<I", content, 4)[0]
        elif kind == b"bext":
            broadcast = content
        elif kind in (b"LIST", b"guan"):
            info = info or _moment_in_text(content.decode("utf-8", "replace"))
    return info or _moment_of_broadcast(broadcast, rate)


def _has_form(found: re.Match[str]) -> bool:
    # Fourteen digits, or a separator between date and time; without seconds only after a T.
    if found["between"] == "":
        return not found["in_date"] and not found["in_time"] and bool(found["second"])
    return bool(found["second"]) or found["between"].strip() in ("T", "t")


def _moment(found: re.Match[str]) -> datetime.datetime | None:
    year, month, day, hour, minute, second = (
        int(found[name] or 0) for name in ("year", "month", "day", "hour", "minute", "second")
    )
    fraction = int((found["fraction"] or "").ljust(6, "0"))
    try:
        moment = datetime.datetime(
            year, month, day, hour, minute, second, fraction, _zone(found["zone"])
        )
    except ValueError:
        return None
    return moment if moment.year in PLAUSIBLE_YEARS else None


def _zone(text: str | None) -> datetime.timezone | None:
    if text is None:
        return None
    if text[0] not in "+-":
        return UTC
    digits = text[1:].replace(":", "")
    hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")
    offset = datetime.timedelta(hours=int(hours), minutes=int(minutes))
    return datetime.timezone(-offset if text[0] == "-" else offset)


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    # Each chunk of a WAV and its content, that of long ones cut; none of other files.
    start = file.read(12)
    if start[:4] not in (b"RIFF", b"RF64", b"BW64") or start[8:12] != b"WAVE":
        return
    data_bytes = None
    for _ in range(_MOST_CHUNKS):
        head = file.read(8)
        if len(head) < 8:
            return
        kind, n_bytes = struct.unpack("<4sI", head)
        begin = file.tell()
        content = file.read(min(n_bytes, _MOST_CHUNK_BYTES)) if kind != b"data" else b""
        if kind == b"ds64" and len(content) >= 16:
            data_bytes = struct.unpack_from("<Q", content, 8)[0]
        if kind == b"data" and n_bytes == 0xFFFF_FFFF and data_bytes is not None:
            n_bytes = data_bytes
        yield kind, content
        file.seek(begin + n_bytes + n_bytes % 2)


def _moment_in_text(text: str) -> datetime.datetime | None:
    if found := _COMMENT.search(text):
        moment = _moment(found)
        # Without an offset AudioMoth means UTC.
        return moment and moment.replace(tzinfo=_zone(found["zone"] or "UTC"))
    if (found := _GUANO.search(text)) and (named := _MOMENT.match(found[1])):
        return _moment(named)
    return None


def _moment_of_broadcast(chunk: bytes, rate: int) -> datetime.datetime | None:
    # EBU Tech 3285: date at byte 320, time at 330, samples since midnight at 338.
    if len(chunk) < 346:
        return None
    numbers = re.findall(rb"\d+", chunk[320:330]) + re.findall(rb"\d+", chunk[330:338])
    try:
        year, month, day, *time = (int(number) for number in numbers)
        moment = datetime.datetime(year, month, day, *(time if len(time) == 3 else ()))
    except (ValueError, TypeError):
        return None
    seconds = struct.unpack_from("<Q", chunk, 338)[0] / rate if rate else 0.0
    midnight = moment.replace(hour=0, minute=0, second=0)
    if 0 < seconds < 86_400:
        first_sample = midnight + datetime.timedelta(milliseconds=round(1000 * seconds))
        # The later parts of a recording begin after the time of its origination. A count from
        # before it is a time code that was not set to the time of day.
        if first_sample >= moment.replace(microsecond=0) - datetime.timedelta(seconds=1):
            moment = first_sample
    return moment if moment.year in PLAUSIBLE_YEARS else None


def _agree(header: datetime.datetime, name: datetime.datetime) -> bool:
    # A name without a time zone may have been written in the header's or in UTC.
    if header.tzinfo is not None and name.tzinfo is not None:
        pairs = [(header, name)]
    else:
        in_utc = header if header.tzinfo is None else header.astimezone(UTC)
        pairs = [(one.replace(tzinfo=None), name.replace(tzinfo=None)) for one in (header, in_utc)]
    return any(abs((one - other).total_seconds()) <= SAME_SECONDS for one, other in pairs)
