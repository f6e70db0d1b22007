"""What the terms mean, each in a sentence or two: the help beside them."""

from core.report.view_words import LABELS, MEANINGS

RECORDING, ANOMALOUS_PART, RESIDUAL = "Recording", "Anomalous part", "Residual"
MODEL, METHOD, NETWORK, VERDICT, P_VALUE_NAME = "Model", "Method", "Network", "Verdict", "p-value"
VIEW, RECORDED, TIME_OF_DAY = "View", "Recorded", "Time of day"

FALSE_ALARM_RATE = (
    "How many of 100 normal recordings may be anomalous by mistake. A lower rate gives a higher "
    "threshold. It changes the verdicts, not the scores."
)
NORMAL_SCORES = (
    "The scores of normal recordings, each from a model that was not fitted on it. The line is the "
    "threshold, the mark is this recording."
)
REGION = (
    "A sound that exceeds the threshold on the anomaly map, with its times and frequencies: cells "
    "that lie close together are one region. How rare it is says how often the map of a normal "
    "recording reaches as high anywhere."
)
VIEWS = (
    "A recording is compared in several views, each with its own p-value. "
    + " ".join(f"{LABELS[view]}: {meaning}." for view, meaning in MEANINGS.items())
    + " The level counts only if it was asked for when the model was fitted."
)
EVIDENCE = (
    "Evidence is the score on a scale from 0 to 1, on which the threshold is 0.5: what is normal "
    "has at most 0.5, what is anomalous has more. It is 1 where the chance of a normal recording "
    "is that of the threshold squared: 1 in 400 if the threshold lets 1 in 20 pass by mistake. The "
    "map, the bars and the number under the pointer have this scale."
)
FAITHFULNESS = (
    "Faithfulness asks whether the map shows the right part: does the evidence go when that part "
    "is taken away? v1 scores the residual, v2 replaces the part by normal sound. Each sound is "
    "scored by the whole model again."
)
BACKGROUND = (
    "The normal sound that replaces the anomalous part: the recording the model was fitted on that "
    "is nearest to this one, the average of all of them with the rhythm of this one, or a "
    "recording that you choose."
)
COUNTERFACTUAL = "The smallest part of the map whose replacement makes the recording normal."
OWN_MASK = "What you mark is replaced by normal sound, and the recording is scored again."
DOWNLOADS = "The map, the sounds, the regions, and one page with all of them that needs no network."
