"""A long recording comes to the player in overlapping parts; the player asks for the one it needs.

The browser holds one part's picture and sounds. When the playhead nears the end of it, or the
picture is moved beyond an edge, or a place elsewhere is chosen, the player sends a time that is not
there (`{"clip", "seconds"}`), the page runs again, and `wanted_part` says which part to pack. The
overlap is what is still there to play meanwhile: the new part takes over at the same sample.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from app.components.shared import messages
from app.components.shared.frame import columns_by_max
from core.types import Float32Array

PART_SECONDS = 60.0
OVERLAP_SECONDS = 15.0
# Up to here a recording is sent whole.
LONGEST_WHOLE_SECONDS = 90.0
MOST_OVERVIEW_COLUMNS = 2000


@dataclass(frozen=True, eq=False)
class Part:
    """Which stretch of which recording a payload holds, among all of its parts.

    Attributes:
        clip: Names the recording.
        index: Of this part.
        bounds: Start and end of every part, in seconds.
        score_over_time: [n] over the whole recording, evenly spaced.
    """

    clip: str
    index: int
    bounds: tuple[tuple[float, float], ...]
    score_over_time: Float32Array

    @property
    def start_s(self) -> float:
        """Where this part begins, in seconds."""
        return self.bounds[self.index][0]

    @property
    def stop_s(self) -> float:
        """Where it ends, in seconds."""
        return self.bounds[self.index][1]


def bounds_of(total_s: float) -> tuple[tuple[float, float], ...]:
    """Divide a recording: one part, or several of a minute that overlap by 15 s.

    The last is as long as the others, and so overlaps by more.

    Args:
        total_s: The recording's length in seconds.

    Returns:
        Start and end of every part, in seconds.

    >>> bounds_of(90.0), bounds_of(100.0)
    (((0.0, 90.0),), ((0.0, 60.0), (40.0, 100.0)))
    """
    if total_s <= LONGEST_WHOLE_SECONDS:
        return ((0.0, total_s),)
    step = PART_SECONDS - OVERLAP_SECONDS
    n_parts = math.ceil((total_s - OVERLAP_SECONDS) / step)
    full = [(step * k, step * k + PART_SECONDS) for k in range(n_parts - 1)]
    return (*full, (total_s - PART_SECONDS, total_s))


def index_at(bounds: tuple[tuple[float, float], ...], seconds: float) -> int:
    """Find the part with a time nearest to its middle.

    Args:
        bounds: Start and end of every part, in seconds.
        seconds: The time.

    Returns:
        The part's index.

    >>> index_at(bounds_of(100.0), 50.0), index_at(bounds_of(100.0), 59.0)
    (0, 1)
    """
    middles = [abs((start + stop) / 2 - seconds) for start, stop in bounds]
    return middles.index(min(middles))


def wanted_part(
    key: str, clip: str, total_s: float, score_over_time: Float32Array, first_s: float = 0.0
) -> Part:
    """Say which part of a recording to pack.

    Args:
        key: The player's key.
        clip: Names the recording: what was asked of another one counts for nothing.
        total_s: Its length in seconds.
        score_over_time: [n] over the whole of it.
        first_s: A time of the part that is shown first.

    Returns:
        The part that the player asks for, else the first one.
    """
    bounds = bounds_of(total_s)
    asked = asked_seconds(messages.sent(key).get("part"), clip, total_s)
    index = index_at(bounds, first_s if asked is None else asked)
    return Part(clip, index, bounds, score_over_time)


def asked_seconds(message: Any, clip: str, total_s: float) -> float | None:
    """Read the time whose part a browser asks for.

    Args:
        message: What it sent.
        clip: Names the recording that is shown.
        total_s: Its length in seconds.

    Returns:
        The time in seconds; None where the message is malformed or of another recording.
    """
    seconds = messages.number(message, "seconds")
    if seconds is None or message.get("clip") != clip or not 0 <= seconds <= total_s:
        return None
    return seconds


def packed_part(arrays: dict[str, NDArray[Any]], part: Part) -> dict[str, Any]:
    """Pack which part this is.

    Args:
        arrays: Where the score over the whole recording is added.
        part: The part.

    Returns:
        What the header says of it.
    """
    factor = math.ceil(part.score_over_time.size / MOST_OVERVIEW_COLUMNS)
    arrays["overview"] = columns_by_max(part.score_over_time, factor)
    return {"index": part.index, "bounds": part.bounds}
