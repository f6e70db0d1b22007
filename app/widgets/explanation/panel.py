"""Why a recording scored as it did: faithfulness, what would make it normal, one's own mask."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.text import explanation as text
from app.text import glossary
from app.widgets.explanation import background_choice, counterfactual, faithfulness, own_mask
from app.widgets.explanation.explained_recording import ExplainedRecording
from core.runtime.time_words import time_range
from core.types import Box


def draw(explained: ExplainedRecording, marked: Sequence[Box]) -> None:
    """Draw the three ways to ask why.

    Args:
        explained: The recording.
        marked: What is marked in the player, in seconds of the recording and Hz.
    """
    st.subheader(text.WHY, anchor=False, help=glossary.FAITHFULNESS)
    if explained.stretch is not None:
        st.caption(text.LONG.format(stretch=time_range(*explained.stretch, 0)))
    background_choice.draw()
    right, normal, own = st.tabs(text.TABS)
    with right:
        faithfulness.draw(explained)
    with normal:
        counterfactual.draw(explained)
    with own:
        own_mask.draw(explained, marked)
