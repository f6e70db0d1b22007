"""A report: made as a job when asked for, then offered as a page and as a ZIP."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import partial

import streamlit as st

from app.text import downloads as text
from app.widgets import downloads, explanation_jobs
from core.exchange.recording_names import with_other_names
from core.jobs.tasks.report import BatchReportTask
from core.jobs.tasks.task import KeyedTask
from core.storage import reports
from core.storage.models import ModelRecord
from core.storage.scores import ScoreRecord


def batch_task(model: ModelRecord, scored: Sequence[ScoreRecord], rate: float) -> BatchReportTask:
    """Make the task that writes a report of all that a model has scored, as it is now.

    Args:
        model: The model.
        scored: Its scores.
        rate: The false-alarm rate.

    Returns:
        The task.
    """
    digest = hashlib.sha256()
    for score in scored:
        digest.update(
            f"{score.clip_id}{with_other_names(score.names)}{score.created_at.isoformat()}".encode()
        )
    return BatchReportTask(
        model_id=model.id,
        rate=rate,
        name=model.name,
        scored=digest.hexdigest()[:32],
        recalibration_id=model.recalibration_id,
    )


def draw(task: KeyedTask, stem: str) -> None:
    """Draw the buttons for one report: to make it, or to download it.

    Args:
        task: The task that writes the report.
        stem: The name it is downloaded under, without suffix.
    """
    key = task.key
    if not reports.exists(key):
        explanation_jobs.draw_waiting(
            task, text.THE_REPORT, by_itself=False, button=text.MAKE_REPORT
        )
        st.caption(text.REPORT_SAYS)
        return
    with st.container(horizontal=True, key=f"{task.kind}_files"):
        for label, suffix in ((text.REPORT, ".html"), (text.EVERYTHING, ".zip")):
            content = partial(reports.read, key, suffix)
            downloads.button(label, content, f"{stem}{suffix}", key=f"{task.kind}{suffix}")
