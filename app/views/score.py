"""Score: recordings in, a table of scores out, sorted; the false-alarm rate moves at will."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

import numpy as np
import streamlit as st

from app import cache, navigation
from app.state import Query, clear_gathered, gathered
from app.text import formats, glossary, markdown, sentences
from app.text import score as text
from app.text.downloads import HEADING
from app.widgets import (
    downloads,
    model_choice,
    notices,
    report_offer,
    score_file,
    shift_note,
    table,
)
from app.widgets.job_panel import follow, start
from app.widgets.uploading import clear_button, gather
from core.exchange.recording_names import with_other_names
from core.jobs.job import Job
from core.jobs.tasks.score import ScoreTask
from core.report.summary_sentence import count_sentence, rounded_one_in
from core.storage import recordings
from core.storage.models import ModelRecord
from core.storage.scores import ScoreRecord

if TYPE_CHECKING:
    from core.detectors.calibration.calibration import Calibration

PURPOSE = "score"
MOST_NAMES_SHOWN = 30


@dataclass(frozen=True)
class TableRow:
    """One line of the table.

    Attributes:
        clip_id: The recording.
        name: Its name, and those under which the same file was added later.
        recorded: When it began, empty if unknown.
        anomalous: Whether its score is above the threshold.
        verdict: That in words.
        p_value: Its p-value.
        score: Its score.
        threshold: The threshold.
        one_in: About one normal recording in so many scores as high.
        evidence: The score on the scale of evidence, on which the threshold is 0.5.
        strip: The evidence over time [n].
        note: What to know of the recording before its score is trusted.
    """

    clip_id: str
    name: str
    recorded: str
    anomalous: bool
    verdict: str
    p_value: float
    score: float
    threshold: float
    one_in: int
    evidence: float
    strip: list[float]
    note: str = ""


def draw() -> None:
    """Draw the view."""
    model = model_choice.begin("score")
    if model is None:
        return
    job = follow(text.SCORING, ScoreTask, kept=partial(_kept, model))
    if job is None or not job.active:
        _add_recordings(model)
    _results(model)


def _add_recordings(model: ModelRecord) -> None:
    scored = cache.scored(model.id, strips=True)
    with st.expander(text.ADD, icon=":material/upload:", expanded=not scored):
        chosen = gather(PURPOSE)
        if not chosen:
            return
        each = _several_channels(chosen) and st.checkbox(**text.EACH_CHANNEL, key="each_channel")
        with st.container(horizontal=True):
            label = text.SCORE_N.format(recordings=formats.counted(len(chosen), "recording"))
            if st.button(label, type="primary", icon=navigation.ICONS["score"]):
                clear_gathered(PURPOSE)
                channel: Literal["each"] | None = "each" if each else None
                start(ScoreTask(model_id=model.id, clip_ids=chosen, channel=channel))
            clear_button(PURPOSE)
        names = [markdown.plain(name, 40) for name in gathered(PURPOSE).values()]
        st.caption(markdown.listed(names, MOST_NAMES_SHOWN))


def _kept(model: ModelRecord, job: Job) -> str:
    # Say how many recordings a cancelled scoring has scored: their scores are saved one by one.
    task = job.task
    if not isinstance(task, ScoreTask) or task.model_id != model.id or job.started_at is None:
        return text.KEPT_UNKNOWN
    wanted = set(task.clip_ids)
    n_kept = sum(
        one.clip_id in wanted and one.created_at >= job.started_at for one in cache.scored(model.id)
    )
    return text.kept(n_kept, len(wanted))


def _several_channels(clip_ids: Sequence[str]) -> bool:
    wanted = set(clip_ids)
    return any(one.info.n_channels > 1 for one in recordings.list_recordings() if one.id in wanted)


def _results(model: ModelRecord) -> None:
    scored = cache.scored(model.id, strips=True)
    if not scored:
        st.info(text.NOTHING, icon=navigation.ICONS["score"])
        return
    st.subheader(text.SCORES, anchor=False)
    slider, _ = st.columns(2)
    with slider:
        rate = model_choice.false_alarm_rate(model)
    calibrated = cache.calibration(model.id)
    notices.rate_warning(calibrated, rate)
    shift_note.draw(model.id)
    good = [one for one in scored if one.error is None]
    if good:
        _table(model, good, [row_of(one, calibrated, rate) for one in good], rate)
    failed = [score.error for score in scored if score.error is not None]
    recordings = formats.counted(len(failed), "recording")
    notices.problems(text.FAILED.format(recordings=recordings), failed)
    st.subheader(HEADING, anchor=False)
    report_offer.draw(report_offer.batch_task(model, scored, rate), "hearmap_report")


def _table(
    model: ModelRecord, scored: list[ScoreRecord], rows: list[TableRow], rate: float
) -> None:
    n_anomalous = sum(row.anomalous for row in rows)
    count = count_sentence(n_anomalous, len(rows))
    st.markdown(text.COUNT.format(count=count, rate=formats.percent(rate)))
    column = st.column_config
    recordings = formats.counted(len(rows), "recording")
    warned = any(row.note for row in rows)
    recorded = table.recorded_column([vars(row) for row in rows])
    chosen = table.draw(
        rows,
        {
            "name": column.TextColumn(glossary.RECORDING, width="medium"),
            **recorded,
            # All columns fit beside each other.
            "verdict": column.TextColumn(
                glossary.VERDICT, width=325 - table.RECORDED_WIDTH * len(recorded)
            ),
            "score": column.NumberColumn(**text.SCORE, format="%.4g", width=75),
            "one_in": column.NumberColumn(**text.ONE_IN, format="1 in %d", width=95),
            "evidence": column.ProgressColumn(
                **text.EVIDENCE, format="%.2f", min_value=0.0, max_value=1.0, width=130
            ),
            "strip": column.AreaChartColumn(**text.OVER_TIME, y_min=0.0, y_max=1.0, width=150),
        }
        | ({"note": column.TextColumn(**text.NOTE, width="medium")} if warned else {}),
        text.ALT.format(recordings=recordings, n_anomalous=n_anomalous),
        most=15,
        height=640,
        row_height=40,
        on_select="rerun",
        selection_mode="single-row",
        key=f"scores_{model.id}",
    )
    with st.container(horizontal=True):
        if st.button(text.LISTEN, icon=navigation.ICONS["listen"], type="primary"):
            chosen = [0]
        if chosen:
            query = {Query.MODEL: model.id, Query.CLIP: rows[chosen[0]].clip_id}
            navigation.go("listen", query)
        content = partial(score_file.to_csv, scored, rows[0].threshold)
        downloads.button(text.DOWNLOAD, content, "scores.csv")


def row_of(score: ScoreRecord, calibrated: Calibration, rate: float) -> TableRow:
    """Make one line of the table.

    Args:
        score: The score of a recording that could be scored.
        calibrated: The calibration of the model.
        rate: The false-alarm rate.

    Returns:
        The line.
    """
    assert score.score is not None and score.p_value is not None
    threshold = calibrated.threshold(rate)
    anomalous = score.score > threshold
    scale = calibrated.evidence_scale(threshold)
    strongest = score.regions[0] if score.regions else None
    return TableRow(
        score.clip_id,
        with_other_names(score.names),
        formats.recorded(score.recorded_at),
        anomalous,
        sentences.short_verdict(anomalous, strongest, score.duration_seconds or math.inf),
        score.p_value,
        score.score,
        threshold,
        rounded_one_in(calibrated.rarity(score.score)),
        scale.clip_evidence(score.score),
        scale.evidence(np.array(score.strip)).tolist(),
        " ".join(score.warnings),
    )


draw()
