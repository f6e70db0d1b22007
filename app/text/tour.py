"""The two-minute tour: what to look at in each view, in the order of the tour."""

STEPS = {
    "start": (
        "Press **Try the demo**: HearMap makes the sounds of a machine, fits a model on normal "
        "ones and scores others. It takes a minute or two and then opens the result. If a demo "
        "model is listed below already, go to the next step."
    ),
    "fit": (
        "Here you add normal recordings, a dozen or more. You need no anomalous ones. The demo has "
        "done this for you. To use your own, drop them here and press Fit."
    ),
    "score": (
        "All recordings with their scores, the highest first. The p-value says how often a normal "
        "recording would score as high. Select a row to listen to the recording."
    ),
    "listen": (
        "Press play, then **2** to hear only the anomalous part and **3** for the residual, at the "
        "same place. Drag a box to hear only that. Below, *Why?* replaces the part by normal sound "
        "and scores the recording again."
    ),
    "tune": (
        "Drag the threshold, and see how many normal recordings would be anomalous by mistake. "
        "Nothing is fitted or scored again."
    ),
}
STEP = "**Tour, {number} of {count}: {view}.** {said}"
NOT_IN_TOUR = "**Tour.** This view is not part of it. Look around, then go on."
NEXT, END, CLOSE = "Next: {view}", "End the tour", "That was the tour: close"
