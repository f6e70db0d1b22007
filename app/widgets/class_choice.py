"""Which class each of the added recordings is of, for methods that learn from classes."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.state import Key
from app.text import fit as text
from app.text import markdown
from core.audio.class_table import classes_from_table, read_class_table
from core.audio.name_rules import class_by
from core.errors import SettingError

FOLDER, FIELD, TABLE = "folder", "name-field", "csv"


def draw(names: Sequence[str]) -> list[str] | None:
    """Draw the choice and what it comes to.

    Args:
        names: The names of the recordings.

    Returns:
        The class of each; None while there are not at least two.
    """
    left, right = st.columns(2, gap="medium")
    rules = list(text.CLASS_SOURCES)
    rule = left.selectbox(
        text.CLASSES.label,
        rules,
        format_func=text.CLASS_SOURCES.__getitem__,
        key=Key.CLASSES,
        help=text.CLASSES.help,
    )
    try:
        classes = _classes(names, rule, right)
    except SettingError as error:
        st.warning(markdown.sentence(error), icon=":material/info:")
        return None
    if classes is None:
        return None
    st.caption(markdown.sentence(text.classes_found(classes)))
    return classes if len(set(classes)) > 1 else None


def _classes(names: Sequence[str], rule: str, place: DeltaGenerator) -> list[str] | None:
    if rule == FIELD:
        number = place.number_input(
            text.CLASSES_FIELD.label,
            min_value=1,
            max_value=20,
            value=1,
            key=Key.CLASSES_FIELD,
            help=text.CLASSES_FIELD.help,
        )
        rule = f"{FIELD}:{int(number)}"
    if rule != TABLE:
        return class_by(names, rule)
    given = place.file_uploader(text.CLASSES_TABLE, type=["csv"], key=Key.CLASSES_TABLE)
    if given is None:
        st.caption(text.CLASSES_TABLE_MISSING)
        return None
    return classes_from_table(names, read_class_table(given.getvalue(), given.name))
