"""Explanations on their way: found where they are kept, started where they are not.

A view asks on every run; what takes the detector several runs is a job, and the view runs again
when it has ended. Nothing slow happens here.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.widgets.job_panel import ended_badly, is_active, watch
from core import jobs
from core.errors import StoreError
from core.jobs.tasks.explain import ExplanationTask
from core.jobs.tasks.task import KeyedTask
from core.storage import explanations
from core.storage.explanations import SavedExplanation
from core.storage.models import ModelRecord
from core.storage.scores import ScoreRecord

STARTED = "explanation_jobs"
OPENED = "explanation_opened"


def arguments_of(
    model: ModelRecord,
    score: ScoreRecord,
    stretch: tuple[float, float] | None,
    background: str,
) -> dict[str, Any]:
    """What all tasks on a scored recording, or on a stretch of it, have in common."""
    return {
        "model_id": model.id,
        "clip_id": score.clip_id,
        "stretch": list(stretch) if stretch else None,
        "background": background,
        "scored_at": score.created_at.isoformat(),
    }


def find(task: ExplanationTask) -> SavedExplanation | None:
    """The result, where it is there."""
    return explanations.find(task.clip_id, task.key)


def start(task: KeyedTask) -> str:
    """The id of the job that does it; a session's earlier one of this kind is given up.

    Whoever steps through recordings leaves no queue of explanations behind.
    """
    started = _started()
    for key, (kind, job_id) in list(started.items()):
        if kind == task.kind and key != task.key:
            del started[key]
            _give_up(job_id)
    under_way = (
        job.id
        for job in jobs.list_jobs(active_only=True)
        if isinstance(job.task, KeyedTask) and job.task.key == task.key
    )
    job_id = next(under_way, None) or jobs.submit(task)
    started[task.key] = (task.kind, job_id)
    return job_id


def job_of(task: KeyedTask) -> jobs.Job | None:
    """The job this session started for it, whatever became of it."""
    entry = _started().get(task.key)
    if entry is None:
        return None
    try:
        return jobs.get_job(entry[1])
    except StoreError:
        return None


def draw_waiting(task: KeyedTask, title: str, what: str, *, by_itself: bool, button: str) -> None:
    """Progress where the work is under way; otherwise what became of it, and a button.

    With `by_itself` it starts without being asked, once.
    """
    job = job_of(task)
    if job is None and by_itself:
        start(task)
        job = job_of(task)
    if job is not None and is_active(job):
        watch(job.id, title, border=False)
        return
    if job is not None:
        if job.state == "done":
            st.info(f"{what} was made, but is no longer kept; make it again.")
        else:
            ended_badly(job, what)
    label = "Try again" if job is not None else button
    if st.button(label, icon=":material/play_arrow:", key=f"start_{task.kind}"):
        start(task)
        st.rerun()


def _started() -> dict[str, tuple[str, str]]:
    return st.session_state.setdefault(STARTED, {})


def _give_up(job_id: str) -> None:
    try:
        if is_active(jobs.get_job(job_id)):
            jobs.cancel(job_id)
    except StoreError:
        pass
