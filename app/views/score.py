"""Score: recordings in, a table of evidence out, sorted; the false-alarm rate moves at will."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from app import cache
from app.state import Query, clear_gathered, gathered
from app.text import formats, glossary, markdown, sentences
from app.widgets import report_offer
from app.widgets.job_panel import ended_badly, find_job, is_active, title_of, watch
from app.widgets.model_choice import choose_model, false_alarm_rate
from app.widgets.uploading import clear_button, gather
from core import jobs
from core.jobs.tasks.score import ScoreTask
from core.report.summary_sentence import count_sentence
from core.storage.models import ModelRecord
from core.storage.scores import ScoreRecord

if TYPE_CHECKING:
    from core.detectors.calibration.calibration import Calibration

PURPOSE = "score"
STRIP_TOP = 2.0
RATIO_TOP = 3.0
MOST_ROWS_SHOWN = 15


def draw() -> None:
    st.title("Score", anchor=False)
    model = choose_model()
    if model is None:
        st.info(
            "A model comes first: fit one on normal recordings, or try the demo.",
            icon=":material/library_music:",
        )
        st.page_link("views/fit.py", label="Fit a model", icon=":material/library_music:")
        return
    job = find_job(st.query_params.get(Query.JOB), ScoreTask)
    if job is not None and is_active(job):
        watch(job.id, title_of(job))
    else:
        if job is not None:
            ended_badly(job, "Scoring")
        _choose_clips(model)
    _results(model)


def _choose_clips(model: ModelRecord) -> None:
    scored = cache.scored(model.id, strips=True)
    with st.expander("Add recordings", icon=":material/upload:", expanded=not scored):
        chosen = gather(PURPOSE)
        if not chosen:
            return
        with st.container(horizontal=True):
            if st.button(
                f"Score {formats.counted(len(chosen), 'clip')}",
                type="primary",
                icon=":material/query_stats:",
            ):
                job_id = jobs.submit(ScoreTask(model_id=model.id, clip_ids=chosen))
                clear_gathered(PURPOSE)
                st.query_params[Query.JOB] = job_id
                st.rerun()
            clear_button(PURPOSE)
        st.caption(
            ", ".join(markdown.plain(name, 40) for name in list(gathered(PURPOSE).values())[:30])
        )


def _results(model: ModelRecord) -> None:
    scored = cache.scored(model.id, strips=True)
    if not scored:
        st.info(
            "No recording has been scored with this model yet: add some above.",
            icon=":material/query_stats:",
        )
        return
    st.subheader("Evidence, strongest first", anchor=False)
    slider, _ = st.columns(2)
    with slider:
        rate = false_alarm_rate(model)
    calibrated = cache.calibration(model.id)
    warning = calibrated.warning(rate)
    if warning:
        st.warning(markdown.plain(warning, 400), icon=":material/info:")
    good = [score for score in scored if score.error is None]
    _table(model, good, rate)
    failed = [score.error for score in scored if score.error is not None]
    if failed:
        shown = "\n".join(f"- {markdown.plain(text, 600)}" for text in failed)
        st.warning(
            f"{formats.counted(len(failed), 'recording')} could not be scored.\n{shown}",
            icon=":material/rule:",
        )
    st.subheader("Take it with you", anchor=False)
    report_offer.draw(report_offer.of_batch(model, scored, rate), "hearmap_report")


def _table(model: ModelRecord, scored: list[ScoreRecord], rate: float) -> None:
    calibrated = cache.calibration(model.id)
    rows = [row_of(score, calibrated, rate) for score in scored]
    n_unlike = sum(bool(row["unlike"]) for row in rows)
    st.markdown(
        f"**{count_sentence(n_unlike, len(rows))}**, at a false-alarm rate of "
        f"{formats.percent(rate)}. Select a row to listen to it."
    )
    column = st.column_config
    chosen = st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        row_height=40,
        height="content" if len(rows) <= MOST_ROWS_SHOWN else 640,
        column_order=["name", "verdict", "p", "ratio", "strip"],
        column_config={
            "name": column.TextColumn("Recording", width="medium"),
            "verdict": column.TextColumn("Verdict", width=350),
            "p": column.NumberColumn(
                "p-value",
                format="%.3f",
                width="small",
                help=glossary.P_VALUE,
            ),
            "ratio": column.ProgressColumn(
                "Against the threshold",
                format="%.1f",
                min_value=0.0,
                max_value=max([RATIO_TOP, *(float(str(row["ratio"])) for row in rows)]),
                width=150,
                help="0 is the middle of the normal recordings, 1 the threshold: above 1 a "
                "recording is called unlike them.",
            ),
            "strip": column.AreaChartColumn(
                "Score over time",
                y_min=0.0,
                y_max=STRIP_TOP,
                width="medium",
                help="Half the height is the threshold; the scale is the same in every row.",
            ),
        },
        on_select="rerun",
        selection_mode="single-row",
        key=f"scores_{model.id}",
        alt=f"{len(rows)} recordings sorted by evidence; {n_unlike} above the threshold",
    )
    if chosen.selection.rows:
        _listen(model, str(rows[chosen.selection.rows[0]]["clip_id"]))
    with st.container(horizontal=True):
        if st.button("Listen to the strongest", icon=":material/hearing:", type="primary"):
            _listen(model, str(rows[0]["clip_id"]))
        st.download_button(
            "Download the table (CSV)",
            pd.DataFrame(rows)[["name", "verdict", "p", "score", "threshold"]].to_csv(index=False),
            file_name="scores.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
        )


def _listen(model: ModelRecord, clip_id: str) -> None:
    st.switch_page("views/listen.py", query_params={Query.MODEL: model.id, Query.CLIP: clip_id})


def row_of(
    score: ScoreRecord, calibrated: Calibration, rate: float
) -> dict[str, str | float | bool | list[float]]:
    """One line of the table; score and strip from what is ordinary, 0, to the threshold, 1.

    A score may be negative, so its quotient by the threshold would say nothing.
    """
    threshold, map_threshold = calibrated.threshold(rate), calibrated.map_threshold(rate)
    unlike = score.score > threshold
    middle, lowest = float(np.median(calibrated.clip_scores)), float(calibrated.peak_scores[0])
    strongest = score.regions[0] if score.regions else None
    strip = [from_ordinary(value, lowest, map_threshold) for value in score.strip]
    return {
        "clip_id": score.clip_id,
        "name": markdown.shortened(score.clip_name, 80),
        "unlike": unlike,
        "verdict": sentences.short_verdict(unlike, strongest, score.duration_seconds or math.inf),
        "p": score.p_value,
        "score": score.score,
        "threshold": threshold,
        "ratio": from_ordinary(score.score, middle, threshold),
        "strip": [min(max(value, 0.0), STRIP_TOP) for value in strip],
    }


def from_ordinary(value: float, ordinary: float, threshold: float) -> float:
    """Where a value lies between what is ordinary, 0, and the threshold, 1, and beyond either.

    >>> from_ordinary(4.0, -2.0, 2.0), from_ordinary(-5.0, -2.0, 2.0)
    (1.5, -0.75)
    """
    return (value - ordinary) / max(threshold - ordinary, 1e-9)


draw()
