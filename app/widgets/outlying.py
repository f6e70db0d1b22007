"""The normal recordings that are unlike the others: to listen to, and to leave out."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

import streamlit as st

from app.text import fit as text
from app.text import formats, markdown
from app.widgets import notices
from app.widgets.job_panel import start
from core.audio import ChannelChoice, read_clip, wav_bytes
from core.errors import HearMapError
from core.jobs.tasks.fit import FitTask
from core.storage import recordings

MOST_HEARD = 5
SOUND_SECONDS = 10.0


def draw(result: Mapping[str, Any], arguments: Mapping[str, Any], channel: ChannelChoice) -> None:
    """Draw what a fit says of them, the sound of each, and a button that fits without them.

    Args:
        result: That of the fit's job; those of earlier versions say nothing here.
        arguments: The job's.
        channel: The model's.
    """
    found = result.get("outlying") or []
    if not found:
        return
    st.markdown(f"**{text.OUTLYING}**")
    for one in found[:MOST_HEARD]:
        st.markdown(markdown.sentence(one["said"]))
        # One that was deleted since is only named.
        with contextlib.suppress(HearMapError):
            st.audio(_sound(one["clip_id"], one["moment_s"], channel), format="audio/wav")
    if len(found) > MOST_HEARD:
        st.markdown(markdown.bullets([one["said"] for one in found[MOST_HEARD:]]))
    notices.warn(result["outlying_note"])
    label = text.LEAVE_OUTLYING_OUT.format(recordings=formats.counted(len(found), "recording"))
    if st.button(label, icon=":material/remove:"):
        task = FitTask.from_record(arguments)
        start(task.without({one["clip_id"] for one in found}))


def _sound(clip_id: str, moment_s: float | None, channel: ChannelChoice) -> bytes:
    # All of it, or of a long recording the seconds around the moment.
    last_start_s = recordings.get_recording(clip_id).info.duration_seconds - SOUND_SECONDS
    start_s = max(0.0, min((moment_s or 0.0) - SOUND_SECONDS / 2, last_start_s))
    clip = read_clip(
        recordings.recording_path(clip_id),
        channel=channel,
        start_seconds=start_s,
        stop_seconds=start_s + SOUND_SECONDS,
    )
    return wav_bytes(clip.samples, clip.sample_rate)
