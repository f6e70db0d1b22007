"""How long a fit will take and how much memory it needs, before it starts."""

from __future__ import annotations

START_SECONDS = 6.0
SECONDS_PER_SECOND_OF_SOUND = 0.12
BASE_MEBIBYTES = 900.0
MEBIBYTES_PER_CLIP = 0.2
LONGEST_WINDOW_MEBIBYTES = 350.0


def fit_estimate(n_clips: int, total_seconds: float) -> tuple[float, float]:
    """Seconds of work on two cores, and MiB of memory at most.

    Time grows with the sound, memory hardly, since clips are read one at a time.

    >>> fit_estimate(0, 0.0)
    (6.0, 1250.0)
    """
    seconds = START_SECONDS + SECONDS_PER_SECOND_OF_SOUND * total_seconds
    return seconds, BASE_MEBIBYTES + LONGEST_WINDOW_MEBIBYTES + MEBIBYTES_PER_CLIP * n_clips
