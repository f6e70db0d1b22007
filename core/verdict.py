"""What a map says of a clip, in one sentence that never calls anything faulty."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # A page that shows no map yet does without PyTorch, which comes with core.types.
    from core.types import AnomalyMap, Region

UNLIKE = "Unlike the normal recordings you supplied"
LIKE = "Like the normal recordings you supplied"


def verdict(found: AnomalyMap) -> str:
    """The verdict, with the place of the strongest region where there is one."""
    if not found.anomalous:
        return f"{LIKE}."
    return f"{UNLIKE}, strongest at {place(found.regions[0])}." if found.regions else f"{UNLIKE}."


def place(region: Region) -> str:
    """Where a region lies in time and frequency.

    >>> from core.types import Region
    >>> place(Region(2.1, 2.4, 3000, 5200, 2.2, 4000, 9.1, 0.04))
    '2.1–2.4 s, 3–5.2 kHz'
    """
    digits = 1 if region.end_s - region.start_s >= 0.15 else 2
    times = f"{region.start_s:.{digits}f}–{region.end_s:.{digits}f} s"
    if region.high_hz < 1000:
        return f"{times}, {region.low_hz:.0f}–{region.high_hz:.0f} Hz"
    low_khz, high_khz = round(region.low_hz / 1000, 1), round(region.high_hz / 1000, 1)
    return f"{times}, {low_khz:g}–{high_khz:g} kHz"
