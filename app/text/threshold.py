"""The false-alarm rate and the threshold: in Score and Listen, in Tune, and their history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.text.control import control
from app.text.formats import counted, percent
from app.text.glossary import FALSE_ALARM_RATE as FALSE_ALARM_RATE_HELP

if TYPE_CHECKING:
    from core.storage.thresholds import ThresholdChange

FALSE_ALARM_RATE = control("False-alarm rate", FALSE_ALARM_RATE_HELP)

# Tune.
LINK = "The address of this page holds the threshold and the figures: share it as a link."
SCORE_FIRST = "Score recordings to see them on the scale of the threshold"
ANNOTATE_FIRST = "Annotate recordings as normal and anomalous in Triage to see ROC and precision."
WHY, WHY_EXAMPLE = "Why", "a note for the history"
NAME, NAME_EXAMPLE = "Your name", "for the history"
SAVE, SOMEONE = "Save this threshold", "Someone else"
SAVED = "Saved: a false-alarm rate of {rate}."
CHANGED_MEANWHILE = (
    "{name} {did} at {moment:%H:%M} UTC, after you had opened this page. Your threshold is where "
    "you left it."
)

# The history.
WHEN, WHO, THRESHOLD, HISTORY = "When", "Who", "Threshold", "History of the threshold"
ALT = "{changes} of the threshold, the newest first"
UNDO = control("Undo the last change", "The threshold before it applies again.")
RATE_RESTORED = "A false-alarm rate of {rate} applies again."
CALIBRATION_RESTORED = "The normal recordings of before set the threshold again."
AS_FITTED, UNDONE, A_CHANGE = "as fitted", "undone: {change}", "a change"


def did(change: ThresholdChange) -> str:
    """Say what a change did, after the name of who made it.

    Args:
        change: The change.

    Returns:
        The rest of a sentence, without a full stop.
    """
    if change.undoes is not None:
        return "undid the last change of the threshold"
    if change.n_recordings is not None:
        return f"recalibrated with {counted(change.n_recordings, 'recording')}"
    return f"set the false-alarm rate to {percent(change.false_alarm_rate)}"


def named(change: ThresholdChange) -> str:
    """Name a change in the history.

    Args:
        change: The change, not an undo.

    Returns:
        A few words; of a change of the false-alarm rate that alone.
    """
    if change.n_recordings is not None:
        return f"recalibration with {counted(change.n_recordings, 'recording')}"
    return percent(change.false_alarm_rate)
