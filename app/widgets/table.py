"""A table that is as high as its rows, or scrolls where there are many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from app.text import glossary
from core.exchange.csv_cells import inert
from core.runtime.time_words import clock

# In pixels; without a time zone the whole moment is seen.
RECORDED_WIDTH = 165
DIGITS = 3
ZERO = "000:00:00.000"


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

    Streamlit's own button downloads a table's cells as they are, so that a text that a spreadsheet
    would take for a formula is made inert in the table.

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
    data = pd.DataFrame(rows)
    for name in data.select_dtypes(["object", "string"]):
        data[name] = [inert(cell) if isinstance(cell, str) else cell for cell in data[name]]
    state: Any = st.dataframe(
        data,
        hide_index=True,
        height="content" if len(rows) <= most else height,
        column_config=dict(columns),
        column_order=list(columns),
        alt=alt,
        **options,
    )
    places: list[int] = state.selection.rows if "on_select" in options else []
    return places


def recorded_column(
    rows: Sequence[Mapping[str, Any]], heading: str = glossary.RECORDED
) -> dict[str, Any]:
    """Make the column of when recordings, or parts of them, began, where that is known of any.

    Args:
        rows: Rows with `recorded`, as `formats.recorded` writes it.
        heading: The column's heading.

    Returns:
        The column by its name, or nothing.
    """
    if not any(row["recorded"] for row in rows):
        return {}
    return {"recorded": st.column_config.TextColumn(heading, width=RECORDED_WIDTH)}


def time_columns(rows: Sequence[dict[str, Any]], headings: Mapping[str, str]) -> dict[str, Any]:
    """Make columns of times, as the player writes them: minutes and seconds from a minute on.

    Args:
        rows: Rows with these times in seconds; those of long recordings become texts, with as many
            digits in each so that they sort as the times do.
        headings: The heading of each column by its name.

    Returns:
        The columns by their names.
    """
    longest = clock(max((row[name] for row in rows for name in headings), default=0.0), DIGITS)
    column = st.column_config
    if ":" not in longest:
        form = f"%.{DIGITS}f s"
        return {name: column.NumberColumn(said, format=form) for name, said in headings.items()}
    for row in rows:
        for name in headings:
            text = clock(row[name], DIGITS, minutes=True)
            row[name] = ZERO[-len(longest) : -len(text)] + text
    return {name: column.TextColumn(said) for name, said in headings.items()}
