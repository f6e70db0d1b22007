"""Which of the added recordings belong together: the choice, and what it comes to."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.state import Key
from app.text import fit as text
from core.audio.name_rules import group_by

ALONE, FIELD = "file", "field"


def draw(names: Sequence[str]) -> list[str] | None:
    """Draw the choice with what it comes to.

    Args:
        names: The names of the recordings.

    Returns:
        The group of each; None where each is a group of its own.
    """
    left, right = st.columns(2, gap="medium")
    rules = list(text.GROUPINGS)
    rule = left.selectbox(
        text.GROUPING.label,
        rules,
        format_func=text.GROUPINGS.__getitem__,
        key=Key.GROUPING,
        help=text.GROUPING.help,
    )
    if rule == FIELD:
        number = right.number_input(
            text.GROUPING_FIELD.label,
            min_value=1,
            max_value=20,
            value=2,
            key=Key.GROUPING_FIELD,
            help=text.GROUPING_FIELD.help,
        )
        rule = f"{FIELD}:{int(number)}"
    groups = group_by(names, rule)
    st.caption(text.groups_found(len(names), len(set(groups))))
    return None if rule == ALONE else groups
