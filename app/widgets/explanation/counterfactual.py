"""What would make it normal? The smallest part whose replacement changes the verdict."""

from __future__ import annotations

import streamlit as st

from app.text import explanation as text
from app.text import formats, glossary
from app.widgets import explanation_jobs
from app.widgets.explanation import listening, sound_cards
from app.widgets.explanation.explained_recording import ExplainedRecording
from app.widgets.explanation.sound_cards import Card


def draw(explained: ExplainedRecording) -> None:
    """Draw the part, and what the verdict is without it.

    Args:
        explained: The recording.
    """
    st.caption(glossary.COUNTERFACTUAL)
    saved = explained.made_normal
    if saved is None:
        explanation_jobs.draw_waiting(
            explained.search_task, text.THE_SEARCH, by_itself=False, button=text.SEARCH
        )
        st.caption(text.search_takes(explained.seconds))
        return
    values = saved.values
    st.markdown(text.made_normal(values, explained.start_s))
    if "masked" not in saved.sounds or not values["share"]:
        return
    replaced = text.REPLACED_SHARE.format(share=formats.percent(values["share"]))
    sound_cards.draw(
        [
            Card(glossary.RECORDING, replaced, saved.pictures["clip"], values["before"]),
            Card(text.MADE_NORMAL, text.PART_REPLACED, saved.pictures["masked"], values["after"]),
        ]
    )
    listening.draw(explained, saved, {"masked": text.MADE_NORMAL})
