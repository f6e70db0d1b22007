"""Sentences on scores that several views show: pure functions of numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from app.text import formats
from core.report.summary_sentence import rounded_one_in, summary_sentence, with_region
from core.report.view_words import LABELS, is_unusual, p_value_words

if TYPE_CHECKING:
    from core.detectors.calibration.calibration import Calibration
    from core.types import AnomalyMap, Region


def short_verdict(
    anomalous: bool, strongest: Region | None = None, recording_seconds: float = math.inf
) -> str:
    """Say the verdict in a word, and what is anomalous in an anomalous recording, and where.

    Args:
        anomalous: Whether the score is above the threshold.
        strongest: The strongest region, where there is one.
        recording_seconds: The length of the recording, in seconds.

    Returns:
        The verdict, without a full stop.

    >>> short_verdict(True), short_verdict(False)
    ('Anomalous', 'Normal')
    """
    if not anomalous:
        return "Normal"
    return with_region("Anomalous", strongest, recording_seconds)


def rarity(calibrated: Calibration, score: float) -> str:
    """Say in a few words how rare a score is among normal recordings, for lists.

    Args:
        calibrated: The calibration of the model.
        score: The score of a recording.

    Returns:
        Such as “1 in 12”, and “≈ 1 in 400” where it is extrapolated.
    """
    one_in = calibrated.one_in(score)
    if one_in is None:
        return f"1 in {rounded_one_in(1.0 / calibrated.p_value(score)):,}"
    return f"≈ 1 in {rounded_one_in(one_in):,}"


def views_sentence(found: AnomalyMap) -> str:
    """Give each view’s own p-value, and what it found where the summary sentence does not say it.

    Args:
        found: The map of a recording.

    Returns:
        A line; empty where the model has one view only.
    """
    summary = summary_sentence(found)
    said = []
    for view in found.views:
        label, p_value = LABELS[view.view], p_value_words(view)
        is_new = is_unusual(found, view) and view.words not in summary
        said.append(f"{label}: {view.words} ({p_value})" if is_new else f"{label} {p_value}")
    return " · ".join(said)


def normal_scores_sentence(n_normal: int, n_above: int, rate: float) -> str:
    """Say how many normal recordings are above the threshold.

    Args:
        n_normal: The number of normal recordings.
        n_above: How many of them are above the threshold.
        rate: The false-alarm rate.

    Returns:
        One sentence.

    >>> print(normal_scores_sentence(24, 1, 0.05))
    1 of 24 normal recordings is above the threshold, at a false-alarm rate of 5 %.
    """
    return (
        f"{n_above or 'None'} of {formats.counted(n_normal, 'normal recording')} "
        f"{'is' if n_above <= 1 else 'are'} above the threshold, at a false-alarm rate of "
        f"{formats.percent(rate)}."
    )


def p_value_sentence(p_value: float, n_normal: int) -> str:
    """Say in counts what the p-value of a recording means.

    Args:
        p_value: The p-value in (0, 1].
        n_normal: The number of normal recordings that it was counted on.

    Returns:
        One sentence.

    >>> p_value_sentence(0.08, 24)
    'About 8 in 100 normal recordings would score as high (p = 0.08).'
    """
    said = formats.p_value(p_value)
    smallest = 1 / (n_normal + 1) if n_normal > 0 else 0.0
    if p_value <= smallest * 1.0001:
        return (
            f"None of the {n_normal} normal recordings scored as high "
            f"({said}, the smallest value that {n_normal} recordings can give)."
        )
    in_hundred = max(1, round(100 * p_value))
    return f"About {in_hundred} in 100 normal recordings would score as high ({said})."
