"""Explanations and reports as jobs: found where they are saved, started where they are not.

A view asks on every run; what takes the detector several runs is a job, and the view runs again
when it has ended. Nothing slow happens here.
"""

from __future__ import annotations

import streamlit as st

from app.text import explanation as text
from app.widgets.job_panel import draw_ended, job_of_id, watch
from core import jobs
from core.jobs.tasks.explain import ExplanationTask
from core.jobs.tasks.task import KeyedTask
from core.storage import explanations
from core.storage.explanations import SavedExplanation

STARTED = "explanation_jobs"


def find(task: ExplanationTask) -> SavedExplanation | None:
    """Find the result of a task.

    Args:
        task: The task.

    Returns:
        The result; None where it is not saved.
    """
    return explanations.find(task.clip_id, task.key)


def start(task: KeyedTask) -> jobs.Job:
    """Submit a task, unless it is under way; cancel the session's earlier one of this kind.

    Whoever steps through recordings leaves no queue of explanations behind.

    Args:
        task: The task.

    Returns:
        The job that does it.
    """
    started = _started()
    for key, (kind, job_id) in list(started.items()):
        if kind == task.kind and key != task.key:
            del started[key]
            job = job_of_id(job_id)
            if job is not None and job.active:
                jobs.cancel(job_id)
    under_way = (
        job.id
        for job in jobs.list_jobs(active_only=True)
        if isinstance(job.task, KeyedTask) and job.task.key == task.key
    )
    job_id = next(under_way, None) or jobs.submit(task)
    started[task.key] = (task.kind, job_id)
    return jobs.get_job(job_id)


def job_of(task: KeyedTask) -> jobs.Job | None:
    """Find the job that this session started for a task, whatever became of it.

    Args:
        task: The task.

    Returns:
        The job; None where the session started none.
    """
    started = _started().get(task.key)
    return job_of_id(started[1]) if started else None


def draw_waiting(task: KeyedTask, what: str, *, by_itself: bool, button: str) -> None:
    """Draw the progress of a task that is under way; else what became of it, and a button.

    Args:
        task: The task.
        what: What it makes, as a sentence begins.
        by_itself: Whether it starts without being asked, once.
        button: The text of the button.
    """
    job = job_of(task)
    if job is None and by_itself:
        job = start(task)
    if job is not None and job.active:
        watch(job.id, border=False)
        return
    if job is not None and job.state == "done":
        st.info(text.NO_LONGER_SAVED.format(what=what))
    elif job is not None:
        draw_ended(job, what)
    label = text.TRY_AGAIN if job is not None else button
    if st.button(label, icon=":material/play_arrow:", key=f"start_{task.kind}"):
        start(task)
        st.rerun()


def _started() -> dict[str, tuple[str, str]]:
    # Get kind and job of what the session started, by the key of the result.
    started: dict[str, tuple[str, str]] = st.session_state.setdefault(STARTED, {})
    return started
