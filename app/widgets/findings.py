"""Why a recording is anomalous, in words that the player lists above its picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from app.components.player import FindingList, ListedFinding
from app.widgets.explanation import ExplainedRecording
from core.explain.finding import Finding
from core.report.finding_words import (
    finding_details,
    finding_sentence,
    names_sentence,
    would_pass,
)


def listed(findings: Iterable[Finding], explained: ExplainedRecording) -> FindingList:
    """List findings for the player, with what the explanations that are saved add to them.

    Args:
        findings: The strongest first.
        explained: The recording.

    Returns:
        What the player lists.
    """
    items = tuple(
        ListedFinding(finding_sentence(one), finding_details(one), one.boxes) for one in findings
    )
    return FindingList(items, _note(explained) if items else "")


def _note(explained: ExplainedRecording) -> str:
    said = []
    if explained.faithfulness is not None:
        said.append(names_sentence(explained.faithfulness.values.get("names") or ()))
    found: Mapping[str, Any] = explained.made_normal.values if explained.made_normal else {}
    if found.get("flips") and found.get("share"):
        said.append(would_pass(float(found["share"])))
    return " ".join(filter(None, said))
