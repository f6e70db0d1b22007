"""How long a recording may be, and how many channels it may have; each can be set.

HEARMAP_MOST_HOURS: of a recording; a stream that never ends is left after so many (24).
HEARMAP_MOST_SAMPLES: of a clip that is held whole, after resampling: of a recording to fit on or to
explain whole (2**28, which are 1 GiB, 101 minutes at 44.1 kHz).
HEARMAP_MOST_CHANNELS: of a recording (256).
"""

from __future__ import annotations

import math
import os

from core.errors import AudioError, SettingError

HOURS, SAMPLES, CHANNELS = "HEARMAP_MOST_HOURS", "HEARMAP_MOST_SAMPLES", "HEARMAP_MOST_CHANNELS"
_DEFAULTS = {HOURS: 24.0, SAMPLES: 2.0**28, CHANNELS: 256.0}


def most_hours() -> float:
    """Say how long a recording may be.

    Returns:
        Hours.
    """
    return _limit(HOURS)


def most_samples() -> int:
    """Say how many samples of a recording are held in memory.

    Returns:
        Their number, after resampling.
    """
    return int(_limit(SAMPLES))


def check_channels(shown: str, n_channels: int) -> None:
    """Refuse a recording of too many channels.

    Args:
        shown: what sentences call it
        n_channels: its channels

    Raises:
        AudioError: there are more than may be.
    """
    most = int(_limit(CHANNELS))
    if n_channels > most:
        raise AudioError(
            f"“{shown}” says it has {n_channels:,} channels; at most {most:,} are read. If it "
            f"really has so many, set {CHANNELS} to more."
        )


def _limit(name: str) -> float:
    text = os.environ.get(name, "").strip()
    if not text:
        return _DEFAULTS[name]
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not (value > 0 and math.isfinite(value)):
        raise SettingError(f"{name} must be a number above 0, not “{text}”.")
    return value
