"""What a region is and where it lies, in words; pages that list recordings need no more."""

from __future__ import annotations

import math

from core.runtime.time_words import time_range
from core.spectral.frequency_range import frequency_range
from core.types import EVENT, LEVEL, STATIONARY, Box, Region

# A share of the recording's length, and octaves of the ten or so that people hear.
THROUGHOUT = 0.95
ALL_OCTAVES = 8.0
WHAT = {STATIONARY: "sounds different", LEVEL: "has another level"}


def region_words(region: Region, clip_seconds: float) -> str:
    """Say what a region's view found there, or only where it is if there is one view only.

    Args:
        region: the region
        clip_seconds: length of the recording

    Returns:
        A clause in lower case that ends a sentence.

    >>> from dataclasses import replace
    >>> click = Region(2.1, 2.4, 3000, 5200, 2.2, 4000, 9.1, 0.04)
    >>> region_words(click, 5.0), region_words(replace(click, view="event"), 5.0)
    ('strongest at 2.1–2.4 s, 3–5.2 kHz', 'an event at 2.1–2.4 s, 3–5.2 kHz')
    >>> hum = Region(0.0, 4.99, 90, 320, 2.2, 100, 9.1, 0.04)
    >>> region_words(hum, 5.0)
    'from beginning to end, at 90–320 Hz'
    >>> region_words(replace(hum, view="stationary"), 5.0)
    'sounds different throughout, mostly at 90–320 Hz'
    """
    lasts = region.end_s - region.start_s >= THROUGHOUT * clip_seconds
    octaves = math.log2(max(region.high_hz, 1.0) / max(region.low_hz, 1.0))
    everywhere = octaves > ALL_OCTAVES
    if region.view in WHAT:
        when = "throughout" if lasts else f"at {time_range(region.start_s, region.end_s, 0)}"
        band = "at all frequencies" if everywhere else f"mostly at {_band(region)}"
        return f"{WHAT[region.view]} {when}, {band}"
    if not lasts:
        what = "an event" if region.view == EVENT else "strongest"
        return f"{what} at {time_and_band(region)}"
    what = "an event " if region.view == EVENT else ""
    return f"{what}from beginning to end, at {'all frequencies' if everywhere else _band(region)}"


def time_and_band(region: Box) -> str:
    """Name the time and the frequencies of a region.

    Args:
        region: the region

    Returns:
        Seconds and hertz, with digits that suit the region's length.

    >>> time_and_band(Region(2.1, 2.4, 3000, 5200, 2.2, 4000, 9.1, 0.04))
    '2.1–2.4 s, 3–5.2 kHz'
    """
    digits = 1 if region.end_s - region.start_s >= 0.15 else 2
    return f"{time_range(region.start_s, region.end_s, digits)}, {_band(region)}"


def _band(region: Box) -> str:
    return frequency_range(region.low_hz, region.high_hz)
