"""Triage: scored clips by evidence, stepped through, heard and labelled with the keyboard."""

from __future__ import annotations

import streamlit as st

from app import cache
from app.components.triage import Change, changes, frame, glance, rows_of, triage_list, wanted
from app.guard import guard
from app.state import Key, Query
from app.text import formats, markdown
from app.widgets import annotation_table
from app.widgets.empty_view import say_model_first, say_nothing_scored
from app.widgets.model_choice import choose_model
from app.widgets.threshold_history import who
from core.errors import SettingError, StoreError
from core.storage.annotations import (
    delete_annotation,
    list_annotations,
    save_annotation,
    save_annotations,
)
from core.storage.models import ModelRecord, get_model
from core.storage.scores import ScoreRecord, scores_stamp

ICON = ":material/checklist:"


def draw() -> None:
    st.title("Triage", anchor=False)
    model = choose_model()
    if model is None:
        say_model_first("what it scored is gone through here.", ICON)
        return
    if not cache.scored(model.id):
        say_nothing_scored(model.id, ICON)
        return
    _list(model.id)
    _tables(model)


@st.cache_data(max_entries=8, show_spinner=False)
def _rows(model_id: str, stamp: str) -> str:
    return rows_of(cache.scored(model_id), cache.calibration(model_id))


@st.fragment
@guard
def _list(model_id: str) -> None:
    key = f"triage_{model_id}"
    try:
        model, stamp = get_model(model_id), scores_stamp(model_id)
        known = {score.clip_id: score for score in cache.scored(model_id)}
    except StoreError:
        # The model went in another tab; labels are the clips' own and stay.
        _apply(key, None)
        raise
    acknowledged = _apply(key, known)
    asked = wanted(key, known)
    if not asked:
        linked = st.query_params.get(Query.CLIP)
        asked = [linked if linked in known else next(iter(known))] if known else []
    opened = triage_list(
        frame(
            _rows(model_id, stamp),
            list_annotations(list(known)),
            [
                glance(model_id, clip_id, model.false_alarm_rate, known[clip_id].created_at)
                for clip_id in asked
            ],
            acknowledged=acknowledged,
            first=asked[0] if asked else "",
        ),
        known,
        key=key,
    )
    if opened:
        st.switch_page("views/listen.py", query_params={Query.MODEL: model_id, Query.CLIP: opened})


def _apply(key: str, known: dict[str, ScoreRecord] | None) -> dict[str, int]:
    """Keeps what was labelled in the list since it was last heard; gives what is kept so far.

    What the database refuses now stays in the list, which sends it again with the next change.
    """
    heard = dict(st.session_state.get(f"{Key.HEARD}_{key}", {}))
    by = str(st.session_state.get(Key.WHO) or "")
    for change in changes(key, heard):
        try:
            if known is None or change.clip_id in known:
                _keep(change, by)
            else:
                st.toast(
                    "A recording was removed while it was labelled.", icon=":material/link_off:"
                )
        except StoreError as error:
            said = markdown.sentence(error)
            st.error(
                f"The label is not kept yet; it is kept with the next one. {said}",
                icon=":material/error:",
            )
            break
        heard[change.source] = change.number
    st.session_state[f"{Key.HEARD}_{key}"] = heard
    return heard


def _keep(change: Change, by: str) -> None:
    if change.verdict is None:
        delete_annotation(change.clip_id)
    else:
        save_annotation(change.clip_id, change.verdict, change.note, by)


def _tables(model: ModelRecord) -> None:
    """The labels as a file, out and in."""
    left, right = st.columns(2, gap="large")
    with left:
        who()
        st.download_button(
            "Export scores and labels (CSV)",
            lambda: _exported(model.id),
            file_name="csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            key="export_labels",
        )
        st.page_link(
            "views/tune.py",
            label="Set the threshold with these labels",
            icon=":material/tune:",
            query_params={Query.MODEL: model.id},
        )
    with right:
        turn = st.session_state.setdefault(Key.IMPORT_ROUND, 0)
        file = st.file_uploader(
            "Import labels: a CSV file with the columns label, clip_id or name, and note if any",
            type=["csv", "tsv", "txt"],
            key=f"import_labels_{turn}",
        )
        if file is not None:
            st.session_state[Key.IMPORTED] = _imported(model.id, file.name, file.getvalue())
            st.session_state[Key.IMPORT_ROUND] = turn + 1
            st.rerun()
        _say_imported()


def _exported(model_id: str) -> bytes:
    scored = cache.scored(model_id)
    return annotation_table.to_csv(scored, list_annotations([score.clip_id for score in scored]))


def _imported(model_id: str, file_name: str, data: bytes) -> tuple[int, tuple[str, ...]]:
    """How many labels were taken over, and a sentence on each row that was not."""
    names = {score.clip_id: score.clip_name for score in cache.scored(model_id)}
    try:
        found = annotation_table.from_csv(data, names, by=str(st.session_state.get(Key.WHO) or ""))
        save_annotations(found.labels)
    except (SettingError, StoreError) as error:
        return 0, (f"“{file_name}” was not imported. {error}",)
    return len(found.labels), found.problems


def _say_imported() -> None:
    said = st.session_state.pop(Key.IMPORTED, None)
    if said is None:
        return
    n_labels, problems = said
    if n_labels:
        st.success(f"{formats.counted(n_labels, 'label')} imported.", icon=":material/check:")
    if not problems:
        if not n_labels:
            st.info("The file holds no label.", icon=":material/info:")
        return
    most = annotation_table.MOST_NAMED
    shown = "\n".join(f"- {markdown.plain(text, 600)}" for text in problems[:most])
    more = f"\n- … and {len(problems) - most:,} more." if len(problems) > most else ""
    left_out = f"{formats.counted(len(problems), 'row')} left out; the others count.\n"
    st.warning(f"{left_out if n_labels else ''}{shown}{more}", icon=":material/rule:")


draw()
