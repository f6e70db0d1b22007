"""What a map says of a recording, in one sentence that never calls anything faulty."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from core.spectral.frequency_range import frequency_range

if TYPE_CHECKING:
    # A page that shows no map yet does without PyTorch, which comes with core.types.
    from core.types import AnomalyMap, Box, Region

ANOMALOUS = "Anomalous compared with the normal recordings you supplied"
NORMAL = "Normal compared with the normal recordings you supplied"
# A share of the recording's length, and octaves of the ten or so that people hear.
THROUGHOUT = 0.95
ALL_OCTAVES = 8.0


def summary_sentence(found: AnomalyMap) -> str:
    """Say whether a recording is anomalous, and where its strongest region lies.

    Args:
        found: the recording's map

    Returns:
        A sentence with its full stop.
    """
    if not found.anomalous:
        return f"{NORMAL}."
    if not found.regions:
        return f"{ANOMALOUS}."
    return f"{ANOMALOUS}, {location_clause(found.regions[0], float(found.time_s[-1]))}."


def count_sentence(n_anomalous: int, n_total: int) -> str:
    """Say how many of the scored recordings are anomalous, without a full stop.

    Args:
        n_anomalous: Recordings above the threshold.
        n_total: Recordings that were scored.

    Returns:
        A clause that begins with a capital letter and can be continued.

    >>> count_sentence(1, 3), count_sentence(0, 1)
    ('1 of 3 recordings is anomalous', 'The one recording is normal')
    """
    if n_total == 0:
        return "No recording was scored"
    if n_total == 1:
        return f"The one recording is {'anomalous' if n_anomalous else 'normal'}"
    return (
        f"{n_anomalous or 'None'} of {n_total:,} recordings "
        f"{'is' if n_anomalous <= 1 else 'are'} anomalous"
    )


def location_clause(region: Region, clip_seconds: float) -> str:
    """Say where the strongest region lies, or that it lasts as long as the recording.

    Args:
        region: the strongest region
        clip_seconds: length of the recording

    Returns:
        A clause in lower case that ends a sentence.

    >>> from core.types import Region
    >>> location_clause(Region(2.1, 2.4, 3000, 5200, 2.2, 4000, 9.1, 0.04), 5.0)
    'strongest at 2.1–2.4 s, 3–5.2 kHz'
    >>> location_clause(Region(0.0, 4.99, 25, 21250, 2.2, 4000, 9.1, 0.04), 5.0)
    'from beginning to end, at all frequencies'
    """
    if region.end_s - region.start_s < THROUGHOUT * clip_seconds:
        return f"strongest at {time_and_band(region)}"
    octaves = math.log2(max(region.high_hz, 1.0) / max(region.low_hz, 1.0))
    return "from beginning to end, at " + (
        "all frequencies" if octaves > ALL_OCTAVES else band(region)
    )


def time_and_band(region: Box) -> str:
    """Name the time and the frequencies of a region.

    Args:
        region: the region

    Returns:
        Seconds and hertz, with digits that suit the region's length.

    >>> from core.types import Region
    >>> time_and_band(Region(2.1, 2.4, 3000, 5200, 2.2, 4000, 9.1, 0.04))
    '2.1–2.4 s, 3–5.2 kHz'
    """
    digits = 1 if region.end_s - region.start_s >= 0.15 else 2
    return f"{region.start_s:.{digits}f}–{region.end_s:.{digits}f} s, {band(region)}"


def band(region: Box) -> str:
    """Name the frequencies of a region.

    Args:
        region: the region

    Returns:
        The lowest and highest, in Hz below 1 kHz and in kHz above.

    >>> from core.types import Region
    >>> band(Region(2.1, 2.4, 80, 240, 2.2, 100, 9.1, 0.04))
    '80–240 Hz'
    """
    return frequency_range(region.low_hz, region.high_hz)
