"""The views' names, in the order of the menu."""

TITLES = {
    "start": "Start",
    "fit": "Fit",
    "score": "Score",
    "listen": "Listen",
    "compare": "Compare",
    "triage": "Triage",
    "tune": "Tune",
    "benchmark": "Benchmark",
    "weights": "Weights",
    "models": "Models",
    "jobs": "Jobs",
}
# In the dialog that appears when the server is gone; no quotation marks and no backslash.
STOPPED = (
    "HearMap does not answer: it was stopped, or this machine cannot reach it. Start it again the "
    "way it was started, such as by make app. This page then goes on by itself."
)
