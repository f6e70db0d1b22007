"""The views: their icons, the menu, and the links from one to another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NoReturn

import streamlit as st

ICONS: Final = {
    "start": ":material/home:",
    "fit": ":material/library_music:",
    "score": ":material/query_stats:",
    "listen": ":material/hearing:",
    "compare": ":material/compare:",
    "triage": ":material/checklist:",
    "tune": ":material/tune:",
    "benchmark": ":material/leaderboard:",
    "weights": ":material/neurology:",
    "models": ":material/deployed_code:",
    "jobs": ":material/task:",
}


def path(view: str) -> str:
    """Name the file of a view.

    Args:
        view: A key of `ICONS`.

    Returns:
        The path from the entry script's folder.
    """
    return f"views/{view}.py"


def link(
    view: str, label: str, query: Mapping[str, str] | None = None, icon: str | None = None
) -> None:
    """Draw a link to a view.

    Args:
        view: A key of `ICONS`.
        label: The text of the link.
        query: What the address of the view names, as `Query` has it.
        icon: Another icon than the view's.
    """
    st.page_link(path(view), label=label, icon=icon or ICONS[view], query_params=query)


def go(view: str, query: Mapping[str, str] | None = None) -> NoReturn:
    """Open a view instead of this one.

    Args:
        view: A key of `ICONS`.
        query: What the address of the view names, as `Query` has it.
    """
    st.switch_page(path(view), query_params=query)
