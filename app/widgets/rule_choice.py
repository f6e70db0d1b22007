"""Which recordings belong together, and of which class each is: the choices, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.state import Key
from app.text import fit as text
from app.text import markdown
from app.text.control import Control
from core.audio.class_table import classes_from_table, read_class_table
from core.audio.name_rules import class_by, group_by
from core.errors import SettingError

ALONE, TABLE = "file", "csv"
FIELDS = ("field", "name-field")


def groups(names: Sequence[str]) -> list[str] | None:
    """Draw the choice of how recordings are grouped, and what it comes to.

    Args:
        names: The names of the recordings.

    Returns:
        The group of each; None where each is a group of its own.
    """
    rule, _ = _rule(Key.GROUPING, text.GROUPING, text.GROUPINGS, text.GROUPING_FIELD, 2)
    found = group_by(names, rule)
    st.caption(text.groups_found(len(names), len(set(found))))
    return None if rule == ALONE else found


def classes(names: Sequence[str]) -> list[str] | None:
    """Draw the choice of where classes come from, and what it comes to.

    Args:
        names: The names of the recordings.

    Returns:
        The class of each; None while there are not at least two.
    """
    rule, place = _rule(Key.CLASSES, text.CLASSES, text.CLASS_SOURCES, text.CLASSES_FIELD, 1)
    try:
        if rule != TABLE:
            found = class_by(names, rule)
        elif table := place.file_uploader(text.CLASSES_TABLE, type=["csv"], key="classes_table"):
            found = classes_from_table(names, read_class_table(table.getvalue(), table.name))
        else:
            st.caption(text.CLASSES_TABLE_MISSING)
            return None
    except SettingError as error:
        st.warning(markdown.sentence(error), icon=":material/info:")
        return None
    st.caption(markdown.sentence(text.classes_found(found)))
    return found if len(set(found)) > 1 else None


def chosen(key: str) -> dict[str, object]:
    """Read what was chosen, as the record of a fit holds it.

    Args:
        key: `Key.GROUPING` or `Key.CLASSES`.

    Returns:
        The rule and the number of the part of the name, None where it was not asked for.
    """
    return {"rule": st.session_state.get(key), "field": st.session_state.get(field_key(key))}


def field_key(key: str) -> str:
    """Name the key of the widget for the part of the name.

    Args:
        key: `Key.GROUPING` or `Key.CLASSES`.

    Returns:
        The key.
    """
    return f"{key}_field"


def _rule(
    key: str, what: Control, rules: Mapping[str, str], part: Control, usual_part: int
) -> tuple[str, DeltaGenerator]:
    # Draw the choice; return the rule, with the part of the name if any, and the place beside it.
    left, right = st.columns(2, gap="medium")
    rule = left.selectbox(**what, options=list(rules), format_func=rules.__getitem__, key=key)
    if rule in FIELDS:
        number = right.number_input(
            **part, min_value=1, max_value=20, value=usual_part, key=field_key(key)
        )
        rule = f"{rule}:{int(number)}"
    return rule, right
