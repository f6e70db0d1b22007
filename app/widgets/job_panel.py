"""A job as people see it: stage, progress, time left, Cancel; and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.guard import guard
from app.state import Query
from app.text import formats, markdown
from app.text import jobs as text
from core import jobs
from core.errors import StoreError
from core.jobs.tasks.task import Task
from core.storage import recordings

POLL_SECONDS = 0.7
LONGEST_TITLE, LONGEST_NAME = 200, 80


def start(task: Task) -> NoReturn:
    """Submit a task, and show its job: the address names it, and the page runs again.

    Args:
        task: The task.
    """
    st.query_params[Query.JOB] = jobs.submit(task)
    st.rerun()


def active_job(*tasks: type[Task]) -> jobs.Job | None:
    """Find the newest job that still waits or runs, whoever started it.

    Args:
        tasks: The kinds of work it may be.

    Returns:
        The job; None where there is none.
    """
    kinds = {task.kind for task in tasks}
    found = [job for job in jobs.list_jobs(active_only=True) if job.kind in kinds]
    return max(found, key=lambda job: job.created_at) if found else None


def find_job(*tasks: type[Task]) -> jobs.Job | None:
    """Find the job that the address names, else the active one.

    An unknown id in the address (an old link) is no error: the view then starts afresh.

    Args:
        tasks: The kinds of work it may be.

    Returns:
        The job; None where there is neither.
    """
    named = job_of_id(st.query_params.get(Query.JOB, ""))
    if named is not None and named.kind in {task.kind for task in tasks}:
        return named
    return active_job(*tasks)


def job_of_id(job_id: str) -> jobs.Job | None:
    """Find a job by its id.

    Args:
        job_id: The id.

    Returns:
        The job; None where there is none of this id.
    """
    try:
        return jobs.get_job(job_id)
    except StoreError:
        return None


def follow(
    what: str, *tasks: type[Task], kept: Callable[[jobs.Job], str] | None = None
) -> jobs.Job | None:
    """Draw the progress of the job that `find_job` finds, or what became of it.

    Args:
        what: What it is, as a sentence begins.
        tasks: The kinds of work it may be.
        kept: Says what a cancelled one has kept; nothing if left out.

    Returns:
        The job; None where there is none.
    """
    job = find_job(*tasks)
    if job is not None and job.active:
        watch(job.id)
    elif job is not None:
        draw_ended(job, what, kept)
    return job


def resume_button(job: jobs.Job) -> None:
    """Draw the button that takes up an ended job again under its id.

    Args:
        job: The job.
    """
    if st.button(text.RESUME, icon=":material/resume:", key=f"resume_{job.id}"):
        jobs.resume(job.id)
        st.query_params[Query.JOB] = job.id
        st.rerun()


def title_of(job: jobs.Job) -> str:
    """Say what a job does, and with which recording where it is about one.

    Args:
        job: The job.

    Returns:
        Markdown.
    """
    title = markdown.plain(job.title, LONGEST_TITLE)
    try:
        name = recordings.get_recording(str(job.arguments["clip_id"])).name
    except (KeyError, StoreError):
        return title
    return text.OF_RECORDING.format(title=title, name=markdown.plain(name, LONGEST_NAME))


def draw_progress(job: jobs.Job, stage: str) -> DeltaGenerator:
    """Draw the title, the progress and the Cancel button of an active job.

    Args:
        job: The job.
        stage: What it is doing.

    Returns:
        The row of the button, for what else stands there.
    """
    st.markdown(f"**{title_of(job)}**")
    left = formats.time_left(job.seconds_left) if job.fraction > 0 else ""
    said = f"{markdown.plain(stage, 120)} · {left}" if left else markdown.plain(stage, 120)
    st.progress(min(max(job.fraction, 0.0), 1.0), text=said)
    row = st.container(horizontal=True, vertical_alignment="center")
    row.button(
        text.STOPPING if job.cancel_requested else text.CANCEL,
        icon=":material/close:",
        key=f"cancel_{job.id}",
        disabled=job.cancel_requested,
        # Before the run that the click starts, so that this run says that it stops.
        on_click=_cancel,
        args=(job.id,),
    )
    return row


def _cancel(job_id: str) -> None:
    jobs.cancel(job_id)


def stage_of(job: jobs.Job) -> str:
    """Say what an active job is doing, or what it waits for.

    Args:
        job: The job.

    Returns:
        A few words.
    """
    if job.state == "queued":
        others = jobs.list_jobs(active_only=True)
        return text.WAITING if any(o.state == "running" for o in others) else text.STARTING
    return (job.stage or text.WORKING) if job.fraction > 0 else text.STARTING


def watch(job_id: str, *, border: bool = True) -> None:
    """Draw an active job and look again until it ends; then the whole page runs again.

    Args:
        job_id: The job.
        border: Whether a border is drawn around it.
    """

    @st.fragment(run_every=POLL_SECONDS, key=f"watch_{job_id}")
    @guard
    def panel() -> None:
        job = jobs.get_job(job_id)
        if not job.active:
            st.rerun()
        with st.container(border=border, key=f"job_{job_id}"):
            draw_progress(job, stage_of(job)).caption(text.GOES_ON)

    panel()


def draw_ended(job: jobs.Job, what: str, kept: Callable[[jobs.Job], str] | None = None) -> None:
    """Say what became of a job, unless it has done its work.

    Args:
        job: A job that has ended.
        what: What it was, as a sentence begins.
        kept: As in `follow`.
    """
    if job.state == "failed":
        reason = markdown.sentence(job.message or "")
        st.error(text.FAILED.format(what=what, reason=reason), icon=":material/error:")
    elif job.state == "cancelled":
        said = kept(job) if kept else text.NOTHING_KEPT
        st.info(text.CANCELLED.format(what=what, kept=said), icon=":material/block:")
    elif job.state == "interrupted":
        st.warning(text.CUT_OFF.format(what=what), icon=":material/power_off:")
    if job.resumable:
        resume_button(job)
