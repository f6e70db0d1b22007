"""The button that recalibrates a model, for any page, and what becomes of it, on Tune."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app import navigation
from app.state import Key, Query
from app.text import formats, markdown
from app.text import recalibration as text
from app.text import threshold as threshold_text
from app.widgets.job_panel import follow as follow_job
from app.widgets.uploading import draw_left_out
from core import jobs
from core.detectors.calibration.recalibration import FEWEST_CLIPS
from core.errors import ModelError
from core.jobs.tasks.recalibrate import RecalibrateTask
from core.storage import thresholds
from core.storage.models import ModelRecord
from core.storage.training import new_normal_recordings


def draw(model: ModelRecord) -> None:
    """Draw what a recalibration is, and the button for what people annotated as normal.

    Args:
        model: The model.
    """
    st.subheader(text.RECALIBRATE, anchor=False)
    st.markdown(text.WHAT_IT_DOES)
    try:
        clip_ids = new_normal_recordings(model.id)
    except ModelError as error:
        st.error(markdown.sentence(error), icon=":material/broken_image:")
        return
    if len(clip_ids) < FEWEST_CLIPS:
        st.caption(text.few(len(clip_ids)))
        navigation.link("triage", text.TO_TRIAGE, {Query.MODEL: model.id})
        return
    with st.container(horizontal=True, vertical_alignment="bottom", key="recalibrate_row"):
        note = st.text_input(
            text.NOTE,
            key=f"recalibrate_note_{model.id}",
            max_chars=500,
            placeholder=threshold_text.WHY_EXAMPLE,
            width="stretch",
        )
        button(model, clip_ids, note=note or "")


def button(model: ModelRecord, clip_ids: Sequence[str], *, note: str = "", label: str = "") -> None:
    """Draw the button that recalibrates a model and opens Tune, which shows how far it is.

    Args:
        model: The model.
        clip_ids: Recordings that the user calls normal and that it was not fitted on.
        note: Why, for the history.
        label: The text of the button; by default with how many recordings.
    """
    recordings = formats.counted(len(clip_ids), "recording")
    label = label or text.BUTTON.format(recordings=recordings)
    if not st.button(label, icon=":material/straighten:", key="recalibrate"):
        return
    task = RecalibrateTask(
        model_id=model.id,
        clip_ids=list(clip_ids),
        note=note,
        by=str(st.session_state.get(Key.WHO) or ""),
        expected_id=st.session_state.get(f"{Key.SEEN_CHANGE}_{model.id}")
        or thresholds.history(model.id)[0].id,
    )
    navigation.go("tune", {Query.MODEL: model.id, Query.JOB: jobs.submit(task)})


def follow(model: ModelRecord) -> bool:
    """Draw how far a recalibration is, or what became of it.

    Args:
        model: The model.

    Returns:
        Whether one waits or runs.
    """
    job = follow_job(text.RECALIBRATION, RecalibrateTask)
    if job is None or job.state != "done":
        return job is not None and job.active
    newest = thresholds.history(model.id)[0]
    if job.result.get("change_id") == newest.id:
        # One's own change is no news.
        st.session_state[f"{Key.SEEN_CHANGE}_{model.id}"] = newest.id
        result = job.result
        said = text.made(
            result["n_recordings"],
            result["n_anomalous"],
            result["threshold_before"],
            result["threshold"],
        )
        st.success(said, icon=":material/check:")
        draw_left_out(result["left_out"])
    return False
