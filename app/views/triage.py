"""Triage: scored recordings, the highest score first, annotated with the keyboard."""

from __future__ import annotations

import streamlit as st

from app import cache, navigation
from app.components.triage import changes, frame, glance, rows_of, triage_list, wanted
from app.guard import guard
from app.state import Key, Query, empty_uploader, turn
from app.text import formats, markdown
from app.text import triage as text
from app.widgets import annotation_table, downloads, model_choice, notices
from app.widgets.threshold_history import who
from core.errors import SettingError, StoreError
from core.storage.annotations import (
    delete_annotation,
    list_annotations,
    save_annotation,
    save_annotations,
)
from core.storage.models import get_model
from core.storage.scores import ScoreRecord, scores_stamp


def draw() -> None:
    """Draw the view."""
    model = model_choice.begin("triage")
    if model is None:
        return
    if not cache.scored(model.id):
        notices.nothing_scored("triage", model.id)
        return
    _list(model.id)

    def exported() -> bytes:
        scored = cache.scored(model.id)
        found = list_annotations([score.clip_id for score in scored])
        return annotation_table.to_csv(scored, found)

    left, right = st.columns(2, gap="large")
    with left:
        who()
        downloads.button(text.EXPORT, exported, "annotations.csv", key="export_labels")
        navigation.link("tune", text.TO_TUNE, {Query.MODEL: model.id})
    with right:
        _import(model.id)


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
        # The model went in another tab; annotations are the recordings' own and stay.
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
                glance(
                    model_id,
                    clip_id,
                    model.false_alarm_rate,
                    model.recalibration_id,
                    known[clip_id].created_at,
                )
                for clip_id in asked
            ],
            acknowledged=acknowledged,
            first=asked[0] if asked else "",
        ),
        known,
        key=key,
    )
    if opened:
        navigation.go("listen", {Query.MODEL: model_id, Query.CLIP: opened})


def _apply(key: str, known: dict[str, ScoreRecord] | None) -> dict[str, int]:
    # Save what was annotated in the list since the last run; return what is saved so far.
    # What the database refuses now stays in the list, which sends it again with the next change.
    saved = dict(st.session_state.get(f"{Key.ACKNOWLEDGED}_{key}", {}))
    by = str(st.session_state.get(Key.WHO) or "")
    for change in changes(key, saved):
        try:
            if known is not None and change.clip_id not in known:
                st.toast(text.GONE_MEANWHILE, icon=":material/link_off:")
            elif change.verdict is None:
                delete_annotation(change.clip_id)
            else:
                save_annotation(change.clip_id, change.verdict, change.note, by)
        except StoreError as error:
            said = text.NOT_SAVED.format(problem=markdown.sentence(error))
            st.error(said, icon=":material/error:")
            break
        saved[change.source] = change.number
    st.session_state[f"{Key.ACKNOWLEDGED}_{key}"] = saved
    return saved


def _import(model_id: str) -> None:
    key = f"import_labels_{turn('import_labels')}"
    file = st.file_uploader(text.IMPORT, type=["csv", "tsv", "txt"], key=key)
    if file is not None:
        st.session_state[Key.IMPORTED] = _imported(model_id, file.name, file.getvalue())
        empty_uploader("import_labels")
        st.rerun()
    imported = st.session_state.pop(Key.IMPORTED, None)
    if imported is None:
        return
    n_imported, problems = imported
    left_out = ""
    if n_imported:
        annotations = formats.counted(n_imported, "annotation")
        st.success(text.IMPORTED.format(annotations=annotations), icon=":material/check:")
        left_out = text.ROWS_LEFT_OUT.format(rows=formats.counted(len(problems), "row"))
    elif not problems:
        st.info(text.NOTHING_IMPORTED, icon=":material/info:")
    notices.problems(left_out, problems)


def _imported(model_id: str, file_name: str, data: bytes) -> tuple[int, tuple[str, ...]]:
    # Save the annotations of a file; return their number, and a sentence on each other row.
    names = {score.clip_id: score.names for score in cache.scored(model_id)}
    try:
        by = str(st.session_state.get(Key.WHO) or "")
        found = annotation_table.from_csv(data, names, by=by, file_name=file_name)
        save_annotations(found.annotations)
    except (SettingError, StoreError) as error:
        return 0, (text.NOT_IMPORTED.format(name=file_name, problem=error),)
    return len(found.annotations), found.problems


draw()
