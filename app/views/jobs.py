"""Jobs: what runs, what waits in which place, what ended and how; logs, Cancel and Resume."""

from __future__ import annotations

import streamlit as st

from app import navigation
from app.guard import guard
from app.state import Query
from app.text import formats, markdown
from app.text import jobs as text
from app.text.views import TITLES
from app.widgets.job_panel import (
    POLL_SECONDS,
    draw_progress,
    resume_button,
    stage_of,
    title_of,
)
from core import jobs
from core.jobs.tasks.explain import CounterfactualTask, ExplainTask, TryMaskTask

MOST_ENDED = 30
LOOKS = (ExplainTask.kind, CounterfactualTask.kind, TryMaskTask.kind)
ICONS = {
    "done": ":material/check_circle:",
    "failed": ":material/error:",
    "cancelled": ":material/block:",
    "interrupted": ":material/power_off:",
}


def draw() -> None:
    """Draw the view."""
    st.title(TITLES["jobs"], anchor=False)
    st.markdown(text.LEAD)
    found = jobs.list_jobs()
    if not found:
        st.info(text.NOTHING_YET, icon=navigation.ICONS["jobs"])
        return
    _active([job.id for job in found if job.active])
    ended = [job for job in jobs.list_jobs(without=LOOKS) if not job.active]
    looks = [job for job in found if job.kind in LOOKS and not job.active]
    if ended or looks:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.subheader(text.ENDED, anchor=False)
            if st.button(**text.CLEAR, icon=":material/delete_sweep:", key="clear_jobs"):
                jobs.delete_ended()
                st.rerun()
    _list(ended)
    if looks:
        # Whoever steps through recordings makes one for each, and a fit must stay in sight.
        said = text.LOOKS.format(jobs=formats.counted(len(looks), "job"))
        with st.expander(said):
            _list(looks)


def _list(ended: list[jobs.Job]) -> None:
    for job in ended[:MOST_ENDED]:
        _ended(job)
    if len(ended) > MOST_ENDED:
        older = formats.counted(len(ended) - MOST_ENDED, "older job")
        st.caption(text.OLDER.format(jobs=older))


def _active(shown: list[str]) -> None:
    st.subheader(text.ACTIVE, anchor=False)
    if not shown:
        st.caption(text.NOTHING_ACTIVE)
        return

    @st.fragment(run_every=POLL_SECONDS, key="active_jobs")
    @guard
    def panel() -> None:
        found = [job for job in jobs.list_jobs() if job.active]
        if {job.id for job in found} != set(shown):
            # One ended or began: the rest of the page changes too.
            st.rerun()
        # What runs comes first, then the queue in its order.
        for job in sorted(found, key=lambda job: (job.state != "running", job.created_at)):
            place = jobs.queue_place(job.id)
            stage = stage_of(job) if place is None else text.IN_QUEUE.format(place=place)
            with st.container(border=True, key=f"job_{job.id}"):
                with draw_progress(job, stage):
                    _open_link(job)
                _log(job)

    panel()


def _ended(job: jobs.Job) -> None:
    state = text.STATES.get(job.state, job.state)
    when = formats.date_and_time(job.finished_at or job.created_at)
    said = text.ENDED_AT.format(state=state, moment=when)
    if job.started_at is not None and job.finished_at is not None:
        seconds = max(0.0, (job.finished_at - job.started_at).total_seconds())
        said += text.TOOK.format(duration=formats.duration(seconds))
    with st.container(border=True, key=f"job_{job.id}"):
        title = title_of(job)
        icon = ICONS.get(job.state, navigation.ICONS["jobs"])
        st.markdown(f"{icon} **{title}**  \n:small[{said}]")
        if job.message:
            st.markdown(markdown.sentence(job.message))
        with st.container(horizontal=True, vertical_alignment="center"):
            if job.resumable:
                resume_button(job)
            _open_link(job)
        _log(job)


def _open_link(job: jobs.Job) -> None:
    if job.task is None:
        return
    query = {Query.JOB: job.id}
    for name, key in ((Query.MODEL, "model_id"), (Query.CLIP, "clip_id")):
        if value := job.arguments.get(key) or job.result.get(key):
            query[name] = str(value)
    navigation.link(job.task.view, text.OPEN, query, icon=":material/arrow_forward:")


def _log(job: jobs.Job) -> None:
    # The lines are read when they are asked for.
    with st.expander(text.LOG, key=f"log_{job.id}", on_change="rerun") as opened:
        if opened.open:
            lines = jobs.job_log(job.id)
            shown = "\n".join(f"{line.at:%H:%M:%S}  {line.text}" for line in lines)
            height = 220 if len(lines) > 9 else None
            st.code(shown or text.LOG_EMPTY, language=None, height=height)


draw()
