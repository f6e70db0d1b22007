"""A model's threshold is kept with who and why; its history, and the way back."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.state import Key
from app.text import formats, markdown
from core.errors import StoreError
from core.storage import thresholds
from core.storage.models import ModelRecord
from core.storage.thresholds import ThresholdChange

MOST_ROWS_SHOWN = 8
SAME = 1e-9


def who() -> str:
    """Draws the field for one's name, which the visit remembers and each change carries."""
    return st.text_input(
        "Your name",
        key=Key.WHO,
        max_chars=80,
        persist_state="session",
        placeholder="stands in the history",
    )


def keep_form(model: ModelRecord, rate: float, changes: list[ThresholdChange]) -> None:
    """Draws what keeps the line's rate for the model; another's change in between is told."""
    seen_key = f"{Key.SEEN_CHANGE}_{model.id}"
    # What this person saw when the page was opened or last kept: not what came since.
    seen = st.session_state.setdefault(seen_key, changes[0].id if changes else None)
    moved = abs(rate - model.false_alarm_rate) > SAME
    if changes and changes[0].id != seen:
        _tell_of(changes[0])
    note_key = f"note_{model.id}_{seen}"
    with st.container(horizontal=True, vertical_alignment="bottom", key="keep_row"):
        note = st.text_input(
            "Why",
            key=note_key,
            max_chars=500,
            placeholder="a note for the history",
            width="stretch",
        )
        name = who()
        pressed = st.button(
            "Keep this threshold",
            type="primary",
            icon=":material/check:",
            key="keep_threshold",
            disabled=not moved,
        )
    if not pressed:
        return
    try:
        made = thresholds.set_false_alarm_rate(
            model.id, rate, note=note or "", by=name or "", expected_id=seen
        )
    except StoreError as error:
        # Seen now: a second press keeps it all the same, and both stand in the history.
        st.session_state[seen_key] = _latest_id(model.id)
        st.warning(markdown.sentence(error), icon=":material/group:")
        return
    st.session_state[seen_key] = made.id
    st.toast(f"Kept: a false-alarm rate of {formats.percent(rate)}.", icon=":material/check:")
    st.rerun()


def _latest_id(model_id: str) -> int | None:
    changes = thresholds.history(model_id)
    return changes[0].id if changes else None


def _tell_of(change: ThresholdChange) -> None:
    name = markdown.plain(change.by) or "Someone else"
    st.info(
        f"{name} set the false-alarm rate to {formats.percent(change.false_alarm_rate)} at "
        f"{change.created_at:%H:%M} UTC, after you had opened this page. Your line is where you "
        "left it.",
        icon=":material/group:",
    )


def draw(model: ModelRecord, changes: list[ThresholdChange]) -> bool:
    """Draws the history, newest first; whether the newest change was undone just now."""
    st.subheader("History of this threshold", anchor=False)
    st.dataframe(
        pd.DataFrame([_row(change, changes) for change in changes]),
        hide_index=True,
        height="content" if len(changes) <= MOST_ROWS_SHOWN else 320,
        column_config={
            "When": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm", width="small"),
            "False-alarm rate": st.column_config.TextColumn(width="small"),
            "Threshold": st.column_config.NumberColumn(format="%.4g", width="small"),
            "Who": st.column_config.TextColumn(width="small"),
            "Why": st.column_config.TextColumn(width="large"),
        },
        alt=f"{len(changes)} changes of the threshold, newest first",
        key="threshold_history",
    )
    if not st.button(
        "Undo the last change",
        icon=":material/undo:",
        key="undo_threshold",
        disabled=not _can_undo(changes),
        help="The threshold before it holds again; the history keeps both.",
    ):
        return False
    made = thresholds.undo(model.id, by=str(st.session_state.get(Key.WHO) or ""))
    st.session_state[f"{Key.SEEN_CHANGE}_{model.id}"] = made.id
    st.toast(f"A false-alarm rate of {formats.percent(made.false_alarm_rate)} holds again.")
    return True


def _can_undo(changes: list[ThresholdChange]) -> bool:
    n_undone = sum(change.undoes is not None for change in changes)
    return len(changes) - 2 * n_undone > 1


def _row(change: ThresholdChange, changes: list[ThresholdChange]) -> dict[str, object]:
    why = change.note
    if change.undoes is not None:
        why = f"undone: {_rate_of(change.undoes, changes)}" + (f"; {why}" if why else "")
    elif change.id == changes[-1].id and not why:
        why = "as fitted"
    return {
        "When": change.created_at,
        "False-alarm rate": formats.percent(change.false_alarm_rate),
        "Threshold": change.threshold,
        "Who": change.by,
        "Why": why,
    }


def _rate_of(change_id: int, changes: list[ThresholdChange]) -> str:
    found = [change for change in changes if change.id == change_id]
    return formats.percent(found[0].false_alarm_rate) if found else "a change"
