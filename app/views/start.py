"""Start: what HearMap is, the demo in one press, and what is already there."""

from __future__ import annotations

import streamlit as st

from app import cache, navigation
from app.state import Key, Query, remember_model
from app.text import formats, markdown
from app.text import start as text
from app.widgets import tour
from app.widgets.job_panel import draw_ended, find_job, watch
from core import jobs
from core.jobs.tasks import TASKS
from core.jobs.tasks.demo import DemoTask
from core.jobs.tasks.fit import FitTask
from core.jobs.tasks.score import ScoreTask
from core.storage import models

MACHINES = ("fan", "pump", "slide rail", "valve")


def draw() -> None:
    """Draw the view."""
    st.title(text.TITLE, anchor=False)
    with st.container(key="lead"):
        st.markdown(text.LEAD)
    if not tour.is_on():
        st.button(
            text.TAKE_TOUR,
            icon=":material/explore:",
            type="tertiary",
            key="take_tour",
            on_click=tour.start,
        )
    job = find_job(DemoTask)
    if job is not None and job.state == "done" and job.id == st.session_state.get(Key.AWAITED_JOB):
        _open_demo(job)
    left, right = st.columns(2, gap="medium")
    with left.container(border=True, height="stretch"):
        _demo(job)
    with right.container(border=True, height="stretch"):
        st.subheader(text.OWN, anchor=False)
        st.markdown(text.OWN_STEPS)
        if st.button(text.OWN, icon=":material/upload:", key="use_own"):
            navigation.go("fit")
    _models()


def _demo(job: jobs.Job | None) -> None:
    st.subheader(text.DEMO, anchor=False)
    if job is not None and job.active:
        st.session_state[Key.AWAITED_JOB] = job.id
        watch(job.id, border=False)
        return
    st.markdown(text.DEMO_SAYS)
    if job is not None:
        draw_ended(job, text.THE_DEMO)
    machine = st.segmented_control(
        text.MACHINE,
        MACHINES,
        default=MACHINES[0],
        required=True,
        format_func=str.capitalize,
        key="machine",
    )
    if st.button(text.DEMO, type="primary", icon=":material/play_arrow:", key="try_demo"):
        job_id = jobs.submit(DemoTask(machine=machine))
        st.session_state[Key.AWAITED_JOB] = job_id
        st.query_params[Query.JOB] = job_id
        st.rerun()


def _open_demo(job: jobs.Job) -> None:
    st.session_state.pop(Key.AWAITED_JOB, None)
    model_id = str(job.result["model_id"])
    remember_model(model_id)
    query = {Query.MODEL: model_id}
    scored = [score for score in cache.scored(model_id) if score.score is not None]
    if scored:
        query[Query.CLIP] = scored[0].clip_id
    navigation.go("listen", query)


def _models() -> None:
    st.subheader(text.MODELS, anchor=False)
    running = {FitTask.kind: text.FIT_RUNS, ScoreTask.kind: text.SCORING_RUNS}
    for job in jobs.list_jobs(active_only=True):
        if job.kind in running:
            view = TASKS[job.kind].view
            navigation.link(view, running[job.kind], icon=":material/progress_activity:")
    records = models.list_models()
    if not records:
        st.caption(text.NO_MODEL)
    for record in records:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            recordings = formats.counted(record.n_clips, "normal recording")
            st.markdown(
                f"**{markdown.plain(record.name)}**  \n"
                f":small[{recordings} · {formats.date(record.created_at)}]"
            )
            navigation.link("score", text.SCORE, {Query.MODEL: record.id})


draw()
