"""The threshold line on a page: one component, and what its user has set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.components.shared import messages
from app.components.shared.component import mount
from app.components.threshold.tables import HIGHEST, Situation


@dataclass(frozen=True)
class LineEvent:
    """What the user set, and when.

    Attributes:
        value: The false-alarm rate where the line was let go, or the situation.
        moment: In the browser's milliseconds.
    """

    value: float | Situation
    moment: float


def threshold_line(data: dict[str, Any], applied: Mapping[str, float], *, key: str) -> str | None:
    """Show the line with its figures.

    Args:
        data: What `tables` made.
        applied: The moments of the last "line" and "situation" that `data` follows already, so that
            the script can tell data made before a move from data that moves the line.
        key: What keeps the line through runs of the page.

    Returns:
        The recording that the user wants to open in Listen, or None.
    """
    data = data | {"applied": {"line": 0, "situation": 0} | dict(applied)}
    result = mount("threshold", key=key, data=data, states=("line", "situation", "opened"))
    opened = result.get("opened")
    return opened if isinstance(opened, str) and opened in data["recordings"]["id"] else None


def events(key: str) -> dict[str, LineEvent]:
    """Read what the user set by this run.

    Args:
        key: The line's key.

    Returns:
        The last "line" and "situation"; what is malformed is left out.
    """
    sent = messages.sent(key)
    line, situation = sent.get("line"), sent.get("situation")
    found: dict[str, LineEvent] = {}
    rate, given = messages.number(line, "rate"), _situation(situation)
    if rate is not None and 0.0 < rate < 1.0:
        found["line"] = LineEvent(rate, messages.number(line, "moment") or 0.0)
    if given is not None:
        found["situation"] = LineEvent(given, messages.number(situation, "moment") or 0.0)
    return found


def _situation(sent: Any) -> Situation | None:
    clips_per_day = messages.number(sent, "clips_per_day") or 0.0
    share = messages.number(sent, "share_anomalous")
    miss_cost = messages.number(sent, "miss_cost")
    if share is None or miss_cost is None or not 0.0 < clips_per_day <= HIGHEST:
        return None
    is_possible = 0.0 <= share <= 1.0 and 0.0 <= miss_cost <= HIGHEST
    return Situation(clips_per_day, share, miss_cost) if is_possible else None
