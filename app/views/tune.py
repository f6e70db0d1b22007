"""Tune: the threshold as a line on the scores, and what each place of it costs."""

from __future__ import annotations

import math

import streamlit as st

from app import cache, navigation
from app.components.threshold import LineEvent, Situation, events, tables, threshold_line
from app.guard import guard
from app.state import Key, Query
from app.text import threshold as text
from app.widgets import model_choice, notices, recalibration, threshold_history
from core.storage.annotations import list_annotations
from core.storage.models import ModelRecord, get_model
from core.storage.thresholds import history

# Of the situation: the name in the address, the field, and its bounds.
LINKED = (
    (Query.DAY, "clips_per_day", 1e-3, 1e7),
    (Query.SHARE, "share_anomalous", 0.0, 1.0),
    (Query.MISS, "miss_cost", 0.0, 1e7),
)


def draw() -> None:
    """Draw the view."""
    model = model_choice.begin("tune")
    if model is None:
        return
    is_active = recalibration.follow(model)
    _bench(model.id)
    if not is_active:
        recalibration.draw(model)


@st.fragment
@guard
def _bench(model_id: str) -> None:
    model = get_model(model_id)
    scored = cache.scored(model_id)
    annotations = list_annotations([score.clip_id for score in scored])
    verdicts = {clip_id: annotation.verdict for clip_id, annotation in annotations.items()}
    key = f"threshold_line_{model_id}"
    _take_events(model_id, events(key))
    rate, situation = _line_of(model), _situation()
    _into_address(rate, situation)
    calibrated = cache.calibration(model_id)
    opened = threshold_line(
        tables(
            calibrated,
            scored,
            verdicts,
            saved_rate=model.false_alarm_rate,
            draft_rate=rate,
            situation=situation,
        ),
        st.session_state.get(f"{Key.ACKNOWLEDGED}_{model_id}", {}),
        key=key,
    )
    if opened:
        navigation.go("listen", {Query.MODEL: model_id, Query.CLIP: opened})
    notices.rate_warning(calibrated, rate)
    if not any(score.score is not None for score in scored):
        navigation.link("score", text.SCORE_FIRST, {Query.MODEL: model.id})
    elif not {"anomalous", "normal"} <= set(verdicts.values()):
        st.caption(text.ANNOTATE_FIRST)
    changes = history(model_id)
    threshold_history.draw_form(model, rate, changes)
    st.caption(text.LINK)
    if threshold_history.draw(model, changes):
        st.session_state[f"{Key.LINE}_{model_id}"] = get_model(model_id).false_alarm_rate
        st.rerun()


def _take_events(model_id: str, sent: dict[str, LineEvent]) -> None:
    """Remember for this visit what was set in the line since the last run."""
    seen = dict(st.session_state.get(f"{Key.ACKNOWLEDGED}_{model_id}", {}))
    for name, place in (("line", f"{Key.LINE}_{model_id}"), ("situation", Key.SITUATION)):
        event = sent.get(name)
        if event is not None and event.moment > seen.get(name, 0.0):
            seen[name] = event.moment
            st.session_state[place] = event.value
    st.session_state[f"{Key.ACKNOWLEDGED}_{model_id}"] = seen


def _line_of(model: ModelRecord) -> float:
    # Find the line's rate: as it was left in this visit, else as in the link, else as saved.
    left = st.session_state.get(f"{Key.LINE}_{model.id}")
    if left is not None:
        return float(left)
    linked = _number(Query.RATE, 1e-6, 1 - 1e-6)
    return model.false_alarm_rate if linked is None else linked


def _situation() -> Situation:
    left = st.session_state.get(Key.SITUATION)
    if isinstance(left, Situation):
        return left
    linked = {field: _number(name, *bounds) for name, field, *bounds in LINKED}
    return Situation(**{field: value for field, value in linked.items() if value is not None})


def _number(name: str, low: float, high: float) -> float | None:
    # Read a number of the address, None where it is none or out of bounds.
    try:
        value = float(st.query_params.get(name, ""))
    except ValueError:
        return None
    return value if math.isfinite(value) and low <= value <= high else None


def _into_address(rate: float, situation: Situation) -> None:
    """Put the line and the situation into the address, as a link for somebody else."""
    shown = {name: getattr(situation, field) for name, field, *_ in LINKED}
    for name, number in {Query.RATE: rate, **shown}.items():
        if st.query_params.get(name) != f"{number:.6g}":
            st.query_params[name] = f"{number:.6g}"


draw()
