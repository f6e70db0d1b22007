"""The sentences on why a recording scored as it did: pure functions of numbers and names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from app.text.formats import counted, percent
from app.text.markdown import plain
from core.report import summary_sentence

if TYPE_CHECKING:
    from core.types import Box


def faithfulness_v1(numbers: Mapping[str, float]) -> str:
    """Faithfulness v1 in two sentences: what is left of the evidence with the part taken out.

    >>> print(faithfulness_v1({"p": 0.9, "o": 0.8, "q": 0.2}).splitlines()[-1])
    Most of the evidence goes with the part: it is what the detector heard.
    """
    p, o, q = (numbers[key] for key in "poq")
    said = (
        f"**Faithfulness v1, with a gap.** The evidence goes from {p:.2f} to {q:.2f} when the "
        f"unlike part is taken out ({_signed(q - p)}), and to {o:.2f} when nothing else is kept "
        f"({_signed(o - p)}).\n"
    )
    if p < 0.5:
        return said + "There is little evidence to begin with, so little can be taken away."
    if p - q >= 0.5 * p:
        return said + "Most of the evidence goes with the part: it is what the detector heard."
    return said + (
        "Most of the evidence stays, but a gap is itself unlike normal sound: v2 is the fairer "
        "question."
    )


def faithfulness_v2(numbers: Mapping[str, float], background: str) -> str:
    """Faithfulness v2 in two sentences, or nothing where there was no background.

    >>> faithfulness_v2({"p": 0.9}, "")
    ''
    """
    if "r" not in numbers:
        return ""
    p, r = numbers["p"], numbers["r"]
    said = (
        f"**Faithfulness v2, with normal sound in the gap.** With “{plain(background)}” in its "
        f"place, the evidence goes from {p:.2f} to {r:.2f} ({_signed(r - p)}).\n"
    )
    if p < 0.5:
        return said + "This recording is much like normal as it is."
    if p - r >= 0.25:
        return said + "The map shows what the detector heard: without that part it is calmer."
    return said + (
        "The evidence stays: part of what the detector heard lies outside the coloured part, or "
        "lasts all along."
    )


def made_normal(values: Mapping[str, Any], start_s: float = 0.0) -> str:
    """What would make a recording normal, or that no small part does.

    >>> made_normal({"share": 0.0, "flips": True})
    'This recording is like the normal ones as it is: nothing needs to change.'
    """
    share = float(values["share"])
    if not share:
        return "This recording is like the normal ones as it is: nothing needs to change."
    if not values["flips"]:
        return (
            f"**No part of it does.** Even with the strongest {percent(share)} of the map "
            f"replaced, the recording stays unlike the normal ones (evidence "
            f"{values['before']:.2f}, then {values['after']:.2f}). What is unlike lasts all along, "
            "or lies in what a map cannot cut out."
        )
    parts = [_place(part, start_s) for part in values.get("parts", [])]
    more = f" and {counted(len(parts) - 2, 'smaller part')}" if len(parts) > 2 else ""
    return (
        f"**{percent(share)} of the map decides it.** Replace {'; '.join(parts[:2])}{more} by "
        f"normal sound, and the verdict becomes “like normal” (evidence {values['before']:.2f}, "
        f"then {values['after']:.2f})."
    )


def own_mask(values: Mapping[str, Any]) -> str:
    """What a mask of the user's own does to the verdict."""
    before, after = bool(values["anomalous_before"]), bool(values["anomalous_after"])
    change = f"The evidence goes from {values['before']:.2f} to {values['after']:.2f}"
    share = percent(float(values["share"]))
    if before and not after:
        return f"**Your mask flips the verdict.** {change} without this {share} of the map."
    if before:
        return f"**It stays unlike normal.** {change} without this {share} of the map."
    if after:
        return f"**It becomes unlike normal.** {change}: what fills the gap is unlike normal too."
    return f"**It is like normal with or without it.** {change}."


def marked(boxes: Sequence[Box]) -> str:
    """What is marked in the player, for a button.

    >>> from core.types import Box
    >>> marked([Box(1.0, 2.0, 100.0, 200.0)])
    '1.0–2.0 s, 100–200 Hz'
    """
    if len(boxes) == 1:
        (box,) = boxes
        return _place(
            {
                "start_s": box.start_s,
                "end_s": box.end_s,
                "low_hz": box.low_hz,
                "high_hz": box.high_hz,
            }
        )
    return "what you painted"


def _place(part: Mapping[str, float], start_s: float = 0.0) -> str:
    from core.types import Region

    start, end = part["start_s"] + start_s, part["end_s"] + start_s
    low, high = part["low_hz"], part["high_hz"]
    return summary_sentence.time_and_band(Region(start, end, low, high, start, low, 0.0, 1.0))


def _signed(difference: float) -> str:
    if abs(difference) < 0.005:
        return "no change"
    return f"{difference:+.2f}".replace("-", "−")
