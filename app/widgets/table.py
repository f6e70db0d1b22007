"""A table that is as high as its rows, or scrolls where there are many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st


def draw(
    rows: pd.DataFrame | Sequence[Any],
    columns: Mapping[str, Any],
    alt: str,
    *,
    most: int = 10,
    height: int = 390,
    **options: Any,
) -> list[int]:
    """Draw a table.

    Args:
        rows: The rows: dicts, dataclasses, or a data frame.
        columns: The heading, or the configuration, of each column.
        alt: What the table shows, for screen readers.
        most: How many rows are shown without scrolling.
        height: The height in pixels where there are more.
        options: Further options of `st.dataframe`.

    Returns:
        The places of the rows that are selected.
    """
    state: Any = st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height="content" if len(rows) <= most else height,
        column_config=dict(columns),
        column_order=list(columns),
        alt=alt,
        **options,
    )
    places: list[int] = state.selection.rows if "on_select" in options else []
    return places
