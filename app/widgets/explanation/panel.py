"""Why a recording scored as it did: faithfulness, what would make it normal, one's own mask."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.text import glossary
from app.widgets.explanation import background_choice, counterfactual, faithfulness, own_mask
from app.widgets.explanation.case import Case
from core.types import Box


def draw(case: Case, marked: Sequence[Box]) -> None:
    """The three ways to ask why; `marked` is what the player marks, in the clip's seconds."""
    st.subheader("Why?", anchor=False, help=glossary.FAITHFULNESS)
    if case.stretch is not None:
        start, stop = case.stretch
        st.caption(
            f"This recording is long: what follows is about the part shown, "
            f"{start:.0f} to {stop:.0f} s, scored by itself."
        )
    background_choice.draw()
    right, normal, own = st.tabs(
        ["Is the map right?", "What would make it normal?", "Your own mask"]
    )
    with right:
        faithfulness.draw(case)
    with normal:
        counterfactual.draw(case)
    with own:
        own_mask.draw(case, marked)
