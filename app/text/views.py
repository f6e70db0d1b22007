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
