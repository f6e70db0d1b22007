"""What can be downloaded: one button for any file, and the row of them in Listen."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from app import cache
from app.text import downloads as text
from app.text import glossary, markdown
from core.audio import wav_bytes
from core.storage.scores import ScoreRecord
from core.types import AnomalyMap, Region

COLUMNS = tuple(field.name for field in dataclasses.fields(Region))
MIME_TYPES = {
    "csv": "text/csv",
    "html": "text/html",
    "md": "text/markdown",
    "png": "image/png",
    "wav": "audio/wav",
    "zip": "application/zip",
    "hearmap": "application/zip",
}


def button(
    label: str,
    content: str | bytes | Callable[[], str | bytes],
    file_name: str,
    *,
    key: str | None = None,
    help: str | None = None,
) -> None:
    """Draw a button that downloads one file and leaves the page as it is.

    Args:
        label: The button's text.
        content: The file's content, or what makes it when the button is pressed.
        file_name: The name it is saved under; its suffix says what it is.
        key: The button's key.
        help: What its tooltip says.
    """
    st.download_button(
        label,
        content,
        file_name=file_name,
        mime=MIME_TYPES.get(file_name.rpartition(".")[2], "application/octet-stream"),
        icon=":material/download:",
        on_click="ignore",
        key=key,
        help=help,
    )


def regions_table(found: Sequence[Region]) -> pd.DataFrame:
    """Put regions into a table.

    Args:
        found: The regions.

    Returns:
        A row each, with `COLUMNS`.
    """
    return pd.DataFrame([dataclasses.asdict(region) for region in found], columns=list(COLUMNS))


def file_stem(name: str) -> str:
    """Make a file name's stem that every file system takes.

    Args:
        name: The name of a recording or a model, perhaps with folders and a suffix.

    Returns:
        At most 80 letters, digits, hyphens and underscores.

    >>> file_stem("../a b<c>.wav"), file_stem("🎧.wav")
    ('a_b_c', 'recording')
    """
    stem = name.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    kept = re.sub(r"[^\w-]+", "_", stem).strip("_")
    return kept[:80] or "recording"


def draw(
    model_id: str, score: ScoreRecord, found: AnomalyMap, stretch: tuple[float, float]
) -> None:
    """Draw the downloads of a scored recording; each file is made when its button is pressed.

    Args:
        model_id: The model.
        score: The recording's score.
        found: Its map.
        stretch: Start and end in seconds of what is shown, whose sounds are offered.
    """
    st.subheader(text.HEADING, anchor=False, help=glossary.DOWNLOADS)

    def sounds() -> cache.Sounds:
        return cache.sounds(model_id, score.clip_id, *stretch, score.created_at)

    def wav(part: str) -> bytes:
        return wav_bytes(getattr(sounds(), part), sounds().sample_rate)

    def npz() -> bytes:
        from core.report.recording import map_npz

        return map_npz(found)

    def png() -> bytes:
        from core.report.pictures import map_png

        level_db = sounds().level_db
        return map_png(found, level_db if level_db.shape == found.raw.shape else None)

    def csv() -> str:
        return str(regions_table(found.regions).to_csv(index=False))

    stem = file_stem(score.clip_name)
    with st.container(horizontal=True, key="downloads"):
        for label, content, suffix in (
            (text.MAP_PNG, png, "_map.png"),
            (text.MAP_NPZ, npz, "_map.npz"),
            (text.RECORDING, lambda: wav("clip"), ".wav"),
            (text.ANOMALOUS_PART, lambda: wav("anomalous_part"), "_anomalous_part.wav"),
            (text.RESIDUAL, lambda: wav("residual"), "_residual.wav"),
            (text.REGIONS, csv, "_regions.csv"),
        ):
            button(label, content, f"{stem}{suffix}", key=f"download_{label}")
    st.caption(text.PARTS.format(name=markdown.plain(score.clip_name)))
