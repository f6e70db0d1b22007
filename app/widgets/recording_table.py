"""The recordings that were added, as a table that says of each what it is like."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.text import glossary, markdown
from app.text import uploads as text
from app.widgets import table
from core.storage.recordings import StoredRecording


def rows_of(clips: Sequence[StoredRecording]) -> list[dict[str, object]]:
    """Make the rows of the table; of equal sounds only the first is used.

    Args:
        clips: The recordings.

    Returns:
        One row a recording.
    """
    first_of: dict[str, str] = {}
    rows: list[dict[str, object]] = []
    for clip in clips:
        info = clip.info
        notes = list(info.warnings)
        is_twin = bool(info.sha256) and info.sha256 in first_of
        if is_twin:
            notes.insert(0, text.SAME_SOUND.format(other=first_of[info.sha256]))
        else:
            first_of[info.sha256] = clip.name
        rows.append(
            {
                "id": clip.id,
                "state": text.TWICE if is_twin else text.USED,
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
    """List the recordings that will be used.

    Args:
        rows: The rows of the table.

    Returns:
        Their ids.
    """
    return [str(row["id"]) for row in rows if row["state"] == text.USED]


def draw(rows: Sequence[dict[str, object]], key: str) -> list[str]:
    """Draw the table.

    Args:
        rows: Its rows, at least one.
        key: The key of the widget.

    Returns:
        The ids of the rows that are selected.
    """
    column = st.column_config
    places = table.draw(
        rows,
        {
            "name": column.TextColumn(glossary.RECORDING, width="medium"),
            "seconds": column.NumberColumn(text.LENGTH, format="%.2f s", width="small"),
            "rate": column.NumberColumn(text.SAMPLE_RATE, format="%.1f kHz", width="small"),
            "channels": column.NumberColumn(text.CHANNELS, width="small"),
            "level": column.NumberColumn(**text.LEVEL, format="%.0f dBFS", width="small"),
            "clipped": column.NumberColumn(**text.CLIPPED, format="%.1f %%", width="small"),
            "state": column.TextColumn("", width="small"),
            "notes": column.TextColumn(text.NOTE, width="large"),
        },
        text.TABLE,
        on_select="rerun",
        selection_mode="multi-row",
        key=key,
    )
    return [str(rows[place]["id"]) for place in places if place < len(rows)]
