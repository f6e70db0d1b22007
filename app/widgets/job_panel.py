"""A job as people see it: stage, progress, time left, Cancel; and what became of it."""

from __future__ import annotations

import streamlit as st

from app.guard import guard
from app.state import Query
from app.text import formats, markdown
from core import jobs
from core.errors import StoreError
from core.jobs.tasks.task import Task

POLL_SECONDS = 0.7


def is_active(job: jobs.Job | None) -> bool:
    """Whether the job still waits or runs."""
    return job is not None and job.active


def active_job(*tasks: type[Task]) -> jobs.Job | None:
    """The newest job with such a task that still waits or runs, whoever started it."""
    kinds = {task.kind for task in tasks}
    found = [job for job in jobs.list_jobs(active_only=True) if job.kind in kinds]
    return max(found, key=lambda job: job.created_at) if found else None


def find_job(job_id: str | None, *tasks: type[Task]) -> jobs.Job | None:
    """The job of that id, else the active one with such a task; None where there is neither.

    An id that is unknown (an old link) is no error: the view then starts afresh.
    """
    if job_id:
        try:
            job = jobs.get_job(job_id)
        except StoreError:
            job = None
        if job is not None and job.kind in {task.kind for task in tasks}:
            return job
    return active_job(*tasks)


def title_of(job: jobs.Job) -> str:
    """What a job does, as Markdown."""
    return markdown.plain(job.title, 200)


def resume_button(job: jobs.Job) -> None:
    """Draws the button that takes an ended job up again under its id."""
    if st.button("Resume", icon=":material/resume:", key=f"resume_{job.id}"):
        jobs.resume(job.id)
        st.query_params[Query.JOB] = job.id
        st.rerun()


def stage_of(job: jobs.Job) -> str:
    """What an active job is doing, or what it waits for."""
    if job.state == "queued" and any(
        other.state == "running" for other in jobs.list_jobs(active_only=True)
    ):
        return "Waiting for the work before it"
    if job.state == "queued" or job.fraction <= 0:
        return "Starting"
    return job.stage or "Working"


def watch(job_id: str, title: str, *, border: bool = True) -> None:
    """Draws an active job and looks again until it ends; then the whole page runs again."""

    @st.fragment(run_every=POLL_SECONDS, key=f"watch_{job_id}")
    @guard
    def panel() -> None:
        job = jobs.get_job(job_id)
        if not is_active(job):
            st.rerun()
        with st.container(border=border, key=f"job_{job_id}"):
            st.markdown(f"**{title}**")
            said = markdown.plain(stage_of(job), 120)
            left = formats.time_left(job.seconds_left) if job.fraction > 0 else ""
            said += f" · {left}" if left else ""
            st.progress(min(max(job.fraction, 0.0), 1.0), text=said)
            with st.container(horizontal=True, vertical_alignment="center"):
                stopping = job.cancel_requested
                if st.button(
                    "Stopping" if stopping else "Cancel",
                    icon=":material/close:",
                    key=f"cancel_{job_id}",
                    disabled=stopping,
                ):
                    jobs.cancel(job_id)
                st.caption("You may leave or reload this page; the work goes on.")

    panel()


def ended_badly(job: jobs.Job, what: str) -> bool:
    """Says what became of a job that did not finish; whether that was so."""
    if job.state == "failed":
        reason = markdown.plain(job.message or "", 600)
        st.error(f"{what} ended early. {reason}", icon=":material/error:")
    elif job.state == "cancelled":
        st.info(f"{what} was cancelled; nothing of it was kept.", icon=":material/block:")
    elif job.state == "interrupted":
        st.warning(
            f"{what} was cut off when HearMap stopped. Resume it, or start afresh.",
            icon=":material/power_off:",
        )
    else:
        return False
    if job.resumable:
        resume_button(job)
    return True
