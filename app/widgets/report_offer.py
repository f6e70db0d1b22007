"""A report to take away: made as a job when asked for, then offered as a page and as a ZIP."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import streamlit as st

from app.widgets import explanation_jobs
from core.jobs.tasks.report import BatchReportTask
from core.jobs.tasks.task import KeyedTask
from core.storage import reports
from core.storage.models import ModelRecord
from core.storage.scores import ScoreRecord


def of_batch(model: ModelRecord, scored: Sequence[ScoreRecord], rate: float) -> BatchReportTask:
    """The report of all that has been scored with a model, as it is now."""
    digest = hashlib.sha256()
    for score in scored:
        digest.update(f"{score.clip_id}{score.clip_name}{score.created_at.isoformat()}".encode())
    return BatchReportTask(
        model_id=model.id, rate=rate, name=model.name, scored=digest.hexdigest()[:32]
    )


def draw(task: KeyedTask, stem: str) -> None:
    """The buttons for one report: to make it, or to download it."""
    if not reports.exists(task.key):
        explanation_jobs.draw_waiting(
            task, "Writing the report", "The report", by_itself=False, button="Make a report"
        )
        st.caption(
            "One page with pictures, sounds, numbers and settings that opens without a network, "
            "from a mail for one; and a ZIP with each of them as a file."
        )
        return
    key = task.key
    with st.container(horizontal=True, key=f"{task.kind}_files"):
        for label, suffix, mime in (
            ("Report (HTML)", ".html", "text/html"),
            ("Everything (ZIP)", ".zip", "application/zip"),
        ):
            st.download_button(
                label,
                lambda suffix=suffix: reports.read(key, suffix),
                file_name=f"{stem}{suffix}",
                mime=mime,
                icon=":material/download:",
                on_click="ignore",
                key=f"{task.kind}{suffix}",
            )
