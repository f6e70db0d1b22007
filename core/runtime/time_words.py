"""Times of a recording in words: one way of writing them, as the player's clock has it."""

from __future__ import annotations

MOST_DIGITS = 3


def clock(seconds: float, digits: int, *, minutes: bool = False) -> str:
    """Write a time without its unit: seconds, or hours, minutes and seconds from a minute on.

    Args:
        seconds: the time
        digits: of the seconds, behind the point
        minutes: whether minutes are written in any case

    Returns:
        The time.

    >>> clock(4.25, 1), clock(302.24, 2), clock(3700, 0), clock(59.97, 1)
    ('4.2', '5:02.24', '1:01:40', '1:00.0')
    """
    rounded = round(max(0.0, seconds), digits)
    if rounded < 60 and not minutes:
        return f"{rounded:.{digits}f}"
    whole, width = int(rounded // 60), digits + 3 if digits else 2
    rest = f"{rounded - 60 * whole:0{width}.{digits}f}"
    if whole < 60:
        return f"{whole}:{rest}"
    return f"{whole // 60}:{whole % 60:02}:{rest}"


def time_text(seconds: float, digits: int = 1) -> str:
    """Write a time.

    Args:
        seconds: the time
        digits: of the seconds, behind the point

    Returns:
        The time, with its unit below a minute.

    >>> time_text(4.25, 2), time_text(302.24)
    ('4.25 s', '5:02.2')
    """
    said = clock(seconds, digits)
    return said if ":" in said else f"{said} s"


def time_range(start_s: float, end_s: float, digits: int = 1) -> str:
    """Write a stretch of time; more digits than asked for where its ends would look equal.

    Args:
        start_s: where it begins
        end_s: where it ends
        digits: of the seconds, behind the point

    Returns:
        Both times, or one where no digit tells them apart.

    >>> time_range(2.1, 2.4), time_range(58.0, 302.24), time_range(3.1, 3.4, 0)
    ('2.1–2.4 s', '0:58.0–5:02.2', '3.1–3.4 s')
    """
    for more in range(digits, max(digits, MOST_DIGITS) + 1):
        end = clock(end_s, more)
        start = clock(start_s, more, minutes=":" in end)
        if start != end:
            return f"{start}–{end}" if ":" in end else f"{start}–{end} s"
    return time_text(start_s, digits)
