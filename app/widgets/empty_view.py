"""What a view says before there is something to show, and the way there."""

from __future__ import annotations

import streamlit as st

from app.state import Query


def say_model_first(why: str, icon: str) -> None:
    """There is no model; `why` goes on from “A model comes first”."""
    st.info(f"A model comes first: {why}", icon=icon)
    st.page_link("views/start.py", label="Go to the start", icon=":material/home:")


def say_nothing_scored(model_id: str, icon: str) -> None:
    """The model has scored nothing yet."""
    st.info("No recording has been scored with this model yet.", icon=icon)
    st.page_link(
        "views/score.py",
        label="Score recordings",
        icon=":material/query_stats:",
        query_params={Query.MODEL: model_id},
    )
