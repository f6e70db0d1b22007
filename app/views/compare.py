"""Compare: a recording as several models see it, under one playhead, and where they agree."""

from __future__ import annotations

import streamlit as st

from app import cache, navigation
from app.state import Key
from app.text import compare as text
from app.text import formats, glossary, listen, markdown
from app.text.methods import head_title
from app.widgets import notices, recording_choice, table
from app.widgets.comparison import ComparedModel, costs_table, draw_player
from app.widgets.estimate import fit_estimate
from app.widgets.job_panel import follow, start
from core import jobs
from core.errors import HearMapError
from core.evaluation import agreement
from core.jobs.tasks.fit_heads import FitHeadsTask
from core.jobs.tasks.score import ScoreTask
from core.storage.models import ModelRecord, list_models
from core.storage.scores import ScoreRecord

MOST_MODELS = 8


def draw() -> None:
    """Draw the view."""
    choice = recording_choice.begin("compare", text.RECORDING)
    if choice is None:
        return
    model, chosen = choice.model, choice.score
    job = follow(text.THIS_WORK, FitHeadsTask, ScoreTask)
    if job is not None and job.state == "done":
        notices.problems("", [str(problem) for problem in job.result.get("failed", [])])
    models = _choose_models(model, chosen)
    compared, missing = _compared(models, chosen)
    if missing:
        _offer_scoring(missing, chosen)
    if compared:
        _show(compared, chosen)
    if job is None or not job.active:
        _offer_heads(model, chosen, {record.head for record in models})


def _choose_models(model: ModelRecord, chosen: ScoreRecord) -> list[ModelRecord]:
    # Draw the choice of models beside the first: initially all that scored the recording.
    records = {record.id: record for record in list_models()}
    others = [model_id for model_id in records if model_id != model.id]
    if not others:
        return [model]
    # What the user added or took away holds for the next recording, too.
    added, taken = st.session_state.get(Key.BESIDE, (set(), set()))
    have = {i for i in others if _score_of(i, chosen.clip_id) is not None}
    default = [i for i in others if i in (have | added) - taken][: MOST_MODELS - 1]
    key = f"beside_{model.id}_{chosen.clip_id}_{len(have)}"

    def remember() -> None:
        wanted = set(st.session_state[key])
        st.session_state[Key.BESIDE] = (
            (added | (wanted - have)) - (have - wanted),
            (taken | (have - wanted)) - wanted,
        )

    names = {model_id: markdown.shortened(records[model_id].name, 50) for model_id in others}
    beside = st.multiselect(
        **text.OTHERS,
        options=others,
        default=default,
        format_func=names.__getitem__,
        max_selections=MOST_MODELS - 1,
        # A model that has scored the recording meanwhile is taken in.
        key=key,
        on_change=remember,
    )
    return [model, *(records[model_id] for model_id in beside)]


def _score_of(model_id: str, clip_id: str) -> ScoreRecord | None:
    found = (one for one in cache.scored(model_id) if one.clip_id == clip_id)
    return next((one for one in found if one.score is not None), None)


def _compared(
    models: list[ModelRecord], chosen: ScoreRecord
) -> tuple[list[ComparedModel], list[ModelRecord]]:
    # Read what models say of the recording; return also those that have not scored it.
    compared, missing = [], []
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
        compared.append(ComparedModel(model, score, found))
    return compared, missing


def _offer_scoring(missing: list[ModelRecord], chosen: ScoreRecord) -> None:
    names = ", ".join(f"“{markdown.plain(model.name)}”" for model in missing)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(text.NOT_SCORED.format(models=names))
        if st.button(text.SCORE_WITH_THEM, icon=navigation.ICONS["score"], key="score_missing"):
            *others, last = (
                ScoreTask(model_id=model.id, clip_ids=[chosen.clip_id]) for model in missing
            )
            for task in others:
                jobs.submit(task)
            start(last)


def _show(compared: list[ComparedModel], chosen: ScoreRecord) -> None:
    maps = [one.found for one in compared]
    agreed = agreement.agreement(maps)
    st.markdown(f"**{markdown.sentence(agreement.agreement_sentence(maps, agreed))}**")
    draw_player(compared, chosen, agreed)
    known = listen.recording(chosen.recorded_at, chosen.other_names)
    st.caption(f"{known} {text.PICTURE}".strip())
    st.subheader(text.COSTS, anchor=False)
    rows = costs_table(compared)
    column = st.column_config
    table.draw(
        rows,
        {
            "model": glossary.MODEL,
            "method": glossary.METHOD,
            "network": glossary.NETWORK,
            "verdict": glossary.VERDICT,
            "p_value": column.NumberColumn(glossary.P_VALUE_NAME, format="%.3f"),
            "fit": column.NumberColumn(**text.FIT, format="%.1f s"),
            "scoring": column.NumberColumn(**text.SCORING, format="%.1f s"),
            "memory": column.NumberColumn(**text.MEMORY, format="%.0f MB"),
            "size": column.NumberColumn(**text.SIZE, format="%.1f MB"),
        },
        text.ALT.format(models=formats.counted(len(rows), "model")),
        key="costs",
    )
    if any(row["fit"] is None or row["scoring"] is None for row in rows):
        st.caption(text.NOT_MEASURED)


def _offer_heads(model: ModelRecord, chosen: ScoreRecord, have: set[str]) -> None:
    from core.detectors.registry import heads_for

    others = [head for head in heads_for(model.backbone) if head not in have]
    if not others:
        return
    st.subheader(text.OTHER_METHODS, anchor=False)
    heads = st.pills(
        text.METHODS,
        others,
        selection_mode="multi",
        default=others,
        format_func=head_title,
        key=f"heads_{model.id}_{'_'.join(others)}",
        label_visibility="collapsed",
    )
    seconds = sum(fit_estimate(head, model.n_clips, model.training_seconds)[0] for head in heads)
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(
            text.FIT_OTHERS, icon=":material/model_training:", disabled=not heads, key="fit_heads"
        ):
            start(FitHeadsTask(model_id=model.id, clip_id=chosen.clip_id, heads=list(heads)))
        if heads:
            st.caption(text.FIT_OTHERS_COST.format(duration=formats.duration(seconds)))


draw()
