"""Models: what each was fitted on and how it is calibrated; name, note, copy, file, deletion."""

from __future__ import annotations

import contextlib
from typing import Any

import streamlit as st

from app import cache, navigation
from app.state import Key, Query, empty_uploader, turn
from app.text import formats, glossary, markdown, sentences
from app.text import models as text
from app.text.methods import head_title
from app.text.views import TITLES
from app.widgets import downloads, normal_scores, notices, table, threshold_history
from app.widgets.model_choice import choose_model
from core.errors import HearMapError
from core.report.view_words import counts_words
from core.runtime.file_names import file_stem
from core.storage import costs, models, thresholds, training
from core.storage.archive import SUFFIX, export_model, import_model
from core.storage.models import ModelRecord
from core.storage.tables import LONGEST_NOTE


def draw() -> None:
    """Draw the view."""
    st.title(TITLES["models"], anchor=False)
    _undo_offer()
    model = choose_model()
    if model is None:
        notices.model_first("models", text.NO_MODEL)
    else:
        _model(model)
    _import()
    _all()
    _deleted()


def _model(model: ModelRecord) -> None:
    with st.container(border=True):
        st.subheader(markdown.plain(model.name, 120), anchor=False)
        if model.note:
            st.markdown(markdown.plain(model.note, 2000))
        _ways_on(model)
    left, right = st.columns(2, gap="medium")
    with left:
        _fitted_on(model)
    with right:
        _calibration(model)
    _name_and_note(model)
    if threshold_history.draw(model, thresholds.history(model.id)):
        st.rerun()


def _ways_on(model: ModelRecord) -> None:
    query = {Query.MODEL: model.id}
    with st.container(horizontal=True, key="model_links"):
        for view in ("score", "listen", "tune"):
            navigation.link(view, TITLES[view], query)
    with st.container(horizontal=True, key="model_actions"):
        if st.button(**text.DUPLICATE, icon=":material/content_copy:"):
            navigation.go("fit", {Query.LIKE: model.id})
        downloads.button(
            **text.EXPORT,
            content=lambda: export_model(model.id),
            file_name=file_stem(model.name + ".") + SUFFIX,
        )
        if st.button(**text.DELETE, icon=":material/delete:"):
            models.delete(model.id)
            st.session_state[Key.DELETED_MODEL] = model.id
            st.query_params.clear()
            st.rerun()


def _fitted_on(model: ModelRecord) -> None:
    st.subheader(text.FITTED_ON, anchor=False)
    try:
        found = training.trained_on(model.id)
    except HearMapError as error:
        st.error(markdown.sentence(error), icon=":material/broken_image:")
        return
    st.markdown(
        text.FITTED_ON_SAYS.format(
            recordings=formats.counted(model.n_clips, "normal recording"),
            duration=formats.duration(model.training_seconds),
            date=formats.date(model.created_at),
        )
    )
    cost = costs.model_cost(model.id)
    layers = ", ".join(found.layers) or text.UNKNOWN
    fit_took = text.NOT_MEASURED if cost.fit_seconds is None else formats.duration(cost.fit_seconds)
    level = []
    if found.level_counts is not None:
        level = [(text.LEVEL_COUNTS, counts_words(found.level_counts))]
    _facts(
        [
            (glossary.METHOD, head_title(model.head)),
            (glossary.NETWORK, text.LAYERS.format(network=model.backbone, layers=layers)),
            (text.LICENCE, found.weights_licence or text.UNKNOWN),
            (text.FINGERPRINT, found.weights_sha256[:12] or text.UNKNOWN),
            (text.CHANNEL, formats.channel(model.channel)),
            (text.PRECISION, text.PRECISIONS.get(found.precision, found.precision)),
            *level,
            (text.SEED, str(found.seed)),
            (text.SIZE, formats.size(cost.size_bytes)),
            (text.FIT_TOOK, fit_took),
            (text.SCORING_TAKES, _per_second(cost.seconds_per_second)),
            (text.MEMORY, formats.size(cost.peak_memory_bytes)),
            (text.MADE_BY, found.program_version),
        ],
        (text.PART, text.WHAT),
    )
    recordings = formats.counted(len(found.clips), "recording")
    with st.expander(text.RECORDINGS.format(recordings=recordings)):
        table.draw(
            [
                {"name": clip.name, "seconds": clip.seconds, "sha256": clip.sha256[:12]}
                for clip in found.clips
            ],
            text.RECORDING_COLUMNS,
            text.RECORDINGS_ALT.format(recordings=recordings),
        )
    with st.expander(text.METHOD_SETTINGS):
        _facts(
            [
                (name.replace("_", " ").capitalize(), _setting(value))
                for name, value in found.settings.items()
            ],
            (text.SETTING, text.VALUE),
        )


def _calibration(model: ModelRecord) -> None:
    st.subheader(text.CALIBRATION, anchor=False)
    calibrated = cache.calibration(model.id)
    window = formats.duration(calibrated.window_seconds)
    st.markdown(text.calibration(calibrated.n_clips, calibrated.n_groups, window))
    normal_scores.draw(calibrated.clip_scores, model.threshold)
    n_above = int((calibrated.clip_scores > model.threshold).sum())
    said = sentences.normal_scores_sentence(calibrated.n_clips, n_above, model.false_alarm_rate)
    st.caption(f"{text.THRESHOLD.format(threshold=formats.score(model.threshold))} {said}")
    notices.rate_warning(calibrated, model.false_alarm_rate)


def _name_and_note(model: ModelRecord) -> None:
    st.subheader(text.NAME_AND_NOTE, anchor=False)
    with st.form(f"name_and_note_{model.id}", border=False):
        name = st.text_input(text.NAME, model.name, max_chars=models.LONGEST_NAME)
        note = st.text_area(
            text.NOTE, model.note, max_chars=LONGEST_NOTE, placeholder=text.NOTE_EXAMPLE
        )
        if st.form_submit_button(text.SAVE, icon=":material/check:"):
            saved = models.set_note(model.id, note)
            if name.strip() and name != model.name:
                saved = models.rename(model.id, name)
            st.toast(text.SAVED.format(name=markdown.plain(saved.name)), icon=":material/check:")
            st.rerun()


def _import() -> None:
    st.subheader(text.IMPORT, anchor=False)
    key = f"import_model_{turn('import_model')}"
    file = st.file_uploader(text.IMPORT_FILE, type=[SUFFIX.lstrip("."), "zip"], key=key)
    if file is None:
        return
    try:
        found = import_model(file, markdown.shortened(file.name))
    except HearMapError as error:
        st.error(markdown.sentence(error), icon=":material/error:")
        return
    empty_uploader("import_model")
    st.query_params[Query.MODEL] = found.id
    st.toast(text.IMPORTED.format(name=markdown.plain(found.name)), icon=":material/check:")
    st.rerun()


def _all() -> None:
    records = models.list_models()
    if len(records) < 2:
        return
    st.subheader(text.ALL, anchor=False)
    rows = []
    for record in records:
        with contextlib.suppress(HearMapError):
            cost = costs.model_cost(record.id)
            rows.append(
                {
                    "model": record.name,
                    "method": head_title(record.head),
                    "network": record.backbone,
                    "recordings": record.n_clips,
                    "sound": formats.duration(record.training_seconds),
                    "rate": formats.percent(record.false_alarm_rate),
                    "size": formats.size(record.size_bytes),
                    "scoring": _per_second(cost.seconds_per_second),
                    "fitted": record.created_at,
                }
            )
    columns: dict[str, Any] = dict(text.ALL_COLUMNS)
    columns["fitted"] = st.column_config.DatetimeColumn(text.FITTED, format="D MMM YYYY")
    said = text.ALL_ALT.format(models=formats.counted(len(rows), "model"))
    table.draw(rows, columns, said, height=420, key="all_models")


def _undo_offer() -> None:
    """Say what was deleted a moment ago, with a button that restores it."""
    model_id = st.session_state.get(Key.DELETED_MODEL)
    deleted = {record.id: record for record in models.list_deleted()}
    if model_id not in deleted:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="undo_delete"):
        name = markdown.plain(deleted[model_id].name)
        st.info(text.WAS_DELETED.format(name=name), icon=":material/delete:")
        if st.button(text.UNDO, icon=":material/undo:", key="undo_delete_now"):
            _restore(model_id)


def _deleted() -> None:
    deleted = models.list_deleted()
    if not deleted:
        return
    heading = text.DELETED.format(models=formats.counted(len(deleted), "model"))
    with st.expander(heading, icon=":material/delete:"):
        st.caption(text.DELETED_SAYS.format(days=models.TRASH_DAYS))
        for record in deleted:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"**{markdown.plain(record.name)}**")
                if st.button(text.RESTORE, icon=":material/undo:", key=f"back_{record.id}"):
                    _restore(record.id)


def _restore(model_id: str) -> None:
    record = models.undo_delete(model_id)
    st.session_state.pop(Key.DELETED_MODEL, None)
    st.query_params[Query.MODEL] = record.id
    st.rerun()


def _facts(rows: list[tuple[str, str]], names: tuple[str, str]) -> None:
    """Draw pairs of a name and a value as a table that is read and not edited."""
    lines = [f"| {markdown.plain(name)} | {markdown.plain(value, 200)} |" for name, value in rows]
    st.markdown("\n".join([f"| {names[0]} | {names[1]} |", "|---|---|", *lines]))


def _setting(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(str(part) for part in value) or text.USUAL
    if isinstance(value, bool):
        return text.YES if value else text.NO
    return f"{value:g}" if isinstance(value, float) else str(value)


def _per_second(ratio: float | None) -> str:
    if ratio is None:
        return text.NOT_MEASURED
    return text.PER_SECOND.format(milliseconds=1000 * ratio)


draw()
