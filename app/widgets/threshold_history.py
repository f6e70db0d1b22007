"""The form that saves a model's threshold with who and why; its history, and the way back."""

from __future__ import annotations

import streamlit as st

from app.state import Key
from app.text import formats, markdown
from app.text import threshold as text
from app.widgets import table
from core.errors import StoreError
from core.storage import thresholds
from core.storage.models import ModelRecord
from core.storage.thresholds import ThresholdChange

SAME = 1e-9


def who() -> str:
    """Draw the field for the user's name, which each change carries.

    Returns:
        The name, empty where none is given.
    """
    return st.text_input(
        text.NAME, key=Key.WHO, max_chars=80, persist_state="session", placeholder=text.NAME_EXAMPLE
    )


def draw_form(model: ModelRecord, rate: float, changes: list[ThresholdChange]) -> None:
    """Draw the form that saves a false-alarm rate; a change by somebody else meanwhile is told.

    Args:
        model: The model.
        rate: The rate that is saved.
        changes: The model's history, the newest first.
    """
    seen_key = f"{Key.SEEN_CHANGE}_{model.id}"
    # What this person saw when the page was opened or last saved: not what came since.
    seen = st.session_state.setdefault(seen_key, changes[0].id if changes else None)
    if changes and changes[0].id != seen:
        newest = changes[0]
        st.info(
            text.CHANGED_MEANWHILE.format(
                name=markdown.plain(newest.by) or text.SOMEONE,
                did=text.did(newest),
                moment=newest.created_at,
            ),
            icon=":material/group:",
        )
    with st.container(horizontal=True, vertical_alignment="bottom", key="keep_row"):
        note = st.text_input(
            text.WHY,
            key=f"note_{model.id}_{seen}",
            max_chars=500,
            placeholder=text.WHY_EXAMPLE,
            width="stretch",
        )
        name = who()
        pressed = st.button(
            text.SAVE,
            type="primary",
            icon=":material/check:",
            key="keep_threshold",
            disabled=abs(rate - model.false_alarm_rate) <= SAME,
        )
    if not pressed:
        return
    try:
        made = thresholds.set_false_alarm_rate(
            model.id, rate, note=note or "", by=name or "", expected_id=seen
        )
    except StoreError as error:
        # Seen now: a second press saves it all the same, and both stand in the history.
        newest_ids = (change.id for change in thresholds.history(model.id))
        st.session_state[seen_key] = next(newest_ids, None)
        st.warning(markdown.sentence(error), icon=":material/group:")
        return
    st.session_state[seen_key] = made.id
    st.toast(text.SAVED.format(rate=formats.percent(rate)), icon=":material/check:")
    st.rerun()


def draw(model: ModelRecord, changes: list[ThresholdChange]) -> bool:
    """Draw the history, with a button that undoes the newest change.

    Args:
        model: The model.
        changes: Its history, the newest first.

    Returns:
        Whether the newest change was undone just now.
    """
    st.subheader(text.HISTORY, anchor=False)
    table.draw(
        [_row(change, changes) for change in changes],
        {
            text.WHEN: st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm", width="small"),
            text.FALSE_ALARM_RATE["label"]: st.column_config.TextColumn(width="small"),
            text.THRESHOLD: st.column_config.NumberColumn(format="%.4g", width="small"),
            text.WHO: st.column_config.TextColumn(width="small"),
            text.WHY: st.column_config.TextColumn(width="large"),
        },
        text.ALT.format(changes=formats.counted(len(changes), "change")),
        most=8,
        height=320,
        key="threshold_history",
    )
    n_undone = sum(change.undoes is not None for change in changes)
    if not st.button(
        **text.UNDO,
        icon=":material/undo:",
        key="undo_threshold",
        disabled=len(changes) - 2 * n_undone <= 1,
    ):
        return False
    made = thresholds.undo(model.id, by=str(st.session_state.get(Key.WHO) or ""))
    st.session_state[f"{Key.SEEN_CHANGE}_{model.id}"] = made.id
    if any(change.id == made.undoes and change.n_recordings is not None for change in changes):
        st.toast(text.CALIBRATION_RESTORED)
    else:
        st.toast(text.RATE_RESTORED.format(rate=formats.percent(made.false_alarm_rate)))
    return True


def _row(change: ThresholdChange, changes: list[ThresholdChange]) -> dict[str, object]:
    said = ""
    if change.undoes is not None:
        names = {other.id: text.named(other) for other in changes}
        said = text.UNDONE.format(change=names.get(change.undoes, text.A_CHANGE))
    elif change.n_recordings is not None:
        said = text.did(change)
    elif change.id == changes[-1].id and not change.note:
        said = text.AS_FITTED
    why = "; ".join(part for part in (said, change.note) if part)
    return {
        text.WHEN: change.created_at,
        text.FALSE_ALARM_RATE["label"]: formats.percent(change.false_alarm_rate),
        text.THRESHOLD: change.threshold,
        text.WHO: change.by,
        text.WHY: why,
    }
