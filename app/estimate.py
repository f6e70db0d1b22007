"""How long a fit will take and how much memory it needs, before it starts."""

from __future__ import annotations

START_SECONDS = 6.0
# Measured on two cores with 24 clips of 5 s, cross-fitting included.
SECONDS_PER_SECOND_OF_SOUND = {
    "padim": 0.04,
    "patchcore": 0.12,
    "cfa": 1.5,
    "stfpm": 0.5,
    "autoencoder": 0.8,
}
BASE_MEBIBYTES = 700.0
MEBIBYTES_PER_CLIP = 0.2


def fit_estimate(head: str, n_clips: int, total_seconds: float) -> tuple[float, float]:
    """Seconds of work on two cores, and MiB of memory at most; the slowest for an unknown head.

    Time grows with the sound, memory hardly, since clips are read one at a time.

    >>> fit_estimate("padim", 0, 0.0)
    (6.0, 700.0)
    """
    slowest = max(SECONDS_PER_SECOND_OF_SOUND.values())
    seconds = START_SECONDS + SECONDS_PER_SECOND_OF_SOUND.get(head, slowest) * total_seconds
    return seconds, BASE_MEBIBYTES + MEBIBYTES_PER_CLIP * n_clips
