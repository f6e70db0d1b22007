"""A long clip comes to the player in overlapping parts; the player asks for the one it needs.

The browser holds one part's picture and sounds. When the playhead nears the end of it, or the
picture is moved beyond an edge, or a place elsewhere is chosen, the player sends the index of
another part (`{"clip", "index"}`), the page runs again, and `wanted_part` says which to pack. The
overlap is what is still there to play meanwhile: the new part takes over at the same sample.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from app.components.player.frame import Frame
from app.components.player.pictures import columns_by_max, finite
from core.types import Float32Array

PART_SECONDS = 60.0
OVERLAP_SECONDS = 15.0
# Up to here a clip is sent whole.
LONGEST_WHOLE_SECONDS = 90.0
MOST_OVERVIEW_COLUMNS = 2000


@dataclass(frozen=True, eq=False)
class Part:
    """Which stretch of which clip a payload holds, among all of its parts.

    Shape:
        score_over_time: [n], over the whole clip, evenly spaced, for the lane that shows all of it
    `bounds` are all parts as (start_s, stop_s); `index` is this one.
    """

    clip: str
    index: int
    bounds: tuple[tuple[float, float], ...]
    score_over_time: Float32Array

    @property
    def start_s(self) -> float:
        """Where this part begins."""
        return self.bounds[self.index][0]

    @property
    def stop_s(self) -> float:
        """Where it ends."""
        return self.bounds[self.index][1]


def bounds_of(total_s: float) -> tuple[tuple[float, float], ...]:
    """The parts of a clip so long: one, or several of a minute that overlap by 15 s.

    The last is as long as the others, and so overlaps by more.

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
    """The part with a time nearest to its middle.

    >>> index_at(bounds_of(100.0), 50.0), index_at(bounds_of(100.0), 59.0)
    (0, 1)
    """
    middles = [abs((start + stop) / 2 - seconds) for start, stop in bounds]
    return middles.index(min(middles))


def wanted_part(
    key: str, clip: str, total_s: float, score_over_time: Float32Array, first_s: float = 0.0
) -> Part:
    """The part that the player `key` asks for, else the one with `first_s`.

    `clip` names the clip: what was asked of another one counts for nothing.
    """
    bounds = bounds_of(total_s)
    state = st.session_state.get(key)
    asked = state.get("part") if isinstance(state, Mapping) else None
    index = asked_index(asked, clip, len(bounds))
    return Part(
        clip, index_at(bounds, first_s) if index is None else index, bounds, score_over_time
    )


def asked_index(message: Any, clip: str, n_parts: int) -> int | None:
    """The index in what a browser sent, or None where it is malformed or of another clip."""
    if not isinstance(message, Mapping) or message.get("clip") != clip:
        return None
    index = message.get("index")
    if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < n_parts:
        return None
    return index


def packed_part(frame: Frame, part: Part) -> dict[str, Any]:
    """The part among all of them, added to the frame, and what the header says of it."""
    factor = math.ceil(part.score_over_time.size / MOST_OVERVIEW_COLUMNS)
    score = columns_by_max(finite(part.score_over_time)[None], factor)[0]
    return {"index": part.index, "bounds": part.bounds, "score": frame.add(score.astype("<f4"))}
