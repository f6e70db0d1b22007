"""Score: recordings in, a table of scores out."""

from app.text.control import control

ADD, SCORE_N, SCORING = "Add recordings", "Score {recordings}", "Scoring"
NOTHING = "This model has not scored any recordings yet. Add some above."
SCORES = "Scores, the highest first"
COUNT = "**{count}**, at a false-alarm rate of {rate}. Select a row to listen to it."
FAILED = "{recordings} could not be scored."
RECALIBRATE = "If they are normal, let the threshold follow from them: recalibrate in Tune"
LISTEN, DOWNLOAD = "Listen to the highest score", "Download the table (CSV)"
EACH_CHANNEL = control(
    "Score every channel",
    "Of each recording with several channels, the one with the highest score is shown and named.",
)

# The table.
NOTE = control("Note", "What to know of the recording before its score is trusted.")
ALT = "{recordings} by score, the highest first; {n_anomalous} above the threshold"
RATIO = control("Against the threshold", "0 is the median normal score, 1 is the threshold.")
OVER_TIME = control("Score over time", "Half the height is the map’s threshold, in every row.")
