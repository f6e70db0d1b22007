"""Recalibration: the threshold from other recordings that the user calls normal."""

from app.text.formats import counted, score

RECALIBRATE, RECALIBRATION, NOTE = "Recalibrate", "The recalibration", "Note"
WHAT_IT_DOES = (
    "After a change of microphone, gain or day, normal recordings may score higher than before. "
    "Recordings that you annotated as normal, and that this model was not fitted on, can set the "
    "threshold instead. Nothing is fitted again and scores stay as they are. Threshold and "
    "p-values change, for earlier scores too. You can undo it in the history."
)
TO_TRIAGE = "Annotate recordings"
BUTTON = "Recalibrate with {recordings} you call normal"


def few(n_recordings: int) -> str:
    """Say that there are too few recordings to recalibrate with.

    Args:
        n_recordings: How many there are.

    Returns:
        A sentence.

    >>> few(0)
    'It takes at least two such recordings, better 20 or more; there is none yet.'
    """
    are = "is one" if n_recordings else "is none yet"
    return f"It takes at least two such recordings, better 20 or more; there {are}."


def made(n_recordings: int, n_anomalous: int, before: float, now: float) -> str:
    """Say what a recalibration changed.

    Args:
        n_recordings: How many recordings it was made with.
        n_anomalous: How many of them were above the threshold before.
        before: The threshold before.
        now: The threshold now.

    Returns:
        Two sentences.

    >>> made(12, 9, 3.2, 4.12)
    'Recalibrated with 12 recordings: the threshold is 4.12. It was 3.2, with 9 of them above it.'
    """
    return (
        f"Recalibrated with {counted(n_recordings, 'recording')}: the threshold is {score(now)}. "
        f"It was {score(before)}, with {n_anomalous or 'none'} of them above it."
    )
