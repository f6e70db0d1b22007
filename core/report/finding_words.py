"""Findings in plain words: what, where, how much, and how rare it is."""

from __future__ import annotations

import math
from collections.abc import Sequence

from core.detectors.region_words import ALL_OCTAVES
from core.explain.finding import (
    BURST,
    CHANGE,
    GAP,
    HUM,
    LEVEL_KIND,
    MOTION,
    SILENCE,
    TIMBRE,
    TONE,
    Finding,
    Normals,
)
from core.runtime.time_words import clock, time_range, time_text
from core.spectral.frequency_range import frequency_range

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
MOST_TIMES = 4
# A network's regions last a little longer than their sounds.
SHORT_SECONDS, LONG_SECONDS = 0.6, 1.5
# Moments of two regions that lie closer are one.
SAME_MOMENT_S = 0.1
HIGHEST_HUM_HZ = 1000.0
NO_SPECTRA = (
    "This model does not know the spectra of its normal recordings, because an earlier version "
    "fitted it; fit it again to have them compared."
)


def finding_sentence(finding: Finding) -> str:
    """Say what a finding is, where, how much, and how many normal recordings have as much.

    Args:
        finding: the finding.

    Returns:
        A sentence.

    >>> from core.types import Box
    >>> boxes = Box(2.4, 2.6, 2000, 6000), Box(4.3, 4.5, 2000, 6000)
    >>> normals = Normals(24, 0, -58.0, -55.0, -53.0)
    >>> finding_sentence(
    ...     Finding(BURST, boxes, (2.5, 4.4), 2000, 6000, False, 9, -41.0, -55.0, normals)
    ... )  # doctest: +NORMALIZE_WHITESPACE
    'Two short bursts, 2.5 and 4.4 s, 2–6 kHz, up to 14 dB above this recording’s background; none
    of 24 normal recordings has one.'
    """
    if finding.kind in (BURST, TONE, GAP, CHANGE):
        return _event(finding)
    return _lasting(finding)


def finding_details(finding: Finding) -> str:
    """Give the levels behind a finding's sentence.

    Args:
        finding: the finding.

    Returns:
        A sentence; empty where the sentence says all.
    """
    normals = finding.normals
    if normals is None or finding.kind in (SILENCE, MOTION):
        return ""
    low, high = _level(normals.low_db), _level(normals.high_db)
    usual = f"normal recordings have {_level(normals.median_db)} dBFS on average"
    if low != high:
        usual += f", 90 % of them {low} to {high} dBFS"
    reached = {GAP: "It falls to", BURST: "It reaches", TONE: "It reaches", CHANGE: "It reaches"}
    if finding.kind in reached:
        return f"{reached[finding.kind]} {_level(finding.level_db)} dBFS there; {usual}."
    own = f"{_level(finding.level_db)} dBFS"
    return f"The level {_band(finding, 'at')} is {own}; {usual}."


def names_sentence(names: Sequence[str]) -> str:
    """Say what the anomalous part sounds like, as a hint.

    Args:
        names: of AudioSet's classes, the clearest first.

    Returns:
        A sentence; empty where nothing stands out.

    >>> names_sentence(["Squeal", "Mechanisms"])
    'Sounds like: squeal, mechanisms (a hint by YAMNet).'
    >>> names_sentence([])
    ''
    """
    if not names:
        return ""
    said = ", ".join(name[:1].lower() + name[1:] for name in names)
    return f"Sounds like: {said} (a hint by YAMNet)."


def would_pass(share: float) -> str:
    """Say how little decides the verdict.

    Args:
        share: of the map that must be replaced for the recording to be normal, in (0, 1].

    Returns:
        A sentence.

    >>> would_pass(0.0015)
    'Without these 0.15 % of the picture it would pass.'
    """
    return f"Without these {100 * share:.2g} % of the picture it would pass."


def _event(finding: Finding) -> str:
    moments = _moments(finding)
    many = len(moments) > 1
    noun = _event_noun(finding, many)
    article = "An" if noun[0] in "aeiou" else "A"
    what = f"{_count(len(moments))} {noun}" if many else f"{article} {noun}"
    where = f"{'' if finding.tone_hz else f', {_band(finding)}'}, "
    when = f", {_times(moments)}" if many else f" {_when(finding, moments[0])}"
    amount = abs(finding.above_background_db)
    if finding.kind == CHANGE:
        # Rounded up, so that it holds.
        near = f"within {max(1, math.ceil(amount))} dB of this recording’s background"
        return f"{what}{when}{where}{near}: another sound rather than a louder one."
    side = "below" if finding.above_background_db < 0 else "above"
    most = "up to " if many or finding.seconds > LONG_SECONDS else ""
    said = f"{what}{when}{where}{most}{amount:.0f} dB {side} this recording’s background"
    return f"{said}{_rarity(finding.normals)}."


def _event_noun(finding: Finding, many: bool) -> str:
    plural = "s" if many else ""
    if finding.kind == GAP:
        return f"gap{plural}"
    if finding.kind == CHANGE:
        return f"change{plural} of sound"
    if finding.kind == TONE and finding.tone_hz is not None:
        harmonics = " with harmonics" if finding.has_harmonics else ""
        return f"{_hz(finding.tone_hz, 2)} tone{plural}{harmonics}"
    if finding.seconds <= SHORT_SECONDS:
        return f"short burst{plural}"
    return f"burst{plural}" if finding.seconds <= LONG_SECONDS else f"sound{plural}"


def _lasting(finding: Finding) -> str:
    when = "throughout" if finding.throughout else _when(finding, finding.moments_s[0])
    if finding.kind == LEVEL_KIND:
        return f"{finding.words[:1].upper()}{finding.words[1:]}."
    if finding.kind == SILENCE:
        return f"Silence {when}."
    normals = finding.normals
    if normals is None:
        return f"Sounds different {when}, {_band(finding, 'mostly at')}. {NO_SPECTRA}"
    of_all = f"the range of {normals.n_clips} normal recordings"
    if finding.kind == MOTION:
        above = finding.above_background_db
        more = "more" if above > normals.high_db else "less"
        low, high = f"{normals.low_db:.0f}", f"{normals.high_db:.0f}"
        usual = f"{low} to {high}" if low != high else low
        return (
            f"Fluctuates {more} than normal recordings {when}, {_band(finding, 'at')}: its loudest "
            f"moment is {above:.0f} dB above its background, theirs are {usual} dB above."
        )
    if finding.kind == TIMBRE:
        return (
            f"Sounds different {when}, {_band(finding, 'mostly at')}. No band is more than "
            f"2 dB beyond {of_all}, so it is what the sound consists of, or how it moves, that "
            "differs."
        )
    beyond = finding.beyond_db or 0.0
    side = "above" if beyond > 0 else "below"
    if finding.kind == HUM and finding.tone_hz is not None:
        noun = "hum" if finding.tone_hz < HIGHEST_HUM_HZ else "tone"
        what = f"{_hz(finding.tone_hz, 3)} {noun}{' and its harmonics' * finding.has_harmonics}"
        most = "up to " if finding.has_harmonics else ""
        return f"{what} {when}, {most}{abs(beyond):.0f} dB {side} {of_all}."
    louder = "Louder" if beyond > 0 else "Quieter"
    return f"{louder} {when}, {_band(finding, 'at')}, {abs(beyond):.0f} dB {side} {of_all}."


def _rarity(normals: Normals | None) -> str:
    if normals is None:
        return ""
    n_alike, n_clips = normals.n_alike, normals.n_clips
    if n_alike == 0:
        return f"; none of {n_clips} normal recordings has one"
    if n_alike > n_clips / 2:
        return (
            f"; {n_alike} of {n_clips} normal recordings may have one as strong, so it is another "
            "sound rather than a louder one"
        )
    return (
        f"; at most {n_alike} of {n_clips} normal recordings "
        f"{'has' if n_alike == 1 else 'have'} one as strong"
    )


def _moments(finding: Finding) -> list[float]:
    moments: list[float] = []
    for moment in sorted(finding.moments_s):
        if not moments or moment - moments[-1] > SAME_MOMENT_S:
            moments.append(moment)
    return moments


def _times(moments: Sequence[float]) -> str:
    last = moments[:MOST_TIMES][-1]
    shown = [clock(moment, 1, minutes=last >= 60) for moment in moments[:MOST_TIMES]]
    unit = "" if ":" in shown[-1] else " s"
    more = len(moments) - MOST_TIMES
    if more > 0:
        return f"{', '.join(shown)}{unit} and {_count(more).lower()} more"
    return f"{', '.join(shown[:-1])} and {shown[-1]}{unit}"


def _when(finding: Finding, moment: float) -> str:
    box = finding.boxes[0]
    if finding.seconds <= LONG_SECONDS and finding.kind != GAP:
        return f"at {time_text(moment)}"
    return f"at {time_range(box.start_s, box.end_s)}"


def _count(count: int) -> str:
    return NUMBERS[count].capitalize() if count < len(NUMBERS) else f"{count:,}"


def _hz(hz: float, digits: int) -> str:
    rounded = float(f"{hz:.{digits}g}")
    return f"{rounded:g} Hz" if rounded < 1000 else f"{rounded / 1000:g} kHz"


def _band(finding: Finding, at: str = "") -> str:
    octaves = math.log2(max(finding.high_hz, 1.0) / max(finding.low_hz, 1.0))
    if octaves > ALL_OCTAVES:
        return "at all frequencies" if at else "all frequencies"
    # Rows lie 3 % of their frequency apart or more: a third digit would claim too much.
    low, high = (float(f"{hz:.2g}") for hz in (finding.low_hz, finding.high_hz))
    return f"{at} {frequency_range(low, high)}".strip()


def _level(level_db: float) -> str:
    return f"{level_db:.0f}".replace("-", "−")
