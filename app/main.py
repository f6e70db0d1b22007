"""The entry script: the page, its menu, and the one place where errors become sentences."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app import garbage_collection, navigation
from app.guard import guarded
from app.text.views import STOPPED, TITLES
from app.widgets import tour

ASSETS = Path(__file__).resolve().parent.parent / "assets"


def main() -> None:
    """Draw the frame around the view that the address names, and the view."""
    st.set_page_config(
        page_title="HearMap",
        page_icon=str(ASSETS / "icon.svg"),
        layout="wide",
        menu_items={"Get help": None, "Report a bug": None, "About": None},
    )
    st.html(ASSETS / "style.css")
    st.html(f'<style>:root {{ --hm-stopped: "{STOPPED}" }}</style>')
    dark = st.context.theme.type == "dark"
    if dark:
        st.html(ASSETS / "style-dark.css")
    st.logo(str(ASSETS / ("logo-dark.svg" if dark else "logo.svg")), size="large")
    pages = [
        st.Page(navigation.path(view), title=title, icon=navigation.ICONS[view])
        for view, title in TITLES.items()
    ]
    page = st.navigation(pages, position="top")
    try:
        with guarded():
            tour.draw(page.title)
            page.run()
    finally:
        garbage_collection.freeze_modules()


main()
