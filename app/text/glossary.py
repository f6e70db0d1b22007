"""What the app's words mean, each in a sentence or two: the help beside them."""

from __future__ import annotations

from typing import Final

P_VALUE: Final = (
    "How often a normal recording would score at least as high, counted on normal recordings that "
    "the detector had not heard. Small means strong evidence; it does not say what is wrong."
)
FALSE_ALARM_RATE: Final = (
    "How many of 100 normal recordings may be called unlike. A lower rate asks for stronger "
    "evidence. Moving it changes the verdicts, not the scores."
)
HELD_OUT: Final = (
    "Normal recordings scored by a detector that was not fitted on them, so that they show what "
    "ordinary scores are. The line is the threshold, the mark this recording."
)
REGION: Final = (
    "A connected part of the map above the threshold: from when to when, from which frequency to "
    "which. Its p-value is how often a normal recording’s map reaches as high anywhere."
)
EVIDENCE: Final = (
    "From 0 to 1, on the scale of the map: 1 in 20 normal recordings reaches 0.5, and 1 in 400 "
    "reaches 1, where the scale ends. The mark is the threshold."
)
FAITHFULNESS: Final = (
    "Whether the map shows what the detector heard: does the evidence go when the shown part goes? "
    "v1 leaves a gap in its place, v2 fills the gap with normal sound. Each sound goes through the "
    "whole detector again."
)
BACKGROUND: Final = (
    "The normal sound that fills the gap: the recording the model was fitted on whose sound is "
    "nearest to this one, the average of all of them with this recording’s own rhythm, or one you "
    "choose."
)
COUNTERFACTUAL: Final = (
    "The smallest part of the map, strongest cells first, that has to be replaced by normal sound "
    "before the verdict becomes “like normal”."
)
OWN_MASK: Final = (
    "Try a guess of your own: what you mark in the picture is replaced by normal sound, and the "
    "recording is scored again."
)
MODEL: Final = "A detector that was fitted on one set of normal recordings."
DOWNLOADS: Final = (
    "The map as a picture or as numbers, the sounds, the regions as a table, and one page with all "
    "of it that opens without a network."
)
