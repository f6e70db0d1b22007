"""The recordings that were added, as a table that says of each what it is like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from app.text import formats, glossary
from app.text import uploads as text
from app.widgets import table
from core.exchange.recording_names import with_other_names
from core.storage.recordings import StoredRecording


def twins(clips: Sequence[StoredRecording]) -> dict[str, str]:
    """Find the recordings that sound the same as an earlier one, which alone is used.

    Args:
        clips: The recordings.

    Returns:
        The name of the earlier one by the recording's id.
    """
    firsts: dict[str, StoredRecording] = {}
    found = {}
    for clip in clips:
        first = firsts.setdefault(clip.info.sha256 or clip.id, clip)
        if first is not clip:
            found[clip.id] = first.name
    return found


def draw(clips: Sequence[StoredRecording], same_as: Mapping[str, str], key: str) -> list[str]:
    """Draw the table.

    Args:
        clips: The recordings, at least one.
        same_as: What `twins` finds of them.
        key: The key of the widget.

    Returns:
        The ids of the rows that are selected.
    """
    same_sound = {i: [text.SAME_SOUND.format(other=name)] for i, name in same_as.items()}
    rows = [
        {
            "state": text.TWICE if clip.id in same_as else text.USED,
            "name": with_other_names(clip.names),
            "recorded": formats.recorded(clip.recorded_at),
            "seconds": clip.info.duration_seconds,
            "rate": clip.info.sample_rate / 1000,
            "channels": clip.info.n_channels,
            "level": clip.info.rms_dbfs,
            "clipped": 100 * clip.info.clipped_fraction,
            "notes": " ".join([*same_sound.get(clip.id, []), *clip.info.warnings]),
        }
        for clip in clips
    ]
    column = st.column_config
    places = table.draw(
        rows,
        {
            "name": column.TextColumn(glossary.RECORDING, width="medium"),
            "seconds": column.NumberColumn(text.LENGTH, format="%.3f s", width="small"),
            "rate": column.NumberColumn(text.SAMPLE_RATE, format="%.1f kHz", width="small"),
            "channels": column.NumberColumn(text.CHANNELS, width="small"),
            "level": column.NumberColumn(**text.LEVEL, format="%.0f dBFS", width="small"),
            "clipped": column.NumberColumn(**text.CLIPPED, format="%.1f %%", width="small"),
            **table.recorded_column(rows),
            "state": column.TextColumn("", width="small"),
            "notes": column.TextColumn(text.NOTE, width="large"),
        },
        text.TABLE,
        on_select="rerun",
        selection_mode="multi-row",
        key=key,
    )
    return [clips[place].id for place in places if place < len(clips)]
