"""The entry script: page, navigation, and the one place where errors become sentences."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app import garbage_collection
from app.guard import guarded
from app.widgets import tour

ASSETS = Path(__file__).resolve().parent.parent / "assets"


def main() -> None:
    """Draws the frame around the view that the address names."""
    st.set_page_config(
        page_title="HearMap",
        page_icon=str(ASSETS / "icon.svg"),
        layout="wide",
        menu_items={"Get help": None, "Report a bug": None, "About": None},
    )
    st.html(ASSETS / "style.css")
    dark = st.context.theme.type == "dark"
    if dark:
        st.html(ASSETS / "style-dark.css")
    st.logo(
        str(ASSETS / ("logo-dark.svg" if dark else "logo.svg")),
        size="large",
    )
    view = st.navigation(
        [
            st.Page("views/start.py", title="Start", icon=":material/home:", default=True),
            st.Page("views/fit.py", title="Fit", icon=":material/library_music:"),
            st.Page("views/score.py", title="Score", icon=":material/query_stats:"),
            st.Page("views/listen.py", title="Listen", icon=":material/hearing:"),
            st.Page("views/compare.py", title="Compare", icon=":material/compare:"),
            st.Page("views/triage.py", title="Triage", icon=":material/checklist:"),
            st.Page("views/tune.py", title="Tune", icon=":material/tune:"),
            st.Page("views/benchmark.py", title="Benchmark", icon=":material/leaderboard:"),
            st.Page("views/weights.py", title="Weights", icon=":material/neurology:"),
            st.Page("views/models.py", title="Models", icon=":material/deployed_code:"),
            st.Page("views/jobs.py", title="Jobs", icon=":material/task:"),
        ],
        position="top",
    )
    try:
        with guarded():
            tour.draw(view.title)
            view.run()
    finally:
        garbage_collection.settle()


main()
