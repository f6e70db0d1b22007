"""What views say where there is nothing to show yet, or where something went wrong."""

MODEL_FIRST = "You need a model first. Fit one on normal recordings, or try the demo."
FIT_MODEL, TRY_DEMO = "Fit a model", "Try the demo"
NOTHING_SCORED = "This model has not scored any recordings yet."
SCORE_RECORDINGS, BACK_TO_START = "Score recordings", "Back to the start"
UNEXPECTED = (
    "Something happened that HearMap did not expect. Nothing that was saved is lost. Load the page "
    "again. What happened is written in logs/app.log in HearMap’s data folder."
)
MODEL_GONE = "The model of this link no longer exists."
RECORDING_GONE = "This model has no score for that recording. Its highest score is shown instead."
