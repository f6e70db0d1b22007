"""Which of a model's scored recordings is looked at: the beginning of Listen and of Compare."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from app import cache
from app.state import Key, Query
from app.text import listen as text
from app.text import markdown, notices
from app.text.control import Control
from app.text.views import TITLES
from app.widgets.model_choice import choose_model
from app.widgets.notices import model_first, nothing_scored
from core.exchange.recording_names import with_other_names
from core.storage.models import ModelRecord
from core.storage.scores import ScoreRecord


@dataclass(frozen=True)
class RecordingChoice:
    """A recording among those that a model has scored, the highest score first.

    Attributes:
        model: The model.
        score: The score of the recording.
        following: The score of the next one, if any.
    """

    model: ModelRecord
    score: ScoreRecord
    following: ScoreRecord | None


def begin(view: str, control: Control, *, steps: bool = False) -> RecordingChoice | None:
    """Draw the title of a view and a row with the choice of its model and recording.

    Args:
        view: A key of `TITLES`.
        control: What is written on the choice of the recording.
        steps: Whether the recordings are numbered, with buttons to the previous and the next.

    Returns:
        The choice; None where there is no model or no score, which is said then.
    """
    st.title(TITLES[view], anchor=False)
    above = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom", key="choices"):
        model = choose_model(above)
        scored = [one for one in cache.scored(model.id) if one.score is not None] if model else []
        place = _choose(view, scored, control, steps) if scored else 0
    if model is None:
        model_first(view)
    elif not scored:
        nothing_scored(view, model.id)
    else:
        return RecordingChoice(model, scored[place], next(iter(scored[place + 1 :]), None))
    return None


def _choose(view: str, scored: list[ScoreRecord], control: Control, steps: bool) -> int:
    ids = [score.clip_id for score in scored]
    wanted = _wanted()
    if wanted is not None and wanted not in ids:
        st.toast(notices.RECORDING_GONE)
        wanted = None
    place = ids.index(wanted) if wanted else 0
    names = {
        score.clip_id: f"{number}. " * steps + markdown.shortened(with_other_names(score.names))
        for number, score in enumerate(scored, start=1)
    }
    # What is chosen goes into the address before the page runs: one run shows it, not two. With one
    # key for all boxes, a click on Next in twenty led nowhere.
    key = f"{view}_clip_{ids[place]}"
    st.selectbox(
        **control,
        options=ids,
        index=place,
        format_func=names.__getitem__,
        key=key,
        on_change=lambda: _go_to(st.session_state.get(key)),
    )
    if steps:
        _step("previous", text.PREVIOUS, "left", ids[place - 1] if place else None)
        _step("next", text.NEXT, "right", ids[place + 1] if place + 1 < len(ids) else None)
    if st.query_params.get(Query.CLIP) != ids[place]:
        st.query_params[Query.CLIP] = ids[place]
    return place


def _step(key: str, label: str, side: str, clip_id: str | None) -> None:
    st.button(
        label,
        icon=f":material/chevron_{side}:",
        icon_position="right" if side == "right" else "left",
        key=key,
        disabled=clip_id is None,
        on_click=_go_to,
        args=(clip_id,),
    )


def _go_to(clip_id: str | None) -> None:
    if clip_id is not None:
        st.session_state[Key.STEP] = (st.query_params.get(Query.CLIP), clip_id)
        st.query_params[Query.CLIP] = clip_id


def _wanted() -> str | None:
    # Read which recording the address names, or the click that it has lost. A click starts a run
    # at once, while the one before is told to stop. If that one, of an explanation that has just
    # ended, was about to begin, it sets the address back to what it began with, after the click
    # has changed it: one click on Next in a hundred led nowhere.
    wanted = st.query_params.get(Query.CLIP)
    before, after = st.session_state.get(Key.STEP, (None, None))
    if after is not None and wanted == before:
        return str(after)
    st.session_state.pop(Key.STEP, None)
    return wanted
