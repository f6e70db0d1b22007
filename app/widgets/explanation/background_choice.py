"""What replaces the anomalous part: the nearest normal recording, the average, or one's own."""

from __future__ import annotations

import streamlit as st

from app.state import empty_uploader, turn
from app.text import explanation as text
from app.text import glossary, markdown
from core.audio.finding import AUDIO_EXTENSIONS
from core.errors import StoreError
from core.storage import recordings

CHOICE = "background"
OWN_CLIP = "background_clip"


def chosen() -> str:
    """Read which background is chosen.

    Returns:
        "nearest", "mean", or the id of the user's own recording.
    """
    choice = st.session_state.get(CHOICE, "nearest")
    return str((st.session_state.get(OWN_CLIP) if choice == "own" else choice) or "nearest")


def draw() -> None:
    """Draw the choice, and the place to hand over a recording of one's own."""
    choice = st.segmented_control(
        text.BACKGROUND,
        list(text.BACKGROUNDS),
        default="nearest",
        required=True,
        format_func=text.BACKGROUNDS.__getitem__,
        key=CHOICE,
        help=glossary.BACKGROUND,
    )
    if choice != "own":
        return
    key = f"background_file_{turn(OWN_CLIP)}"
    sent = st.file_uploader(text.OWN_BACKGROUND, type=AUDIO_EXTENSIONS, key=key)
    if sent is not None:
        record = recordings.add_recording(sent.name, sent)
        if record.info.problem:
            st.error(markdown.sentence(record.info.problem), icon=":material/error:")
            return
        st.session_state[OWN_CLIP] = record.id
        empty_uploader(OWN_CLIP)
        st.rerun()
    saved = st.session_state.get(OWN_CLIP)
    if not saved:
        return
    try:
        name = recordings.get_recording(saved).name
    except StoreError:
        del st.session_state[OWN_CLIP]
        st.info(text.OWN_BACKGROUND_GONE, icon=":material/info:")
        return
    st.caption(text.OWN_BACKGROUND_IS.format(name=markdown.plain(name)))
