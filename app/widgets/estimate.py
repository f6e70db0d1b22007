"""How long a fit will take and how much memory it needs, before it starts."""

from __future__ import annotations

START_SECONDS = 6.0
# Measured on two cores with clips of 5 s (benchmarks/RESULTS.md, “Heads”): to hear a second of
# sound once, and to learn from it.
HEARING = 0.013
LEARNING = {"padim": 0.003, "patchcore": 0.012, "cfa": 0.13, "stfpm": 0.17, "autoencoder": 0.16}
# More sound than this an autoencoder draws its stacks of frames from, and learns no longer.
AUTOENCODER_SECONDS = 2300.0
BASE_MEBIBYTES = 700.0
MEBIBYTES_PER_CLIP = 0.2


def fit_estimate(head: str, n_clips: int, total_seconds: float) -> tuple[float, float]:
    """Seconds of work on two cores, and MiB of memory at most; the slowest for an unknown head.

    A set that is cross-fitted is learned from four times over, a larger one once, less the quarter
    that is held out. Memory hardly grows, since clips are read one at a time.

    >>> fit_estimate("padim", 0, 0.0)
    (6.0, 700.0)
    """
    from core.detectors.cross_fitting import CROSS_FITTED_BELOW

    times = 4.0 if n_clips < CROSS_FITTED_BELOW else 0.75
    learned = times * total_seconds
    if head == "autoencoder":
        learned = min(learned, max(1.0, times) * AUTOENCODER_SECONDS)
    slowest = max(LEARNING.values())
    seconds = START_SECONDS + HEARING * total_seconds + LEARNING.get(head, slowest) * learned
    return seconds, BASE_MEBIBYTES + MEBIBYTES_PER_CLIP * n_clips
