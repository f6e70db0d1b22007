"""Start: what HearMap is, the demo, and the models there are."""

TITLE = "See and hear what is anomalous in a recording"
LEAD = (
    "Give HearMap recordings of how a machine or a place normally sounds. For any new recording it "
    "then shows **when** and **at which frequencies** it is anomalous, and plays exactly that part."
)
TAKE_TOUR = "Take the two-minute tour"

DEMO, THE_DEMO, MACHINE = "Try the demo", "The demo", "Machine"
DEMO_SAYS = (
    "HearMap makes the sounds of a machine, fits a model on normal ones and scores others. It "
    "takes a minute or two, and you need no recordings."
)

OWN, MODELS, SCORE = "Use your own recordings", "Your models", "Score"
OWN_STEPS = (
    "1. **Fit** a model on normal recordings: a dozen or more, of a few seconds each.\n"
    "2. **Score** new recordings with it.\n"
    "3. **Listen** to the anomalous part of each."
)

NO_MODEL = "No model yet. Try the demo, or fit one on your own recordings."
FIT_RUNS, SCORING_RUNS = "A model is being fitted", "Recordings are being scored"
