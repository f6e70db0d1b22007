"""Which model is looked at, and at which false-alarm rate: the same in every view."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.state import Key, Query, remember_model
from app.text import formats, glossary, markdown, notices
from app.text import threshold as text
from app.text.views import TITLES
from app.widgets.notices import model_first
from core.storage import models, thresholds
from core.storage.models import ModelRecord

RATES_PERCENT = (0.1, 0.2, 0.5, 1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 25, 30, 40, 50)


def begin(view: str) -> ModelRecord | None:
    """Draw the title of a view and the choice of its model.

    Args:
        view: A key of `TITLES`.

    Returns:
        The model; None where there is no model, which is said then.
    """
    st.title(TITLES[view], anchor=False)
    model = choose_model()
    if model is None:
        model_first(view)
    return model


def choose_model(above: DeltaGenerator | None = None) -> ModelRecord | None:
    """Draw the choice of a model: at first that of the address, of the session, or the newest.

    Args:
        above: Where a link to a model that is gone is spoken of, if the choice is in a row.

    Returns:
        The model; None where there is no model, and nothing is drawn.
    """
    records = {record.id: record for record in models.list_models()}
    if not records:
        return None
    wanted = st.query_params.get(Query.MODEL)
    if wanted is not None and wanted not in records:
        (above or st).warning(notices.MODEL_GONE, icon=":material/link_off:")
        wanted = None
    ids = list(records)
    remembered = st.session_state.get(Key.MODEL)
    first = wanted or (remembered if remembered in records else ids[0])
    names = {
        model_id: f"{markdown.shortened(record.name)} · "
        f"{formats.counted(record.n_clips, 'recording')}"
        for model_id, record in records.items()
    }
    chosen = st.selectbox(
        glossary.MODEL,
        ids,
        index=ids.index(first),
        format_func=names.__getitem__,
        key=f"choose_model_{first}",
    )
    remember_model(chosen)
    st.query_params[Query.MODEL] = chosen
    if chosen != first:
        for name in (Query.CLIP, Query.JOB, Query.RATE):
            st.query_params.pop(name, None)
        st.rerun()
    return records[chosen]


def false_alarm_rate(model: ModelRecord) -> float:
    """Draw the slider of the false-alarm rate, which is saved for the model when it is moved.

    Args:
        model: The model.

    Returns:
        The rate in (0, 1).
    """
    key = f"rate_{model.id}"

    def save() -> None:
        thresholds.set_false_alarm_rate(model.id, st.session_state[key] / 100)

    own = round(100 * model.false_alarm_rate, 2)
    value = st.select_slider(
        **text.FALSE_ALARM_RATE,
        options=sorted({*RATES_PERCENT, own}),
        value=own,
        format_func=lambda percent: formats.percent(percent / 100),
        key=key,
        on_change=save,
    )
    # The slider's steps are rounded; a rate that was set elsewhere stays exactly what it is.
    return model.false_alarm_rate if value == own else float(value) / 100
