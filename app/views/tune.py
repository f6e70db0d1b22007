"""Tune: the threshold as a line on the scores, and what each place of it costs."""

from __future__ import annotations

import math
from collections.abc import Sequence

import streamlit as st

from app import cache
from app.components.threshold import LineEvent, Situation, events, tables, threshold_line
from app.guard import guard
from app.state import Key, Query
from app.text import markdown
from app.widgets import threshold_history
from app.widgets.empty_view import say_model_first
from app.widgets.model_choice import choose_model
from core.storage.annotations import list_annotations
from core.storage.models import ModelRecord, get_model
from core.storage.scores import ScoreRecord
from core.storage.thresholds import history


def draw() -> None:
    st.title("Tune", anchor=False)
    model = choose_model()
    if model is None:
        say_model_first("its threshold is set here.", ":material/tune:")
        return
    _bench(model.id)


@st.fragment
@guard
def _bench(model_id: str) -> None:
    model = get_model(model_id)
    scored = cache.scored(model_id)
    labels = list_annotations([score.clip_id for score in scored])
    key = f"threshold_line_{model_id}"
    _hear(model_id, events(key))
    rate, situation = _line_of(model), _situation()
    _into_address(rate, situation)
    warning = cache.calibration(model_id).warning(rate)
    opened = threshold_line(
        tables(
            cache.calibration(model_id),
            scored,
            {clip_id: label.verdict for clip_id, label in labels.items()},
            kept_rate=model.false_alarm_rate,
            draft_rate=rate,
            situation=situation,
        ),
        st.session_state.get(f"{Key.HEARD}_{model_id}", {}),
        key=key,
    )
    if opened:
        st.switch_page("views/listen.py", query_params={Query.MODEL: model_id, Query.CLIP: opened})
    if warning:
        st.warning(markdown.plain(warning, 400), icon=":material/info:")
    _labels_hint(model, scored, {label.verdict for label in labels.values()})
    changes = history(model_id)
    threshold_history.keep_form(model, rate, changes)
    st.caption("The address of this page holds the line and the figures: send it as a link.")
    if threshold_history.draw(model, changes):
        st.session_state[f"{Key.LINE}_{model_id}"] = get_model(model_id).false_alarm_rate
        st.rerun()


def _hear(model_id: str, sent: dict[str, LineEvent]) -> None:
    """Takes what was set in the line since it was last heard; the visit remembers it."""
    heard = dict(st.session_state.get(f"{Key.HEARD}_{model_id}", {}))
    for name, place in (("line", f"{Key.LINE}_{model_id}"), ("situation", Key.SITUATION)):
        event = sent.get(name)
        if event is not None and event.moment > heard.get(name, 0.0):
            heard[name] = event.moment
            st.session_state[place] = event.value
    st.session_state[f"{Key.HEARD}_{model_id}"] = heard


def _line_of(model: ModelRecord) -> float:
    """Where the line stands: as it was left in this visit, else as the link says, else as kept."""
    left = st.session_state.get(f"{Key.LINE}_{model.id}")
    if left is not None:
        return float(left)
    linked = _number(Query.RATE, 1e-6, 1 - 1e-6)
    return model.false_alarm_rate if linked is None else linked


def _situation() -> Situation:
    left = st.session_state.get(Key.SITUATION)
    if isinstance(left, Situation):
        return left
    usual = Situation()
    day = _number(Query.DAY, 1e-3, 1e7)
    share = _number(Query.SHARE, 0.0, 1.0)
    miss = _number(Query.MISS, 0.0, 1e7)
    return Situation(
        usual.clips_per_day if day is None else day,
        usual.share_anomalous if share is None else share,
        usual.miss_cost if miss is None else miss,
    )


def _number(name: str, low: float, high: float) -> float | None:
    """A number of the address, None where it is none or out of bounds."""
    try:
        value = float(st.query_params.get(name, ""))
    except ValueError:
        return None
    return value if math.isfinite(value) and low <= value <= high else None


def _into_address(rate: float, situation: Situation) -> None:
    """The line and the situation as a link that somebody else can open."""
    wanted = {
        Query.RATE: f"{rate:.6g}",
        Query.DAY: f"{situation.clips_per_day:.6g}",
        Query.SHARE: f"{situation.share_anomalous:.6g}",
        Query.MISS: f"{situation.miss_cost:.6g}",
    }
    for name, value in wanted.items():
        if st.query_params.get(name) != value:
            st.query_params[name] = value


def _labels_hint(model: ModelRecord, scored: Sequence[ScoreRecord], verdicts: set[str]) -> None:
    """Where labels would show more than there is, the way to them."""
    if not any(score.score is not None for score in scored):
        st.page_link(
            "views/score.py",
            label="Score recordings, and they stand under the line",
            icon=":material/query_stats:",
            query_params={Query.MODEL: model.id},
        )
        return
    if {"anomalous", "normal"} <= verdicts:
        return
    st.caption(
        "ROC, precision and the counts of right and wrong appear once recordings are labelled "
        "normal and anomalous."
    )


draw()
