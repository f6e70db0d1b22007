"""A recording without what the user marks: painted, dragged, or a region chosen."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.text import explanation as text
from app.text import glossary
from app.widgets import explanation_jobs
from app.widgets.explanation import listening, sound_cards
from app.widgets.explanation.explained_recording import ExplainedRecording
from app.widgets.explanation.sound_cards import Card
from core.storage.explanations import SavedExplanation
from core.types import Box


def draw(explained: ExplainedRecording, marked: Sequence[Box]) -> None:
    """Draw the button that scores the recording without a mask, and what came of the last one.

    Args:
        explained: The recording.
        marked: What is marked in the player, in seconds of the recording and Hz.
    """
    st.caption(glossary.OWN_MASK)
    asked = explained.own_mask_task()
    if explained.without_mask is not None:
        _result(explained, explained.without_mask)
    elif asked is not None and explanation_jobs.job_of(asked) is not None:
        explanation_jobs.draw_waiting(
            asked, text.YOUR_MASK, by_itself=False, button=text.SCORE_MASK
        )
    if not marked:
        st.markdown(text.MARK)
        return
    if st.button(
        text.SCORE_WITHOUT.format(marked=text.marked(marked)),
        icon=":material/ink_eraser:",
        key="score_own_mask",
    ):
        explained.remember_mask(marked)
        asked = explained.own_mask_task()
        if asked is not None and explanation_jobs.find(asked) is None:
            explanation_jobs.start(asked)
        st.rerun()


def _result(explained: ExplainedRecording, saved: SavedExplanation) -> None:
    values, pictures = saved.values, saved.pictures
    st.markdown(text.own_mask(values))
    sound_cards.draw(
        [
            Card(glossary.RECORDING, text.MASK_COLOURED, pictures["clip"], values["before"]),
            Card(text.WITHOUT_MASK, text.MASK_REPLACED, pictures["masked"], values["after"]),
            Card(text.MASK_ALONE, text.MARKED_PART, pictures["alone"], values["alone"]),
        ]
    )
    listening.draw(explained, saved, {"masked": text.WITHOUT_MASK})
