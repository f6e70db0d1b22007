"""The recordings chosen so far, as a table that says of each what it is like."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from app.text import markdown
from core.storage.recordings import StoredRecording

MOST_ROWS_SHOWN = 10
USED, TWICE = "used", "same sound"


def rows_of(clips: Sequence[StoredRecording]) -> list[dict[str, object]]:
    """One row a clip; of equal sounds only the first is used."""
    first_of: dict[str, str] = {}
    rows: list[dict[str, object]] = []
    for clip in clips:
        info = clip.info
        notes = list(info.warnings)
        state = USED
        if info.sha256 and info.sha256 in first_of:
            state = TWICE
            notes.insert(0, f"The same sound as “{first_of[info.sha256]}”; it counts once.")
        else:
            first_of[info.sha256] = clip.name
        rows.append(
            {
                "id": clip.id,
                "state": state,
                "name": markdown.shortened(clip.name, 80),
                "seconds": info.duration_seconds,
                "rate": info.sample_rate / 1000,
                "channels": info.n_channels,
                "level": info.rms_dbfs,
                "clipped": 100 * info.clipped_fraction,
                "notes": " ".join(notes),
            }
        )
    return rows


def used_ids(rows: Sequence[dict[str, object]]) -> list[str]:
    """The ids of the clips that will be used."""
    return [str(row["id"]) for row in rows if row["state"] == USED]


def draw(rows: Sequence[dict[str, object]], key: str) -> list[str]:
    """Draws the table; gives the ids of the rows that are selected in it."""
    table = pd.DataFrame(rows, columns=list(rows[0]))
    column = st.column_config
    chosen = st.dataframe(
        table,
        hide_index=True,
        height="content" if len(rows) <= MOST_ROWS_SHOWN else 390,
        column_order=[
            "name",
            "seconds",
            "rate",
            "channels",
            "level",
            "clipped",
            "state",
            "notes",
        ],
        column_config={
            "name": column.TextColumn("Recording", width="medium"),
            "seconds": column.NumberColumn("Length", format="%.2f s", width="small"),
            "rate": column.NumberColumn("Rate", format="%.1f kHz", width="small"),
            "channels": column.NumberColumn("Channels", width="small"),
            "level": column.NumberColumn(
                "Level",
                format="%.0f dBFS",
                width="small",
                help="Root mean square of the channel that is used; 0 dBFS is full scale.",
            ),
            "clipped": column.NumberColumn(
                "Clipped",
                format="%.1f %%",
                width="small",
                help="Share of the samples that stand at full scale, three or more in a row.",
            ),
            "state": column.TextColumn("", width="small"),
            "notes": column.TextColumn("Note", width="large"),
        },
        on_select="rerun",
        selection_mode="multi-row",
        key=key,
        alt="Table of the chosen recordings",
    )
    return [str(rows[place]["id"]) for place in chosen.selection.rows if place < len(rows)]
