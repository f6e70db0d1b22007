"""Score: recordings in, a table of scores out."""

from app.text.control import Control

ADD = "Add recordings"
SCORE_N = "Score {recordings}"
SCORING = "Scoring"
NOTHING = "This model has not scored any recordings yet. Add some above."
SCORES = "Scores, the highest first"
COUNT = "**{count}**, at a false-alarm rate of {rate}. Select a row to listen to it."
FAILED = "{recordings} could not be scored."
LISTEN = "Listen to the highest score"
DOWNLOAD = "Download the table (CSV)"

# The table.
ALT = "{recordings} by score, the highest first; {n_anomalous} above the threshold"
RATIO = Control(
    "Against the threshold",
    "0 is the median of the normal scores, 1 is the threshold. Above 1 a recording is anomalous.",
)
OVER_TIME = Control(
    "Score over time",
    "The middle of the height is the threshold of the map. The scale is the same in every row.",
)
