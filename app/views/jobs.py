"""Jobs: what runs, what waits in which place, what ended and how; logs, Cancel and Resume."""

from __future__ import annotations

import streamlit as st

from app.guard import guard
from app.state import Query
from app.text import formats, markdown
from app.widgets.job_panel import POLL_SECONDS, resume_button, stage_of, title_of
from core import jobs

MOST_ENDED = 30
STATES = {
    "done": ("Done", ":material/check_circle:"),
    "failed": ("Failed", ":material/error:"),
    "cancelled": ("Cancelled", ":material/block:"),
    "interrupted": ("Cut off", ":material/power_off:"),
}


def draw() -> None:
    st.title("Jobs", anchor=False)
    st.markdown(
        "Long work is done beside the app: you may close this page, and it goes on. What a restart "
        "cut off can be resumed."
    )
    found = jobs.list_jobs()
    if not found:
        st.info("Nothing was asked for yet. Fit a model, or try the demo.", icon=":material/task:")
        with st.container(horizontal=True):
            st.page_link("views/fit.py", label="Fit a model", icon=":material/library_music:")
            st.page_link("views/start.py", label="Try the demo", icon=":material/home:")
        return
    active = [job.id for job in found if job.active]
    _active(active)
    ended = [job for job in found if not job.active]
    if ended:
        st.subheader("Ended", anchor=False)
        for job in ended[:MOST_ENDED]:
            _ended(job)
        if len(ended) > MOST_ENDED:
            st.caption(f"And {formats.counted(len(ended) - MOST_ENDED, 'older job')}.")


def _active(shown: list[str]) -> None:
    st.subheader("Running and waiting", anchor=False)
    if not shown:
        st.caption("Nothing runs or waits.")
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
            _active_job(job)

    panel()


def _active_job(job: jobs.Job) -> None:
    with st.container(border=True, key=f"job_{job.id}"):
        st.markdown(f"**{title_of(job)}**")
        place = jobs.queue_place(job.id)
        if place is not None:
            said = f"Waiting, number {place} in the queue"
        else:
            said = markdown.plain(stage_of(job), 120)
            left = formats.time_left(job.seconds_left) if job.fraction > 0 else ""
            said += f" · {left}" if left else ""
        st.progress(min(max(job.fraction, 0.0), 1.0), text=said)
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button(
                "Stopping" if job.cancel_requested else "Cancel",
                icon=":material/close:",
                key=f"cancel_{job.id}",
                disabled=job.cancel_requested,
            ):
                jobs.cancel(job.id)
                st.rerun(scope="fragment")
            _open_link(job)
        _log(job)


def _ended(job: jobs.Job) -> None:
    word, icon = STATES.get(job.state, (job.state, ":material/task:"))
    with st.container(border=True, key=f"job_{job.id}"):
        when = job.finished_at or job.created_at
        took = ""
        if job.started_at is not None and job.finished_at is not None:
            seconds = max(0.0, (job.finished_at - job.started_at).total_seconds())
            took = f" · took {formats.duration(seconds)}"
        st.markdown(
            f"{icon} **{title_of(job)}**  \n:small[{word}, {when:%d %b %Y, %H:%M} UTC{took}]"
        )
        if job.message:
            st.markdown(markdown.plain(job.message, 600))
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
    view = f"views/{job.task.view}.py"
    st.page_link(view, label="Open", icon=":material/arrow_forward:", query_params=query)


def _log(job: jobs.Job) -> None:
    # The lines are read when they are asked for.
    with st.expander("Log", key=f"log_{job.id}", on_change="rerun") as opened:
        if opened.open:
            lines = jobs.job_log(job.id)
            text = "\n".join(f"{line.at:%H:%M:%S}  {line.text}" for line in lines)
            st.code(text or "Nothing yet.", language=None, height=220 if len(lines) > 9 else None)


draw()
