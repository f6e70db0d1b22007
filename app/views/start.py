"""Start: what HearMap is, the demo in one press, and what is already there."""

from __future__ import annotations

import streamlit as st

from app.state import Key, Query, remember_model
from app.text import formats, markdown
from app.widgets import tour
from app.widgets.job_panel import ended_badly, find_job, is_active, watch
from core import jobs
from core.jobs.tasks import TASKS
from core.jobs.tasks.demo import DemoTask
from core.jobs.tasks.fit import FitTask
from core.jobs.tasks.score import ScoreTask
from core.storage import models

MACHINES = ("fan", "pump", "slide rail", "valve")


def draw() -> None:
    st.title("See and hear where a sound is unlike your normal ones", anchor=False)
    with st.container(key="lead"):
        st.markdown(
            "Give HearMap recordings of how a machine or place normally sounds. It then shows, for "
            "any new recording, **when** and **at which frequencies** it is unlike them, and "
            "plays you exactly that part."
        )
    if not tour.is_on():
        st.button(
            "Take the two-minute tour",
            icon=":material/explore:",
            type="tertiary",
            key="take_tour",
            on_click=tour.start,
        )
    job = find_job(st.query_params.get(Query.JOB), DemoTask)
    if job is not None and job.state == "done" and job.id == st.session_state.get(Key.AWAITED_JOB):
        _open_demo(job)
    left, right = st.columns(2, gap="medium")
    with left.container(border=True, height="stretch"):
        _demo(job)
    with right.container(border=True, height="stretch"):
        _own_recordings()
    _models()


def _demo(job: jobs.Job | None) -> None:
    st.subheader("Try the demo", anchor=False)
    if job is not None and is_active(job):
        st.session_state[Key.AWAITED_JOB] = job.id
        watch(job.id, "Making sounds, learning normal ones, scoring others", border=False)
        return
    st.markdown(
        "HearMap makes the sound of a machine, learns what is normal for it, and finds what is "
        "unlike it. A minute or two, nothing to upload."
    )
    if job is not None:
        ended_badly(job, "The demo")
    machine = st.segmented_control(
        "Machine",
        MACHINES,
        default=MACHINES[0],
        required=True,
        format_func=str.capitalize,
        key=Key.MACHINE,
    )
    if st.button("Try the demo", type="primary", icon=":material/play_arrow:", key="try_demo"):
        job_id = jobs.submit(DemoTask(machine=machine or MACHINES[0]))
        st.session_state[Key.AWAITED_JOB] = job_id
        st.query_params[Query.JOB] = job_id
        st.rerun()


def _open_demo(job: jobs.Job) -> None:
    st.session_state.pop(Key.AWAITED_JOB, None)
    model_id = str(job.result["model_id"])
    remember_model(model_id)
    strongest = _strongest(model_id)
    st.switch_page(
        "views/listen.py",
        query_params={Query.MODEL: model_id} | ({Query.CLIP: strongest} if strongest else {}),
    )


def _own_recordings() -> None:
    st.subheader("Use your own recordings", anchor=False)
    st.markdown(
        "1. **Fit** on normal recordings: a dozen or more, of a few seconds each.\n"
        "2. **Score** the recordings you want to know about.\n"
        "3. **Listen** to the part of each that is unlike the normal ones."
    )
    if st.button("Use your own recordings", icon=":material/upload:", key="use_own"):
        st.switch_page("views/fit.py")


def _models() -> None:
    st.subheader("Your models", anchor=False)
    labels = {FitTask.kind: "A fit is running", ScoreTask.kind: "Recordings are being scored"}
    for job in jobs.list_jobs(active_only=True):
        if job.kind in labels:
            view = f"views/{TASKS[job.kind].view}.py"
            st.page_link(view, label=labels[job.kind], icon=":material/progress_activity:")
    records = models.list_models()
    if not records:
        st.caption(
            "None yet. Try the demo, or fit one on your own recordings; it is kept here until "
            "you delete it."
        )
        return
    for record in records:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(
                f"**{markdown.plain(record.name)}**  \n"
                f":small[{formats.counted(record.n_clips, 'normal clip')} · "
                f"{record.created_at:%d %b %Y}]",
            )
            st.page_link(
                "views/score.py",
                label="Score",
                icon=":material/query_stats:",
                query_params={Query.MODEL: record.id},
            )


def _strongest(model_id: str) -> str | None:
    from core.storage.scores import list_scores

    return next((score.clip_id for score in list_scores(model_id) if score.score is not None), None)


draw()
