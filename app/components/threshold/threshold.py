"""The line on a page: one component, and what its user has set."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from app.components.shared.component import mount
from app.components.threshold.tables import Situation

MOST_CLIPS_PER_DAY = 1e7
HIGHEST_COST = 1e7


@dataclass(frozen=True)
class LineEvent:
    """What the user set and when, in the browser's milliseconds: the line, or the situation."""

    value: float | Situation
    moment: float


def threshold_line(data: dict[str, Any], heard: Mapping[str, float], *, key: str) -> str | None:
    """The line with its figures; gives the id of a clip that the user wants to open, or None.

    `heard` has the moments of the last "line" and "situation" that `data` already follows, so that
    the script can tell data made before a move from data that moves the line.
    """
    data = data | {"heard": {"line": 0, "situation": 0} | dict(heard)}
    result = mount("threshold", key=key, data=data, states=("line", "situation", "opened"))
    opened = result.get("opened")
    return opened if isinstance(opened, str) and opened in data["clips"]["id"] else None


def events(key: str) -> dict[str, LineEvent]:
    """What a browser sent by this run, by "line" and "situation"; what is malformed is left out."""
    sent = st.session_state.get(key)
    found: dict[str, LineEvent] = {}
    if not isinstance(sent, Mapping):
        return found
    line, situation = sent.get("line"), sent.get("situation")
    rate = _number_of(line, "rate")
    if rate is not None and 0.0 < rate < 1.0:
        found["line"] = LineEvent(rate, _number_of(line, "moment") or 0.0)
    said = _situation(situation)
    if said is not None:
        found["situation"] = LineEvent(said, _number_of(situation, "moment") or 0.0)
    return found


def _situation(sent: Any) -> Situation | None:
    names = ("clips_per_day", "share_anomalous", "miss_cost")
    numbers = [number for name in names if (number := _number_of(sent, name)) is not None]
    if len(numbers) < len(names):
        return None
    clips_per_day, share, miss_cost = numbers
    limits = (
        0.0 < clips_per_day <= MOST_CLIPS_PER_DAY
        and 0.0 <= share <= 1.0
        and 0.0 <= miss_cost <= HIGHEST_COST
    )
    return Situation(clips_per_day, share, miss_cost) if limits else None


def _number_of(sent: Any, name: str) -> float | None:
    value = sent.get(name) if isinstance(sent, Mapping) else None
    return float(value) if _is_number(value) else None


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
