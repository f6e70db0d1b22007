"""What can be taken away from Listen: the map, the three sounds, the regions.

Everything is made only when its button is pressed.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from app import cache
from app.text import glossary, markdown
from core.storage.scores import ScoreRecord
from core.types import AnomalyMap, Region

COLUMNS = ("start_s", "end_s", "low_hz", "high_hz", "peak_s", "peak_hz", "score", "p_value")


def regions_table(found: Sequence[Region]) -> pd.DataFrame:
    """The regions, a row each, strongest first."""
    return pd.DataFrame([dataclasses.asdict(region) for region in found], columns=list(COLUMNS))


def file_stem(name: str) -> str:
    """A file name's stem that every file system takes.

    >>> file_stem("../a b<c>.wav"), file_stem("🎧.wav")
    ('a_b_c', 'recording')
    """
    stem = name.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    kept = re.sub(r"[^\w-]+", "_", stem).strip("_")
    return kept[:80] or "recording"


def draw(
    model_id: str, score: ScoreRecord, found: AnomalyMap, stretch: tuple[float, float]
) -> None:
    """The row of download buttons; sounds are those of the stretch that is shown."""
    stem = file_stem(score.clip_name)
    st.subheader("Take it with you", anchor=False, help=glossary.DOWNLOADS)

    def wav(part: str) -> bytes:
        from core.audio import wav_bytes

        sounds = cache.sounds(model_id, score.clip_id, *stretch, score.created_at)
        return wav_bytes(getattr(sounds, part), sounds.sample_rate)

    def npz() -> bytes:
        from core.report.recording import map_npz

        return map_npz(found)

    def png() -> bytes:
        from core.report.pictures import map_png

        level_db = cache.sounds(model_id, score.clip_id, *stretch, score.created_at).level_db
        return map_png(found, level_db if level_db.shape == found.raw.shape else None)

    def csv() -> bytes:
        return regions_table(found.regions).to_csv(index=False).encode()

    offers = [
        ("Map (PNG)", png, f"{stem}_map.png", "image/png"),
        ("Map (NPZ)", npz, f"{stem}_map.npz", "application/octet-stream"),
        ("Recording (WAV)", lambda: wav("clip"), f"{stem}.wav", "audio/wav"),
        ("Unlike part (WAV)", lambda: wav("kept"), f"{stem}_unlike_part.wav", "audio/wav"),
        ("The rest (WAV)", lambda: wav("removed"), f"{stem}_rest.wav", "audio/wav"),
        ("Regions (CSV)", csv, f"{stem}_regions.csv", "text/csv"),
    ]
    with st.container(horizontal=True, key="downloads"):
        for label, make, name, kind in offers:
            st.download_button(
                label,
                make,
                file_name=name,
                mime=kind,
                icon=":material/download:",
                on_click="ignore",
                key=f"download_{label}",
            )
    st.caption(
        f"The unlike part is the recording times the map, the rest is what remains; both add up "
        f"to “{markdown.plain(score.clip_name)}” again."
    )
