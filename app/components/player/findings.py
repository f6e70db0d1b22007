"""What the player lists above its picture: sentences, each with the boxes that it plays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from core.types import Box


@dataclass(frozen=True)
class ListedFinding:
    """A finding as the player shows it.

    Attributes:
        sentence: What it is.
        details: The numbers behind it; may be empty.
        boxes: What is drawn and played, one after the other.
    """

    sentence: str
    details: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True)
class FindingList:
    """What is listed.

    Attributes:
        findings: The strongest first.
        note: A sentence or two that follow them; may be empty.
    """

    findings: tuple[ListedFinding, ...] = ()
    note: str = ""


def packed_findings(listed: FindingList) -> dict[str, Any]:
    """Pack the findings.

    Args:
        listed: What is listed.

    Returns:
        What the header says of them.
    """
    return {
        "note": listed.note,
        "list": [
            {
                "sentence": one.sentence,
                "details": one.details,
                "boxes": [asdict(box) for box in played(one.boxes)],
            }
            for one in listed.findings
        ],
    }


def played(boxes: Sequence[Box]) -> list[Box]:
    """Join boxes that sound at once: they are played together, with what lies between them.

    Args:
        boxes: Of one finding.

    Returns:
        Boxes that follow each other in time.

    >>> played([Box(0, 5, 140, 160), Box(0, 5, 290, 310)])
    [Box(start_s=0, end_s=5, low_hz=140, high_hz=310)]
    """
    joined: list[Box] = []
    for box in sorted(boxes, key=lambda one: one.start_s):
        last = joined[-1] if joined else None
        if last is None or box.start_s >= last.end_s:
            joined.append(box)
            continue
        joined[-1] = Box(
            last.start_s,
            max(last.end_s, box.end_s),
            min(last.low_hz, box.low_hz),
            max(last.high_hz, box.high_hz),
        )
    return joined
