"""Compare: one recording as several models see it."""

from app.text.control import control

RECORDING = control("Recording", "Those that the model has scored, the highest score first.")
OTHERS = control("Beside it", "Other models, each with a picture of its own, under one playhead.")
NOT_SCORED, MAP = "Not scored yet by {models}.", "{method}: {verdict}, {p_value}"
SCORE_WITH_THEM, FIT_OTHERS = "Score it with them", "Fit these methods on the same recordings"
# What is anomalous for a method: with four of them, longer captions need a second row.
ANOMALOUS_PART = "Part: {method}"
PICTURE = (
    "On top, colour is the share of the models that are above their thresholds, and the outline is "
    "where more than half of them are. Below is the evidence map of each model, all on one scale. "
    "All pictures move, zoom and play together. “Part” plays what is anomalous for that method."
)
THIS_WORK = "This work"

# What each model costs.
COSTS, OTHER_METHODS = "What each model costs", "Other methods on the same recordings"
ALT = "{models} with their verdicts, time, memory and size"
NOT_MEASURED = "An empty cell was not measured: the model was made elsewhere, or earlier."
FIT = control("Fit", "Time of its fit on this machine.")
SCORING = control("A minute of sound", "Time to score a minute of sound.")
MEMORY = control("Memory", "The most memory that scoring took, with the network.")
SIZE = control("Size", "The size of the model on disk.")

# Other methods on the same recordings.
METHODS = "Methods"
FIT_OTHERS_COST = "About {duration} on two cores. Each becomes a model and scores this recording."
