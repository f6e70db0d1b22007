"""Numbers, times and sizes as people read them, one function for each kind."""

from __future__ import annotations

import datetime

from core.detectors.calibration.evidence_scale import AT_THRESHOLD


def counted(count: int, noun: str, plural: str = "") -> str:
    """Write a number with its noun.

    Args:
        count: How many.
        noun: The noun for one.
        plural: The noun for several; the noun with an s if empty.

    Returns:
        The number, with commas between thousands, and the noun.

    >>> counted(1, "row"), counted(1200, "row"), counted(2, "class", "classes")
    ('1 row', '1,200 rows', '2 classes')
    """
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def percent(share: float) -> str:
    """Write a share as a percentage with two digits, or all digits of a whole number.

    Args:
        share: A share in [0, 1].

    Returns:
        The percentage with its sign, which no line break parts from it.

    >>> print(percent(0.05), percent(0.083), percent(0.0004))
    5 % 8.3 % 0.04 %
    """
    value = 100 * share
    if value >= 10 or value == round(value):
        return f"{value:.0f}\u00a0%"
    return f"{value:.1f}\u00a0%" if value >= 1 else f"{value:.2g}\u00a0%"


def score(value: float) -> str:
    """Write a score or a threshold with four digits, without an exponent above 1,000.

    Args:
        value: The score.

    Returns:
        The number.

    >>> score(12.34567), score(-0.5), score(123456.0)
    ('12.35', '−0.5', '123,456')
    """
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return text.replace("-", "−")


def p_value(value: float) -> str:
    """Write a p-value with two digits.

    Args:
        value: The p-value in (0, 1].

    Returns:
        The number with its name.

    >>> p_value(0.0416)
    'p = 0.042'
    """
    return f"p = {value:.2g}"


def evidence(value: float) -> str:
    """Write evidence; what is above the threshold never looks as if it were on it.

    Args:
        value: A value in [0, 1].

    Returns:
        The number with two decimals.

    >>> evidence(0.5), evidence(0.5001), evidence(0.4999)
    ('0.50', '0.51', '0.50')
    """
    return f"{max(value, 0.51) if value > AT_THRESHOLD else value:.2f}"


def duration(seconds: float) -> str:
    """Write a length of time.

    Args:
        seconds: The length in seconds.

    Returns:
        The length in the units that suit it.

    >>> duration(5.0), duration(0.25), duration(95), duration(4000)
    ('5.0 s', '0.25 s', '1 min 35 s', '1 h 6 min')
    """
    if seconds < 1:
        return f"{max(seconds, 0.01):.2g} s"
    if seconds < 60:
        return f"{seconds:.1f} s"
    if seconds < 3600:
        return f"{int(seconds // 60)} min {int(seconds % 60)} s"
    return f"{int(seconds // 3600)} h {int(seconds % 3600 // 60)} min"


def time_left(seconds: float | None) -> str:
    """Write roughly how long work will still take.

    Args:
        seconds: The time left in seconds, None if unknown.

    Returns:
        The time, empty if unknown.

    >>> time_left(None), time_left(3), time_left(42), time_left(300)
    ('', 'a few seconds left', 'about 40 s left', 'about 5 min left')
    """
    if seconds is None:
        return ""
    if seconds < 8:
        return "a few seconds left"
    if seconds < 90:
        return f"about {round(seconds, -1):.0f} s left"
    if seconds < 5400:
        return f"about {seconds / 60:.0f} min left"
    return f"about {seconds / 3600:.1f} h left"


def size(n_bytes: float | None) -> str:
    """Write a size in memory or on disk, in powers of 1,000.

    Args:
        n_bytes: The size in bytes, None if unknown.

    Returns:
        The size in the unit that suits it.

    >>> size(900), size(25_300_000), size(3_200_000_000), size(None)
    ('1 kB', '25.3 MB', '3.20 GB', 'not measured yet')
    """
    if n_bytes is None:
        return "not measured yet"
    if n_bytes < 1e6:
        return f"{max(1, round(n_bytes / 1e3))} kB"
    return f"{n_bytes / 1e6:.1f} MB" if n_bytes < 1e9 else f"{n_bytes / 1e9:.2f} GB"


def date(moment: datetime.datetime) -> str:
    """Write the day of a moment.

    Args:
        moment: The moment.

    Returns:
        The day, the month in letters.

    >>> date(datetime.datetime(2026, 5, 3))
    '3 May 2026'
    """
    return f"{moment.day} {moment:%b %Y}"


def date_and_time(moment: datetime.datetime) -> str:
    """Write a moment to the minute.

    Args:
        moment: The moment, in UTC as the records have it.

    Returns:
        Day and time.

    >>> date_and_time(datetime.datetime(2026, 5, 3, 14, 5))
    '3 May 2026, 14:05 UTC'
    """
    return f"{date(moment)}, {moment:%H:%M} UTC"


def channel(choice: int | str) -> str:
    """Name a choice of channels.

    Args:
        choice: A number from 0, "mean" or "loudest".

    Returns:
        The name.

    >>> channel(1)
    'Channel 2'
    """
    if isinstance(choice, int):
        return f"Channel {choice + 1}"
    return {"mean": "Mean of all channels", "loudest": "Loudest of each recording"}[choice]


def recorded(moment: datetime.datetime | None) -> str:
    """Write when a recording began, so that texts sort as the moments do.

    Args:
        moment: The moment, in local time or with a time zone; None if unknown.

    Returns:
        Day and time, with the time zone where it is known; empty if unknown.

    >>> recorded(None), recorded(datetime.datetime(2024, 5, 1, 6, 30))
    ('', '2024-05-01 06:30:00')
    >>> recorded(datetime.datetime(2024, 5, 1, 6, 30, 0, 250_000, datetime.timezone.utc))
    '2024-05-01 06:30:00.250 UTC'
    """
    if moment is None:
        return ""
    precision = "milliseconds" if moment.microsecond else "seconds"
    local = moment.replace(tzinfo=None).isoformat(" ", precision)
    return f"{local} {moment.tzname()}" if moment.tzinfo else local


def recorded_at(moment: datetime.datetime) -> str:
    """Say when a recording began.

    Args:
        moment: The moment.

    Returns:
        A sentence.

    >>> recorded_at(datetime.datetime(2024, 5, 1, 6, 30))
    'Recorded at 2024-05-01 06:30:00.'
    """
    return f"Recorded at {recorded(moment)}."
