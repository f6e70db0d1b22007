"""Start: what HearMap is, the demo, and the models there are."""

TITLE = "See and hear what is anomalous in a recording"
LEAD = (
    "Give HearMap recordings of how a machine or a place normally sounds. For any new recording it "
    "then shows **when** and **at which frequencies** it is anomalous, and plays exactly that part."
)
TAKE_TOUR = "Take the two-minute tour"

DEMO = "Try the demo"
DEMO_SAYS = (
    "HearMap makes the sounds of a machine, fits a model on normal ones and scores others. It "
    "takes a minute or two, and you need no recordings."
)
THE_DEMO = "The demo"
MACHINE = "Machine"

OWN = "Use your own recordings"
OWN_STEPS = (
    "1. **Fit** a model on normal recordings: a dozen or more, of a few seconds each.\n"
    "2. **Score** new recordings with it.\n"
    "3. **Listen** to the anomalous part of each."
)

MODELS = "Your models"
NO_MODEL = "No model yet. Try the demo, or fit one on your own recordings."
FIT_RUNS = "A model is being fitted"
SCORING_RUNS = "Recordings are being scored"
SCORE = "Score"
