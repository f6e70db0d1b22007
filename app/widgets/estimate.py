"""How long a fit will take and how much memory it needs, before it starts."""

from __future__ import annotations

from core.detectors.registry import HEADS

START_SECONDS = 6.0
# Measured on two cores with clips of 5 s (benchmarks/RESULTS.md, “Heads”), in seconds for a second
# of sound: what the network takes. What each head takes to learn from it is in its registry entry.
NETWORK = 0.013
BASE_BYTES = 700 * 2**20
BYTES_PER_CLIP = 0.2 * 2**20


def fit_estimate(head: str, n_clips: int, total_seconds: float) -> tuple[float, float]:
    """Estimate the cost of a fit.

    A set that is cross-fitted is learned from four times over, a larger one once, less the quarter
    that is for calibration. Memory hardly grows, since clips are read one at a time.

    Args:
        head: The name of the head.
        n_clips: The number of clips.
        total_seconds: Their length together.

    Returns:
        Seconds of work on two cores, and bytes of memory at most.

    >>> fit_estimate("padim", 0, 0.0)
    (6.0, 734003200.0)
    """
    # Not at the top: PyTorch comes with it.
    from core.detectors.cross_fitting import CROSS_FITTED_BELOW

    times = 4.0 if n_clips < CROSS_FITTED_BELOW else 0.75
    entry = HEADS[head]
    learned = min(times * total_seconds, max(1.0, times) * entry.learns_from_s)
    seconds = START_SECONDS + NETWORK * total_seconds + entry.learning * learned
    return seconds, BASE_BYTES + BYTES_PER_CLIP * n_clips
