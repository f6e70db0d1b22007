"""What a map says of a recording, in one sentence that never calls anything faulty."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.detectors.region_words import region_words
from core.report.view_words import found_words, remarks

if TYPE_CHECKING:
    from core.types import AnomalyMap, Region

ANOMALOUS = "Anomalous compared with the normal recordings you supplied"
NORMAL = "Normal compared with the normal recordings you supplied"


def summary_sentence(found: AnomalyMap) -> str:
    """Say whether a recording is anomalous, and what each view found that says so.

    The view of the strongest region comes first. What a view found that does not count, such as
    another level, is said in a sentence of its own. Models without views have the place of the
    strongest region instead.

    Args:
        found: the recording's map

    Returns:
        A sentence or two with their full stops.
    """
    if not found.anomalous:
        said = NORMAL
    elif found.views:
        said = f"{ANOMALOUS}: {found_words(found)}"
    else:
        strongest = found.regions[0] if found.regions else None
        said = with_region(ANOMALOUS, strongest, float(found.time_s[-1]))
    sentences = [f"{said}.", rarity(found) if found.anomalous else "", remarks(found)]
    return " ".join(sentence for sentence in sentences if sentence)


def rarity(found: AnomalyMap) -> str:
    """Say how rare a score is that no normal recording reaches: an estimate, and called one.

    Args:
        found: the recording's map

    Returns:
        A sentence; empty where the p-value is measured.
    """
    if found.one_in is None:
        return ""
    n_clips = round(1.0 / found.p_value) - 1
    one_in = rounded_one_in(found.one_in)
    return f"Its score is beyond all {n_clips} of them; about 1 in {one_in:,} by extrapolation."


def rounded_one_in(one_in: float) -> int:
    """Round how rare a score is to what an estimate can say.

    Args:
        one_in: about one normal recording in so many scores as high

    Returns:
        The number, above 100 with one digit that is not 0.

    >>> rounded_one_in(25.4), rounded_one_in(1234.5)
    (25, 1000)
    """
    return int(float(f"{one_in:.1g}")) if one_in >= 100 else round(one_in)


def with_region(verdict: str, strongest: Region | None, clip_seconds: float) -> str:
    """Continue a verdict with what its strongest region says.

    Args:
        verdict: that the recording is anomalous
        strongest: the region, where it is known
        clip_seconds: length of the recording

    Returns:
        The verdict and what is known, without a full stop.

    >>> from core.types import Region
    >>> click = (2.1, 2.4, 3000, 5200, 2.2, 4000, 9.1, 0.04)
    >>> with_region("Anomalous", Region(*click), 5.0)
    'Anomalous, strongest at 2.1–2.4 s, 3–5.2 kHz'
    >>> with_region("Anomalous", Region(*click, view="event"), 5.0)
    'Anomalous: an event at 2.1–2.4 s, 3–5.2 kHz'
    """
    if strongest is None:
        return verdict
    return f"{verdict}{':' if strongest.view else ','} {region_words(strongest, clip_seconds)}"


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
