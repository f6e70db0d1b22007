"""The picture of the normal scores, in words."""

from __future__ import annotations

from app.text.formats import counted, score

NO_SCORES = "No normal recording has a score."
THRESHOLD, SCORE, RECORDINGS = "threshold", "score", "normal recording"
BIN = "{recordings}: score {start} to {end}"
THIS_RECORDING = "this recording: {score}"


def summary(
    n_normal: int, lowest: float, highest: float, threshold: float, own: float | None
) -> str:
    """Describe the picture.

    Args:
        n_normal: The number of normal recordings.
        lowest: The lowest of their scores.
        highest: The highest.
        threshold: The threshold.
        own: The score of a recording that is compared with them, if any.

    Returns:
        One sentence.
    """
    said = (
        f"{counted(n_normal, RECORDINGS)} with scores from {score(lowest)} to {score(highest)}; "
        f"the threshold is {score(threshold)}"
    )
    if own is not None:
        side = "above" if own > threshold else "below"
        said += f"; this recording scores {score(own)}, {side} it"
    return f"{said}."
