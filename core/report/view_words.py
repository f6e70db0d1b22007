"""What each view says of a recording, for people: its name, what it found, whether it counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.types import EVENT, LEVEL, STATIONARY

if TYPE_CHECKING:
    from core.types import AnomalyMap, ViewFinding

LABELS = {EVENT: "Event", STATIONARY: "Stationary", LEVEL: "Level"}
MEANINGS = {
    EVENT: "what stands out of the recording’s own background",
    STATIONARY: "what the whole recording is like, and how its sound moves",
    LEVEL: "how loud it is, in all and in each octave",
}
NOTHING = "nothing unusual"
# How a finding goes on after another one.
FURTHER = {EVENT: "", STATIONARY: "it ", LEVEL: "it is "}


def is_unusual(found: AnomalyMap, view: ViewFinding) -> bool:
    """Tell whether a view found something, taken alone.

    Its p-value is at most the false-alarm rate. Where the normal recordings are too few for such a
    p-value, its score decides, which is on the scale of the recording's threshold.

    Args:
        found: the recording's map
        view: one of its views

    Returns:
        Whether it did.
    """
    return view.p_value <= found.false_alarm_rate or view.score > found.threshold


def finding_words(found: AnomalyMap, view: ViewFinding) -> str:
    """Say what a view found.

    Args:
        found: the recording's map
        view: one of its views

    Returns:
        A clause in lower case; that there is nothing where it found nothing.
    """
    return view.words if is_unusual(found, view) or _leads(found, view) else NOTHING


def counts_words(counted: bool) -> str:
    """Say whether a view counts towards the verdict.

    Args:
        counted: whether it does

    Returns:
        A few words.
    """
    return "counts" if counted else "does not count"


def p_value_words(view: ViewFinding) -> str:
    """Give the p-value of a view, with a remark where it does not count.

    Args:
        view: what it found

    Returns:
        Such as “p = 0.04” or “p = 0.04, does not count”.
    """
    return f"p = {view.p_value:.3g}" + ("" if view.counted else f", {counts_words(view.counted)}")


def found_words(found: AnomalyMap) -> str:
    """Say what the views found that made a recording anomalous, the strongest region's first.

    Args:
        found: the map of an anomalous recording with views

    Returns:
        Clauses in one, which begins in lower case.
    """
    counted = [view for view in found.views if view.counted]
    first = [view for view in counted if _leads(found, view)]
    others = [view for view in counted if is_unusual(found, view) and view not in first]
    others.sort(key=lambda view: (view.p_value, -view.score))
    words = [view.words for view in first] + [FURTHER[view.view] + view.words for view in others]
    return ", and ".join(words)


def remarks(found: AnomalyMap) -> str:
    """Say what a view found that does not count towards the verdict.

    Args:
        found: the recording's map

    Returns:
        A sentence, empty where there is nothing to say.
    """
    unusual = [view for view in found.views if not view.counted and is_unusual(found, view)]
    also = "also " if found.anomalous else ""
    return " ".join(f"It is {also}{view.words}, which does not count here." for view in unusual)


def _leads(found: AnomalyMap, view: ViewFinding) -> bool:
    return bool(found.regions) and found.regions[0].view == view.view
