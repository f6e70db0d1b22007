"""Compare: one clip as several models see it, with one playhead, one zoom, and where they agree."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import cache
from app.state import Query
from app.text import formats, markdown
from app.widgets.comparison import Seen, costs_table, shown_in_player
from app.widgets.empty_view import say_model_first, say_nothing_scored
from app.widgets.estimate import fit_estimate
from app.widgets.job_panel import ended_badly, find_job, is_active, watch
from app.widgets.model_choice import choose_model
from core import jobs
from core.errors import HearMapError
from core.evaluation import agreement
from core.jobs.tasks.fit_heads import FitHeadsTask
from core.jobs.tasks.score import ScoreTask
from core.storage.models import ModelRecord, list_models
from core.storage.scores import ScoreRecord, list_scores

MOST_MODELS = 8
ICON = ":material/compare:"


def draw() -> None:
    st.title("Compare", anchor=False)
    said = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom", key="choices"):
        model = choose_model(said)
        scored = _scored(model) if model else []
        chosen = _choose_clip(scored) if scored else None
    if model is None or chosen is None:
        if model is None:
            say_model_first("fit one, or try the demo.", ICON)
        else:
            say_nothing_scored(model.id, ICON)
        return
    job = find_job(st.query_params.get(Query.JOB), FitHeadsTask, ScoreTask)
    if job is not None and is_active(job):
        what = "Fitting other heads" if job.kind == FitHeadsTask.kind else "Scoring"
        watch(job.id, f"{what} for “{markdown.plain(chosen.clip_name)}”")
    elif job is not None and not ended_badly(job, "This work"):
        _say_failed(job)
    models = _choose_models(model, chosen)
    seen, missing = _seen(models, chosen)
    if missing:
        _offer_scoring(missing, chosen)
    if seen:
        _show(seen, chosen)
    if job is None or not is_active(job):
        _offer_heads(model, chosen, {record.head for record in models})


def _scored(model: ModelRecord) -> list[ScoreRecord]:
    return [score for score in list_scores(model.id, strips=False) if score.score is not None]


def _choose_clip(scored: list[ScoreRecord]) -> ScoreRecord:
    ids = [score.clip_id for score in scored]
    wanted = st.query_params.get(Query.CLIP)
    if wanted is not None and wanted not in ids:
        st.toast("This model has not scored the recording of the link; this is the strongest one.")
        wanted = None
    first = wanted or ids[0]
    names = {score.clip_id: markdown.shortened(score.clip_name, 60) for score in scored}
    chosen = st.selectbox(
        "Recording",
        ids,
        index=ids.index(first),
        format_func=lambda clip_id: names[clip_id],
        key=f"compare_clip_{first}",
        help="Those that the model has scored, strongest evidence first.",
    )
    chosen = chosen or first
    st.query_params[Query.CLIP] = chosen
    if chosen != first:
        st.rerun()
    return scored[ids.index(chosen)]


def _choose_models(model: ModelRecord, chosen: ScoreRecord) -> list[ModelRecord]:
    """The model itself first, and those chosen beside it: at first all that scored the clip."""
    records = {record.id: record for record in list_models()}
    others = [model_id for model_id in records if model_id != model.id]
    if not others:
        return [model]
    have = [i for i in others if _score_of(i, chosen.clip_id) is not None][: MOST_MODELS - 1]
    beside = st.multiselect(
        "Beside it",
        others,
        default=have,
        format_func=lambda model_id: markdown.shortened(records[model_id].name, 50),
        max_selections=MOST_MODELS - 1,
        # A model that has scored the clip meanwhile is taken in.
        key=f"beside_{model.id}_{chosen.clip_id}_{len(have)}",
        help="Other models, each with a picture of its own under the same playhead.",
    )
    return [model, *(records[model_id] for model_id in beside)]


def _score_of(model_id: str, clip_id: str) -> ScoreRecord | None:
    for score in list_scores(model_id, strips=False):
        if score.clip_id == clip_id and score.score is not None:
            return score
    return None


def _seen(models: list[ModelRecord], chosen: ScoreRecord) -> tuple[list[Seen], list[ModelRecord]]:
    seen, missing = [], []
    for model in models:
        score = _score_of(model.id, chosen.clip_id)
        if score is None:
            missing.append(model)
            continue
        try:
            found = cache.anomaly_map(
                model.id, chosen.clip_id, model.false_alarm_rate, score.created_at
            )
        except HearMapError as error:
            st.warning(markdown.sentence(error), icon=":material/image_not_supported:")
            continue
        seen.append(Seen(model, score, found))
    return seen, missing


def _offer_scoring(missing: list[ModelRecord], chosen: ScoreRecord) -> None:
    names = ", ".join(f"“{markdown.plain(model.name)}”" for model in missing)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"Not scored yet by {names}.")
        if st.button("Score it with them", icon=":material/query_stats:", key="score_missing"):
            job_id = ""
            for model in missing:
                job_id = jobs.submit(ScoreTask(model_id=model.id, clip_ids=[chosen.clip_id]))
            st.query_params[Query.JOB] = job_id
            st.rerun()


def _show(seen: list[Seen], chosen: ScoreRecord) -> None:
    agreed = agreement.agreement([one.found for one in seen])
    said = agreement.agreement_sentence([one.found for one in seen], agreed)
    st.markdown(f"**{markdown.plain(said, 400)}**")
    shown_in_player(seen, chosen, agreed)
    st.caption(
        "On top, colour is the share of models above their thresholds, and the outline is where "
        "more than half of them are; below, each model's own evidence on one scale. All pictures "
        "move, zoom and play together."
    )
    st.subheader("What each costs", anchor=False)
    rows = costs_table(seen)
    column = st.column_config
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        column_config={
            "p-value": column.NumberColumn(format="%.3f"),
            "Fit": column.NumberColumn(format="%.1f s", help="Time of its fit on this machine."),
            "Scoring": column.NumberColumn(
                "A minute of sound", format="%.1f s", help="Time to score a minute of sound."
            ),
            "Memory": column.NumberColumn(
                format="%.0f MiB", help="The most a scoring process held, network included."
            ),
            "Size": column.NumberColumn(format="%.1f MiB", help="The model's size on disk."),
        },
        key="costs",
        alt=f"{len(rows)} models with their verdicts, time, memory and size",
    )
    if any(row["Fit"] is None or row["Scoring"] is None for row in rows):
        st.caption("An empty cell was not measured: the model was made elsewhere, or earlier.")


def _offer_heads(model: ModelRecord, chosen: ScoreRecord, have: set[str]) -> None:
    from core.detectors import HEADS
    from core.detectors.registry import heads_for

    others = [head for head in heads_for(model.backbone) if head not in have]
    if not others:
        return
    st.subheader("Other heads on the same recordings", anchor=False)
    heads = st.pills(
        "Heads",
        others,
        selection_mode="multi",
        default=others,
        format_func=lambda head: HEADS[head].title,
        key=f"heads_{model.id}_{'_'.join(others)}",
        label_visibility="collapsed",
    )
    seconds = sum(fit_estimate(head, model.n_clips, model.training_seconds)[0] for head in heads)
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(
            "Fit the other heads on the same recordings",
            icon=":material/model_training:",
            disabled=not heads,
            key="fit_heads",
        ):
            task = FitHeadsTask(model_id=model.id, clip_id=chosen.clip_id, heads=list(heads))
            st.query_params[Query.JOB] = jobs.submit(task)
            st.rerun()
        if heads:
            st.caption(
                f"About {formats.duration(seconds)} on two cores; each becomes a model of its "
                "own, and scores this recording."
            )


def _say_failed(job: jobs.Job) -> None:
    for sentence in job.result.get("failed", []):
        st.warning(markdown.plain(str(sentence), 400), icon=":material/rule:")


draw()
