"""What can be downloaded: one button for any file, and the row of them in Listen."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import streamlit as st

from app import cache
from app.text import downloads as text
from app.text import glossary, markdown
from core.audio import wav_bytes
from core.exchange.formats import FORMATS, Format
from core.exchange.found_regions import FoundRegions, write_regions
from core.runtime.file_names import file_stem
from core.storage.scores import ScoreRecord
from core.types import AnomalyMap

MIME_TYPES = {
    "csv": "text/csv",
    "html": "text/html",
    "md": "text/markdown",
    "png": "image/png",
    "wav": "audio/wav",
    "zip": "application/zip",
    "hearmap": "application/zip",
    "jams": "application/json",
    "txt": "text/plain",
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

    is_long = isinstance(found.raw, np.memmap)

    def shown() -> AnomalyMap:
        return found.stretch(sounds().first, sounds().level_db.shape[1]) if is_long else found

    def npz() -> bytes:
        from core.report.recording import map_npz

        return map_npz(shown())

    def png() -> bytes:
        from core.report.pictures import map_png

        drawn, level_db = shown(), sounds().level_db
        return map_png(drawn, level_db if level_db.shape == drawn.raw.shape else None)

    stem = file_stem(score.clip_name)
    # The sounds are those of what is shown; one file for each part of a long recording.
    is_whole = stretch[0] == 0 and stretch[1] >= (score.duration_seconds or stretch[1])
    sound = stem if is_whole else f"{stem}_{stretch[0]:.3f}-{stretch[1]:.3f}s"
    with st.container(horizontal=True, key="downloads"):
        for label, content, name in (
            (text.MAP_PNG, png, f"{sound if is_long else stem}_map.png"),
            (text.MAP_NPZ, npz, f"{sound if is_long else stem}_map.npz"),
            (text.RECORDING, lambda: wav("clip"), f"{sound}.wav"),
            (text.ANOMALOUS_PART, lambda: wav("anomalous_part"), f"{sound}_anomalous_part.wav"),
            (text.RESIDUAL, lambda: wav("residual"), f"{sound}_residual.wav"),
        ):
            button(label, content, name, key=f"download_{label}")
        _regions_button(score, found, FORMATS["csv"])
        with st.popover(text.OTHER_REGIONS, icon=":material/download:"):
            for chosen in FORMATS.values():
                if chosen.name != "csv":
                    _regions_button(score, found, chosen)
    st.caption(text.PARTS.format(name=markdown.plain(score.clip_name)))
    if is_long:
        st.caption(text.LONG)


def _regions_button(score: ScoreRecord, found: AnomalyMap, chosen: Format) -> None:
    regions = FoundRegions(score.clip_name, found.regions, score.recorded_at)
    label = text.REGIONS.format(format=chosen.title)
    name = f"{file_stem(score.clip_name)}_regions{chosen.suffix}"
    content = partial(write_regions, [regions], chosen.name)
    button(label, content, name, key=f"download_{label}")
