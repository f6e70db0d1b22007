"""Score: recordings in, a table of scores out."""

from app.text.control import control
from app.text.glossary import EVIDENCE as GLOSSARY_EVIDENCE

ADD, SCORE_N, SCORING = "Add recordings", "Score {recordings}", "Scoring"
NOTHING = "This model has not scored any recordings yet. Add some above."
SCORES = "Scores, the highest first"
COUNT = "**{count}**, at a false-alarm rate of {rate}. Select a row to listen to it."
FAILED = "{recordings} could not be scored."
RECALIBRATE = "If they are normal, let the threshold follow from them: recalibrate in Tune"
KEPT_UNKNOWN = "What it has scored is kept."
LISTEN, DOWNLOAD = "Listen to the highest score", "Download the table (CSV)"
EACH_CHANNEL = control(
    "Score every channel",
    "Of each recording with several channels, the one with the highest score is shown and named.",
)

# The table.
NOTE = control("Note", "What to know of the recording before its score is trusted.")
ALT = "{recordings} by score, the highest first; {n_anomalous} above the threshold"
SCORE = control(
    "Score", "The higher, the farther from the normal recordings. The order of the rows."
)
ONE_IN = control(
    "How rare",
    "About one normal recording in so many would score as high. Beyond the number of normal "
    "recordings that the model was calibrated on, it is an extrapolation.",
)
EVIDENCE = control("Evidence", GLOSSARY_EVIDENCE)
OVER_TIME = control("Evidence over time", "Half the height is the threshold, in every row.")


def kept(n_kept: int, n_wanted: int) -> str:
    """Say what a cancelled scoring has kept.

    Args:
        n_kept: How many recordings it has scored.
        n_wanted: How many it was to score.

    Returns:
        One sentence.

    >>> kept(0, 3), kept(1, 3)
    ('Nothing had been scored yet.', '1 of 3 recordings has been scored, and is kept below.')
    """
    if not n_kept:
        return "Nothing had been scored yet."
    have, are = ("has", "is") if n_kept == 1 else ("have", "are")
    return f"{n_kept:,} of {n_wanted:,} recordings {have} been scored, and {are} kept below."
