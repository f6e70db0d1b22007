"""The false-alarm rate and the threshold: in Score and Listen, in Tune, and their history."""

from app.text.control import control
from app.text.glossary import FALSE_ALARM_RATE as FALSE_ALARM_RATE_HELP

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
    "{name} set the false-alarm rate to {rate} at {moment:%H:%M} UTC, after you had opened this "
    "page. Your threshold is where you left it."
)

# The history.
WHEN, WHO, THRESHOLD, HISTORY = "When", "Who", "Threshold", "History of the threshold"
ALT = "{changes} of the threshold, the newest first"
UNDO = control("Undo the last change", "The threshold before it applies again.")
RESTORED = "A false-alarm rate of {rate} applies again."
AS_FITTED, UNDONE, A_CHANGE = "as fitted", "undone: {rate}", "a change"
