"""Where the sounds of an explanation are heard: in the player, or here for a long recording."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.audio import wav_bytes
from core.storage.explanations import SavedExplanation

if TYPE_CHECKING:
    from app.widgets.explanation.case import Case


def hear(case: Case, kept: SavedExplanation, labels: dict[str, str]) -> None:
    """Where the player has these sounds, says so; for a long recording's part, plays them here."""
    if case.stretch is None:
        if list(labels) == ["masked"]:
            st.caption(f"Hear it as “{labels['masked']}” in the player above.")
        return
    for name, label in labels.items():
        if name in kept.sounds:
            st.caption(label)
            st.audio(wav_bytes(kept.sounds[name], kept.sample_rate), format="audio/wav")
