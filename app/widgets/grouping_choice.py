"""Which of the chosen clips were cut from one recording: the choice, and what it comes to."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.state import Key
from app.text import formats
from core.audio.name_rules import group_by

ALONE, FOLDER, PREFIX, FIELD = "file", "folder", "prefix", "field"
NAMES = {
    ALONE: "Each file is a recording of its own",
    FOLDER: "Files of one folder belong together",
    PREFIX: "Files whose names begin alike belong together",
    FIELD: "Files alike in one part of their names belong together",
}
FEWEST_GROUPS = 10


def draw(names: Sequence[str]) -> list[str] | None:
    """Draws the choice with a preview; gives each file's recording, None where each is its own."""
    left, right = st.columns(2, gap="medium")
    rule = left.selectbox(
        "Which clips belong together?",
        list(NAMES),
        format_func=lambda key: NAMES[key],
        key=Key.GROUPING,
        help="Clips cut from one recording are alike. HearMap judges each recording by a detector "
        "that has not heard it; so clips of one recording must stay together, or the threshold "
        "comes out too low and false alarms too many. The p-values assume this, and that new "
        "normal recordings come from the same machine, place and microphone.",
    )
    if rule == FIELD:
        number = right.number_input(
            "Which part of the name",
            min_value=1,
            max_value=20,
            value=2,
            key=Key.GROUPING_FIELD,
            help="Parts are separated by - or _: in 1-17150-A-12.wav the second is 17150.",
        )
        rule = f"field:{int(number)}"
    groups = group_by(names, rule)
    st.caption(said_of(names, groups))
    return None if rule == ALONE else groups


def said_of(names: Sequence[str], groups: Sequence[str]) -> str:
    """What the grouping comes to, and whether it can be used.

    >>> said_of(["a-1.wav", "a-2.wav", "b-1.wav"], ["a", "a", "b"])
    '3 files, 2 recordings. With so few recordings the threshold is rough; 10 or more are better.'
    """
    n_groups = len(set(groups))
    counts = f"{formats.counted(len(names), 'file')}, {formats.counted(n_groups, 'recording')}."
    if n_groups < 2 <= len(names):
        return f"{counts} At least two recordings are needed: choose another way."
    if n_groups < FEWEST_GROUPS:
        return (
            f"{counts} With so few recordings the threshold is rough; {FEWEST_GROUPS} or more are "
            "better."
        )
    return counts
