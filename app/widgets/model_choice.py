"""Which model is looked at, and at which false-alarm rate: the same on Score and Listen."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.state import Key, Query, remember_model
from app.text import formats, glossary, markdown
from core.storage import models, thresholds
from core.storage.models import ModelRecord

RATES_PERCENT = (0.1, 0.2, 0.5, 1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 25, 30, 40, 50)


def choose_model(said: DeltaGenerator | None = None) -> ModelRecord | None:
    """Draws the choice where there is one; the address wins, then the session, then the newest.

    `said` is where a link to what is gone is spoken of, where the choice stands in a row.
    """
    records = {record.id: record for record in models.list_models()}
    if not records:
        return None
    wanted = st.query_params.get(Query.MODEL)
    if wanted is not None and wanted not in records:
        (said or st).warning(
            "The model of this link is no longer there.", icon=":material/link_off:"
        )
        wanted = None
    ids = list(records)
    remembered = st.session_state.get(Key.MODEL)
    first = wanted or (remembered if remembered in records else ids[0])
    labels = _labels(records)
    chosen = st.selectbox(
        "Model",
        ids,
        index=ids.index(first),
        format_func=lambda model_id: labels[model_id],
        key=f"choose_model_{first}",
    )
    chosen = chosen or first
    remember_model(chosen)
    st.query_params[Query.MODEL] = chosen
    if chosen != first:
        for name in (Query.CLIP, Query.JOB, Query.RATE):
            st.query_params.pop(name, None)
        st.rerun()
    return records[chosen]


def _labels(records: dict[str, ModelRecord]) -> dict[str, str]:
    return {
        model_id: markdown.shortened(record.name) + f" · {formats.counted(record.n_clips, 'clip')}"
        for model_id, record in records.items()
    }


def false_alarm_rate(model: ModelRecord) -> float:
    """Draws the slider; the verdicts follow it at once, and nothing is scored again.

    The rate is the model's own: it is kept, and the same on every page.
    """
    key = f"{Key.FALSE_ALARM_RATE}_{model.id}"

    def keep() -> None:
        thresholds.set_false_alarm_rate(model.id, st.session_state[key] / 100)

    steps = sorted({*RATES_PERCENT, round(100 * model.false_alarm_rate, 2)})
    value = st.select_slider(
        "False-alarm rate",
        steps,
        value=round(100 * model.false_alarm_rate, 2),
        format_func=lambda percent: formats.percent(percent / 100),
        key=key,
        on_change=keep,
        help=glossary.FALSE_ALARM_RATE,
    )
    # The slider's steps are rounded; a rate that was set elsewhere stays exactly what it is.
    unmoved = value == round(100 * model.false_alarm_rate, 2)
    return model.false_alarm_rate if unmoved else float(value) / 100
