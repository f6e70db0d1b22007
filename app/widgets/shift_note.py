"""That the recordings scored last differ, as a set, from those that a model knows."""

from __future__ import annotations

from app import navigation
from app.state import Query
from app.text import score as text
from app.widgets import notices
from core import jobs
from core.jobs.tasks.score import ScoreTask
from core.storage import thresholds


def draw(model_id: str) -> None:
    """Draw what the newest finished scoring with a model says of all its recordings together.

    A recalibration, or taking one back, makes it old news.

    Args:
        model_id: The model.
    """
    scored = (job for job in jobs.list_jobs() if job.kind == ScoreTask.kind and job.state == "done")
    job = next((job for job in scored if job.arguments.get("model_id") == model_id), None)
    note = job.result.get("shift_note") if job is not None else None
    if job is None or not note or job.finished_at is None:
        return
    for change in thresholds.history(model_id):
        recalibrated = change.n_recordings is not None or change.undoes is not None
        if recalibrated and change.created_at > job.finished_at:
            return
    notices.warn(note)
    navigation.link("tune", text.RECALIBRATE, {Query.MODEL: model_id})
