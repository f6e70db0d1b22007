"""Which class each of the chosen clips is of, for methods that learn by telling classes apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.state import Key
from app.text import formats, markdown
from core.audio.class_table import classes_from_table, read_class_table
from core.audio.name_rules import class_by
from core.errors import SettingError

FOLDER, FIELD, TABLE = "folder", "name-field", "csv"
NAMES = {
    FOLDER: "The folder a file lies in",
    FIELD: "A part of its name",
    TABLE: "A table (CSV)",
}
N_SHOWN = 6


def draw(names: Sequence[str]) -> list[str] | None:
    """Draws the choice and what it comes to; each file's class, or None while there are not two."""
    left, right = st.columns(2, gap="medium")
    rule = left.selectbox(
        "What tells the clips' classes?",
        list(NAMES),
        format_func=lambda key: NAMES[key],
        key=Key.CLASSES,
        help="This method learns by telling classes of normal clips apart: machines, their parts, "
        "or the speeds they run at. What it learns so, it hears changes in.",
    )
    try:
        labels = _labels(names, rule, right)
    except SettingError as error:
        st.warning(markdown.plain(str(error), 400), icon=":material/info:")
        return None
    if labels is None:
        return None
    st.caption(markdown.plain(said_of(labels), 600))
    return labels if len(set(labels)) > 1 else None


def _labels(names: Sequence[str], rule: str, place: DeltaGenerator) -> list[str] | None:
    if rule == FIELD:
        number = place.number_input(
            "Which part of the name is the class",
            min_value=1,
            max_value=20,
            value=1,
            key=Key.CLASSES_FIELD,
            help="Parts are separated by - or _: in fan_id-00_7.wav the third is 00.",
        )
        return class_by(names, f"name-field:{int(number)}")
    if rule == TABLE:
        given = place.file_uploader(
            "A CSV with two columns, file and class", type=["csv"], key=Key.CLASSES_TABLE
        )
        if given is None:
            st.caption("Add the table; a line is a file's name, a comma, and its class.")
            return None
        return classes_from_table(names, read_class_table(given.getvalue(), given.name))
    return class_by(names, rule)


def said_of(labels: Sequence[str]) -> str:
    """What the classes come to.

    >>> said_of(["fan", "pump", "fan"])
    '3 files, 2 classes: fan (2), pump (1).'
    >>> said_of(["."] * 3)
    'All 3 files are of one class, so there is nothing to tell apart: choose another way.'
    """
    counts = Counter(labels).most_common()
    if len(counts) < 2:
        return (
            f"All {len(labels)} files are of one class, so there is nothing to tell apart: choose "
            "another way."
        )
    shown = ", ".join(f"{label} ({n})" for label, n in counts[:N_SHOWN])
    rest = f" and {len(counts) - N_SHOWN} more" if len(counts) > N_SHOWN else ""
    return f"{formats.counted(len(labels), 'file')}, {len(counts)} classes: {shown}{rest}."
