"""A recording without what the user marks: painted, dragged, or a region chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from app.text import explanations, glossary
from app.widgets import explanation_jobs
from app.widgets.explanation import sound_cards
from app.widgets.explanation.hearing import hear
from app.widgets.explanation.sound_cards import Card
from core.jobs.tasks.explain import TryMaskTask
from core.storage.explanations import SavedExplanation
from core.storage.models import ModelRecord
from core.storage.scores import ScoreRecord
from core.types import Box

if TYPE_CHECKING:
    from app.widgets.explanation.case import Case

OWN_BOXES = "own_boxes"


def task_of(
    model: ModelRecord,
    score: ScoreRecord,
    stretch: tuple[float, float] | None,
    background: str,
) -> TryMaskTask | None:
    """The work on the mask this session has last asked for, where it is of this recording."""
    asked = st.session_state.get(OWN_BOXES)
    if not asked or asked["clip_id"] != score.clip_id:
        return None
    start = stretch[0] if stretch else 0.0
    names = ("start_s", "end_s", "low_hz", "high_hz")
    boxes = [dict(zip(names, box, strict=True)) for box in asked["boxes"]]
    for box in boxes:
        box["start_s"] -= start
        box["end_s"] -= start
    about = explanation_jobs.arguments_of(model, score, stretch, background)
    return TryMaskTask(**about, boxes=boxes)


def draw(case: Case, marked: Sequence[Box]) -> None:
    """Scores the recording without what is `marked`, in its seconds, and shows what came of it."""
    st.caption(glossary.OWN_MASK)
    asked = task_of(case.model, case.score, case.stretch, case.background)
    job = explanation_jobs.job_of(asked) if asked else None
    if case.tried is not None:
        _tried(case, case.tried)
    elif asked is not None and job is not None:
        explanation_jobs.draw_waiting(
            asked, "Scoring without your mask", "Your mask", by_itself=False, button="Score it"
        )
    if not marked:
        st.markdown(
            "Paint over the picture above, drag a box, or choose a region: then score the "
            "recording without it here."
        )
        return
    if st.button(
        f"Score without {explanations.marked(marked)}",
        icon=":material/ink_eraser:",
        key="score_own_mask",
    ):
        _remember(case.score, marked)
        asked = task_of(case.model, case.score, case.stretch, case.background)
        if asked is not None and explanation_jobs.find(asked) is None:
            explanation_jobs.start(asked)
        st.rerun()


def _tried(case: Case, kept: SavedExplanation) -> None:
    values = kept.values
    st.markdown(explanations.own_mask(values))
    sound_cards.draw(
        [
            Card("The recording", "coloured: your mask", kept.pictures["clip"], values["before"]),
            Card("Without it", "the gap filled", kept.pictures["masked"], values["after"]),
            Card("It alone", "what you marked", kept.pictures["alone"], values["alone"]),
        ],
        case.threshold,
    )
    hear(case, kept, {"masked": "Without your mask"})


def _remember(score: ScoreRecord, marked: Sequence[Box]) -> None:
    boxes = [[box.start_s, box.end_s, box.low_hz, box.high_hz] for box in marked]
    st.session_state[OWN_BOXES] = {"clip_id": score.clip_id, "boxes": boxes}
