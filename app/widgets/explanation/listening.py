"""Where the sounds of an explanation are played: in the player, or here for a long recording."""

from __future__ import annotations

import streamlit as st

from app.text import explanation as text
from app.widgets.explanation.explained_recording import ExplainedRecording
from core.audio import wav_bytes
from core.storage.explanations import SavedExplanation


def draw(explained: ExplainedRecording, saved: SavedExplanation, captions: dict[str, str]) -> None:
    """Say that the player has the sounds of an explanation, or play them here.

    Args:
        explained: The recording.
        saved: The explanation.
        captions: What stands beside each sound, by the sound's name in the explanation.
    """
    if explained.stretch is None:
        if list(captions) == ["masked"]:
            st.caption(text.PLAY_IT.format(caption=captions["masked"]))
        return
    for name, caption in captions.items():
        if name in saved.sounds:
            st.caption(caption)
            st.audio(wav_bytes(saved.sounds[name], saved.sample_rate), format="audio/wav")
