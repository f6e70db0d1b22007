"""Why a recording scored as it did: labels, and sentences that are pure functions of numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.text.formats import counted, duration, evidence, percent
from app.text.markdown import plain
from core.detectors.region_words import time_and_band
from core.types import Box

WHY, TRY_AGAIN = "Why?", "Try again"
LONG = "This recording is long. What follows is about the part shown alone, {stretch}."
TABS = ["Is the map right?", "What would make it normal?", "Your own mask"]
NO_LONGER_SAVED = "{what} was made, but is no longer saved. Make it again."

# What replaces the anomalous part.
BACKGROUND = "Replace the anomalous part by"
BACKGROUNDS = {
    "nearest": "Nearest normal recording",
    "mean": "Average normal sound",
    "own": "A recording of yours",
}
OWN_BACKGROUND = "A normal recording of yours"
OWN_BACKGROUND_IS = "Your recording: “{name}”."
OWN_BACKGROUND_GONE = "Your recording was deleted meanwhile. Choose another one."

# Is the map right?
MEASURES = "The measures of faithfulness"
# A fall of the evidence that is worth the word.
MUCH = 0.25
THE_EXPLANATION, EXPLAIN = "The explanation", "Explain this part"
IN_PLAYER = "You can listen to all of these in the player above, at the same place."
NEAREST_IS = "The nearest normal recording is “{name}”."

# What would make it normal?
THE_SEARCH, SEARCH = "The search", "Find it"
SEARCH_TAKES = "It scores the recording up to 14 times, which takes about {duration}."
REPLACED_SHARE = "coloured: the {share} that is replaced"

# Your own mask.
YOUR_MASK, SCORE_MASK, SCORE_WITHOUT = "Your mask", "Score it", "Score without {marked}"
MARK = "Paint over the picture above, drag a box, or choose a region. Then score without it here."

# The sounds: the captions of the cards, and of the sounds in the player.
FILLED, NEAREST, MADE_NORMAL = "Filled", "Nearest normal", "Made normal"
WITHOUT_MASK, MASK_ALONE, MARKED_PART = "Without your mask", "Your mask alone", "what you marked"
WITH_MAP, ALONE, WITHOUT_PART = "with the map", "alone", "without the anomalous part"
PART_REPLACED, MASK_REPLACED = "with the part replaced", "with your mask replaced"
ANOTHER_RECORDING, MASK_COLOURED = "another recording", "coloured: your mask"
EVIDENCE, SPECTROGRAM = "evidence {value}", "Spectrogram: {title}"
PLAY_IT = "Play it as “{caption}” in the player above."


# What is anomalous throughout has no place that a map could get wrong.
MOST, LARGE = 0.5, 0.25
NEARLY_ALL = (
    "The anomalous part is most of the recording ({share} of its sound, on average over time), so "
    "this cannot say whether the map is right."
)
ONLY_NORMAL = (
    "Most of the recording is replaced ({share} of its sound, on average over time): that normal "
    "sound is normal says nothing about the map."
)


def faithfulness_v1(numbers: Mapping[str, float], share: float = 0.0) -> str:
    """Say what the evidence is of the anomalous part alone and of the residual.

    Args:
        numbers: Evidence in [0, 1] of the recording ("p"), of the anomalous part ("o") and of the
            residual ("q").
        share: How much of the sound of a moment is in the anomalous part, on average, in [0, 1].

    Returns:
        Sentences of Markdown: what it asks and its values, then a line on what follows.

    >>> print(faithfulness_v1({"p": 0.9, "o": 0.8, "q": 0.2}).splitlines()[-1])
    Most of the evidence is in the anomalous part: the map shows the right part.
    """
    p, o, q = (numbers[key] for key in "poq")
    said = (
        "**Faithfulness v1** asks whether the evidence goes with the anomalous part, and whether "
        "the part alone has it: half of it or more should go, and little be missing in the part. "
        f"The evidence goes from {evidence(p)} to {evidence(q)} for the residual "
        f"({_change(q - p)}), and to {evidence(o)} for the anomalous part alone "
        f"({_change(o - p)}).\n"
    )
    if p < 0.5:
        return said + "The recording has little evidence, so little can be taken away."
    if share >= MOST:
        return said + NEARLY_ALL.format(share=percent(share))
    if p - q >= 0.5 * p:
        return said + "Most of the evidence is in the anomalous part: the map shows the right part."
    return said + (
        "Most of the evidence stays. But silence in place of the part can be anomalous, too, so v2 "
        "is the better test."
    )


def faithfulness_v2(numbers: Mapping[str, float], background: str, share: float = 0.0) -> str:
    """Say what the evidence is with the anomalous part replaced by normal sound.

    Args:
        numbers: Evidence in [0, 1] of the recording ("p") and with the part replaced ("r", absent
            where there is no normal sound).
        background: The name of the normal sound.
        share: As in `faithfulness_v1`.

    Returns:
        Sentences of Markdown: what it asks and its values, then a line on what follows; empty
        without "r".

    >>> faithfulness_v2({"p": 0.9}, "")
    ''
    """
    if "r" not in numbers:
        return ""
    p, r = numbers["p"], numbers["r"]
    said = (
        "**Faithfulness v2** asks whether the recording is normal without that part; a fall of "
        f"{evidence(MUCH)} or more is good. With “{plain(background)}” in place of the anomalous "
        f"part, the evidence goes from {evidence(p)} to {evidence(r)} ({_change(r - p)}).\n"
    )
    if p < 0.5:
        return said + "The recording has little evidence, so little can be taken away."
    if share >= MOST:
        return said + ONLY_NORMAL.format(share=percent(share))
    if p - r >= MUCH:
        return said + "Without that part there is less evidence: the map shows the right part."
    return said + (
        "The evidence stays: part of what is anomalous lies outside the coloured part, or lasts "
        "through the whole recording."
    )


def made_normal(values: Mapping[str, Any], start_s: float = 0.0) -> str:
    """Say what would make a recording normal, or that no small part does.

    Args:
        values: What the search found: "share" of the map in [0, 1], "flips", evidence "before" and
            "after", and "parts" with times in seconds and frequencies in Hz.
        start_s: Where the stretch that was searched begins, in seconds of the recording.

    Returns:
        Markdown.

    >>> made_normal({"share": 0.0, "flips": True})
    'This recording is normal as it is: nothing needs to change.'
    """
    share = float(values["share"])
    if not share:
        return "This recording is normal as it is: nothing needs to change."
    change = f"evidence {evidence(values['before'])}, then {evidence(values['after'])}"
    if not values["flips"]:
        return (
            f"**No part of it does.** Even with the highest {percent(share)} of the map replaced "
            f"by normal sound, the recording stays anomalous ({change}). What is anomalous lasts "
            "through the whole recording, or cannot be cut out by a map."
        )
    parts = [
        time_and_band(Box(**part | {name: part[name] + start_s for name in ("start_s", "end_s")}))
        for part in values.get("parts", [])
    ]
    more = f" and {counted(len(parts) - 2, 'smaller part')}" if len(parts) > 2 else ""
    if share >= LARGE:
        return (
            f"**Only a large part does.** The recording becomes normal when {percent(share)} of "
            f"the map is replaced by normal sound ({change}). So much of it is normal sound then "
            "that this says little of which part is the reason."
        )
    return (
        f"**{percent(share)} of the map decides it.** Replace {'; '.join(parts[:2])}{more} by "
        f"normal sound, and the recording becomes normal ({change})."
    )


def own_mask(values: Mapping[str, Any]) -> str:
    """Say what a mask of the user's own does to the verdict.

    Args:
        values: What scoring found: "anomalous_before" and "anomalous_after", evidence "before" and
            "after", and the "share" of the map in [0, 1].

    Returns:
        Two sentences of Markdown.
    """
    before, after = bool(values["anomalous_before"]), bool(values["anomalous_after"])
    change = f"from {evidence(values['before'])} to {evidence(values['after'])}"
    without = (
        f"The evidence goes {change} without this {percent(float(values['share']))} of the map."
    )
    if before and not after:
        return f"**The recording becomes normal.** {without}"
    if before:
        return f"**The recording stays anomalous.** {without}"
    if after:
        return (
            f"**The recording becomes anomalous.** The evidence goes {change}: what replaces your "
            "mask is anomalous, too."
        )
    return f"**The recording is normal with and without it.** The evidence goes {change}."


def marked(boxes: Sequence[Box]) -> str:
    """Name what is marked in the player, for a button.

    Args:
        boxes: The marked rectangles, at least one.

    Returns:
        The place of a single box, in words.

    >>> from core.types import Box
    >>> marked([Box(1.0, 2.0, 100.0, 200.0)])
    '1.0–2.0 s, 100–200 Hz'
    """
    if len(boxes) > 1:
        return "what you painted"
    (box,) = boxes
    return time_and_band(box)


def search_takes(seconds: float) -> str:
    """Say how long the search takes.

    Args:
        seconds: The length of what is searched.

    Returns:
        One sentence.
    """
    # Half a second on two cores for each second of sound.
    return SEARCH_TAKES.format(duration=duration(max(2.0, 0.5 * seconds)))


def _change(difference: float) -> str:
    if abs(difference) < 0.005:
        return "no change"
    return f"{difference:+.2f}".replace("-", "−")
