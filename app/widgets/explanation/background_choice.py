"""What a gap is filled with: the nearest normal recording, the average, or one of the user's."""

from __future__ import annotations

import streamlit as st

from app.text import glossary, markdown
from core.errors import StoreError
from core.storage import recordings

BACKGROUNDS = {
    "nearest": "Nearest normal recording",
    "mean": "Average normal sound",
    "own": "A recording of yours",
}
BACKGROUND_CLIP = "background_clip"
AUDIO_TYPES = ("wav", "flac", "ogg", "mp3", "aiff", "aif")


def chosen() -> str:
    """Which background is chosen: "nearest", "mean", or the id of the user's own recording."""
    choice = st.session_state.get("background", "nearest")
    if choice == "own":
        return str(st.session_state.get(BACKGROUND_CLIP) or "nearest")
    return str(choice or "nearest")


def draw() -> None:
    """The choice, and the place to hand over a recording of one's own."""
    choice = st.segmented_control(
        "Fill the gap with",
        list(BACKGROUNDS),
        default="nearest",
        required=True,
        format_func=BACKGROUNDS.__getitem__,
        key="background",
        help=glossary.BACKGROUND,
    )
    if choice != "own":
        return
    sent = st.file_uploader(
        "A normal recording of yours",
        type=AUDIO_TYPES,
        key=f"background_file_{st.session_state.get('background_round', 0)}",
    )
    if sent is not None:
        record = recordings.add_recording(sent.name, sent)
        if record.info.problem:
            st.error(markdown.plain(record.info.problem, 600), icon=":material/error:")
            return
        st.session_state[BACKGROUND_CLIP] = record.id
        # The uploader holds the file in memory until it is another one.
        st.session_state["background_round"] = st.session_state.get("background_round", 0) + 1
        st.rerun()
    kept = st.session_state.get(BACKGROUND_CLIP)
    if not kept:
        return
    try:
        name = recordings.get_recording(kept).name
    except StoreError:
        del st.session_state[BACKGROUND_CLIP]
        st.info("Your recording was removed meanwhile; choose another.", icon=":material/info:")
        return
    st.caption(f"Taken: “{markdown.plain(name)}”.")
