"""A named stretch of a recording, of all frequencies or of a band: what the formats exchange."""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass

from core.errors import SettingError
from core.exchange.text import storable


@dataclass(frozen=True)
class BoxAnnotation:
    """What a person, or a map, says of a stretch of a recording.

    Texts lose what no file holds: NUL and halves of surrogate pairs become �.

    Attributes:
        start_s: Its beginning, in seconds of the recording.
        end_s: Its end, in seconds; that of a point is its beginning.
        low_hz: Its lower edge in Hz; None where there is none.
        high_hz: Its upper edge in Hz; None where there is none.
        label: What it is called.
        note: More about it.
        recording: The recording's name with its folders; empty where a file is of one recording
            and does not say of which.
        starts_at: When it began by the clock, with a time zone where that is known; None where
            nobody knows.

    Raises:
        SettingError: A time or a frequency is no number, or an end lies before its beginning.
    """

    start_s: float
    end_s: float
    low_hz: float | None = None
    high_hz: float | None = None
    label: str = ""
    note: str = ""
    recording: str = ""
    starts_at: datetime.datetime | None = None

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            SettingError: one is none, or an end lies before its beginning.
        """
        edges = [hz for hz in (self.low_hz, self.high_hz) if hz is not None]
        if not all(map(math.isfinite, (self.start_s, self.end_s, *edges))):
            raise SettingError("A time or a frequency is no number.")
        if self.end_s < self.start_s:
            raise SettingError(f"It ends at {self.end_s} s, before it begins at {self.start_s} s.")
        if len(edges) == 2 and edges[1] < edges[0]:
            raise SettingError(f"Its upper edge, {edges[1]} Hz, is below its lower, {edges[0]} Hz.")
        for name in ("label", "note", "recording"):
            object.__setattr__(self, name, storable(getattr(self, name)))


def moment_at(recorded_at: datetime.datetime | None, seconds: float) -> datetime.datetime | None:
    """Find the time of day of a place in a recording, to the millisecond.

    Args:
        recorded_at: When the recording began; None where nobody knows.
        seconds: The place, in seconds of the recording.

    Returns:
        The moment; None where nobody knows, or beyond the calendar's end.

    >>> str(moment_at(datetime.datetime(2024, 5, 1, 6, 30), 1.5))
    '2024-05-01 06:30:01.500000'
    """
    if recorded_at is None:
        return None
    try:
        return recorded_at + datetime.timedelta(milliseconds=round(1000 * seconds))
    except OverflowError:
        return None
