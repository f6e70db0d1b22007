"""Explanations on their way: found where they are kept, started where they are not.

A view asks on every run; what takes the detector several runs is a job, and the view runs again
when it has ended. Nothing slow happens here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from app.widgets.job_panel import ended_badly, is_active, watch
from core import jobs
from core.errors import StoreError
from core.storage import explanations
from core.storage.explanations import SavedExplanation, explanation_key
from core.storage.models import ModelRecord
from core.storage.scores import ScoreRecord

STARTED = "explanation_jobs"
OPENED = "explanation_opened"


@dataclass(frozen=True, eq=False)
class Wanted:
    """A piece of work: what it is, on what, and the key its result is kept under."""

    kind: str
    arguments: dict[str, Any]

    @property
    def key(self) -> str:
        """Where the result is kept."""
        return explanation_key(self.kind, self.arguments)

    @property
    def clip_id(self) -> str:
        """The recording it is about."""
        return str(self.arguments["clip_id"])


def wanted(
    kind: str,
    model: ModelRecord,
    score: ScoreRecord,
    stretch: tuple[float, float] | None,
    background: str,
    **more: Any,
) -> Wanted:
    """The work of one kind on a scored recording, or on a stretch of it."""
    return Wanted(
        kind,
        {
            "model_id": model.id,
            "clip_id": score.clip_id,
            "stretch": list(stretch) if stretch else None,
            "background": background,
            "scored_at": score.created_at.isoformat(),
        }
        | more,
    )


def find(work: Wanted) -> SavedExplanation | None:
    """The result, where it is there."""
    return explanations.find(work.clip_id, work.key)


def start(work: Wanted) -> str:
    """The id of the job that does it; a session's earlier one of this kind is given up.

    Whoever steps through recordings leaves no queue of explanations behind.
    """
    started = _started()
    for key, (kind, job_id) in list(started.items()):
        if kind == work.kind and key != work.key:
            del started[key]
            _give_up(job_id)
    job_id = next(
        (
            job.id
            for job in jobs.list_jobs(active_only=True)
            if job.kind == work.kind and explanation_key(job.kind, job.arguments) == work.key
        ),
        None,
    ) or jobs.submit(work.kind, work.arguments)
    started[work.key] = (work.kind, job_id)
    return job_id


def job_of(work: Wanted) -> jobs.Job | None:
    """The job this session started for it, whatever became of it."""
    entry = _started().get(work.key)
    if entry is None:
        return None
    try:
        return jobs.get_job(entry[1])
    except StoreError:
        return None


def draw_waiting(work: Wanted, title: str, what: str, *, by_itself: bool, button: str) -> None:
    """Progress where the work is under way; otherwise what became of it, and a button.

    With `by_itself` it starts without being asked, once.
    """
    job = job_of(work)
    if job is None and by_itself:
        start(work)
        job = job_of(work)
    if job is not None and is_active(job):
        watch(job.id, title, border=False)
        return
    if job is not None:
        if job.state == "done":
            st.info(f"{what} was made, but is no longer kept; make it again.")
        else:
            ended_badly(job, what)
    label = "Try again" if job is not None else button
    if st.button(label, icon=":material/play_arrow:", key=f"start_{work.kind}"):
        start(work)
        st.rerun()


def _started() -> dict[str, tuple[str, str]]:
    return st.session_state.setdefault(STARTED, {})


def _give_up(job_id: str) -> None:
    try:
        if is_active(jobs.get_job(job_id)):
            jobs.cancel(job_id)
    except StoreError:
        pass
