"""Models: what each was trained on and how it is calibrated; name, note, copy, file, deletion."""

from __future__ import annotations

import contextlib

import pandas as pd
import streamlit as st

from app import cache
from app.state import Key, Query
from app.text import formats, markdown
from app.widgets import downloads, normal_scores, threshold_history
from app.widgets.model_choice import choose_model
from core.errors import HearMapError
from core.storage import costs, models, thresholds, training
from core.storage.archive import SUFFIX, export_model, import_model
from core.storage.models import ModelRecord
from core.storage.tables import LONGEST_NOTE

MOST_ROWS_SHOWN = 10


def draw() -> None:
    st.title("Models", anchor=False)
    _undo_offer()
    model = choose_model()
    if model is None:
        st.info(
            "No model yet: fit one on normal recordings, try the demo, or import one that was "
            "exported from another HearMap.",
            icon=":material/deployed_code:",
        )
        with st.container(horizontal=True):
            st.page_link("views/fit.py", label="Fit a model", icon=":material/library_music:")
            st.page_link("views/start.py", label="Try the demo", icon=":material/home:")
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
        _trained_on(model)
    with right:
        _calibration(model)
    _name_and_note(model)
    if threshold_history.draw(model, thresholds.history(model.id)):
        st.rerun()


def _ways_on(model: ModelRecord) -> None:
    query = {Query.MODEL: model.id}
    with st.container(horizontal=True, key="model_links"):
        st.page_link(
            "views/score.py", label="Score", icon=":material/query_stats:", query_params=query
        )
        st.page_link(
            "views/listen.py", label="Listen", icon=":material/hearing:", query_params=query
        )
        st.page_link("views/tune.py", label="Tune", icon=":material/tune:", query_params=query)
    with st.container(horizontal=True, key="model_actions"):
        if st.button(
            "Duplicate with changes",
            icon=":material/content_copy:",
            help="Opens Fit with this model's recordings and settings; change what you like. This "
            "model stays as it is.",
        ):
            st.switch_page("views/fit.py", query_params={Query.LIKE: model.id})
        st.download_button(
            "Export",
            lambda: export_model(model.id),
            file_name=downloads.file_stem(model.name + ".") + SUFFIX,
            mime="application/zip",
            icon=":material/download:",
            on_click="ignore",
            help="One file with everything of this model: another HearMap can import it.",
        )
        if st.button(
            "Delete", icon=":material/delete:", help="It can be brought back for 30 days."
        ):
            models.delete(model.id)
            st.session_state[Key.DELETED_MODEL] = model.id
            st.query_params.clear()
            st.rerun()


def _trained_on(model: ModelRecord) -> None:
    from core.detectors import HEADS

    st.subheader("Trained on", anchor=False)
    try:
        found = training.trained_on(model.id)
    except HearMapError as error:
        st.error(markdown.sentence(error), icon=":material/broken_image:")
        return
    st.markdown(
        f"**{formats.counted(model.n_clips, 'normal clip')}, "
        f"{formats.duration(model.training_seconds)} of sound**, fitted on "
        f"{model.created_at:%d %B %Y}."
    )
    cost = costs.model_cost(model.id)
    head = HEADS[model.head].title if model.head in HEADS else model.head
    channel = "mean of all" if model.channel == "mean" else str(int(model.channel) + 1)
    rows = [
        ("Method", head),
        ("Network", f"{found.backbone}, layers {', '.join(found.layers) or 'unknown'}"),
        ("Its weights", f"{found.weights_licence or 'licence not told'}"),
        ("Fingerprint of the weights", found.weights_sha256[:12] or "unknown"),
        ("Channel", channel),
        ("Arithmetic", "16 bits" if found.precision == "bfloat16" else "32 bits"),
        ("Seed", str(found.seed)),
        ("Size", formats.size(cost.size_bytes)),
        ("Fitting took", _known(cost.fit_seconds)),
        ("Scoring takes", _per_second(cost.seconds_per_second)),
        ("Memory for scoring", formats.size(cost.peak_memory_bytes)),
        ("Made by HearMap", found.program_version),
    ]
    _facts(rows)
    with st.expander(f"The {formats.counted(len(found.clips), 'recording')}"):
        st.dataframe(
            pd.DataFrame(
                [(clip.name, clip.seconds, clip.sha256[:12]) for clip in found.clips],
                columns=["Recording", "Seconds", "Fingerprint"],
            ),
            hide_index=True,
            height="content" if len(found.clips) <= MOST_ROWS_SHOWN else 380,
            alt=f"{len(found.clips)} recordings that the model was trained on",
        )
    with st.expander("Settings of the method"):
        _facts(
            [
                (name.replace("_", " ").capitalize(), _setting(value))
                for name, value in found.settings.items()
            ],
            ("Setting", "Value"),
        )


def _calibration(model: ModelRecord) -> None:
    st.subheader("Calibration", anchor=False)
    calibrated = cache.calibration(model.id)
    st.markdown(
        f"How {formats.counted(calibrated.n_clips, 'normal clip')} of "
        f"{formats.counted(calibrated.n_groups, 'recording')} score that the detector had not "
        f"heard; each stands for {formats.duration(calibrated.window_seconds)}."
    )
    normal_scores.draw(calibrated.clip_scores, model.threshold)
    n_above = int((calibrated.clip_scores > model.threshold).sum())
    st.caption(
        f"The threshold {model.threshold:.4g} is the one for a false-alarm rate of "
        f"{formats.percent(model.false_alarm_rate)}; {n_above} of these "
        f"{formats.counted(calibrated.n_clips, 'clip')} lie above it."
    )
    warning = calibrated.warning(model.false_alarm_rate)
    if warning:
        st.warning(markdown.plain(warning, 400), icon=":material/info:")


def _name_and_note(model: ModelRecord) -> None:
    st.subheader("Name and note", anchor=False)
    with st.form(f"name_and_note_{model.id}", border=False):
        name = st.text_input("Name", model.name, max_chars=models.LONGEST_NAME)
        note = st.text_area(
            "Note",
            model.note,
            max_chars=LONGEST_NOTE,
            placeholder="Which machine, where, since when: what you will want to know in a year.",
        )
        if st.form_submit_button("Keep name and note", icon=":material/check:"):
            kept = models.set_note(model.id, note)
            if name.strip() and name != model.name:
                kept = models.rename(model.id, name)
            st.toast(f"Kept as “{markdown.plain(kept.name)}”.", icon=":material/check:")
            st.rerun()


def _import() -> None:
    st.subheader("Import a model", anchor=False)
    number = st.session_state.setdefault(Key.MODEL_IMPORT_ROUND, 0)
    file = st.file_uploader(
        "A model that was exported here or from another HearMap",
        type=[SUFFIX.lstrip("."), "zip"],
        key=f"import_model_{number}",
    )
    if file is None:
        return
    try:
        found = import_model(file, markdown.shortened(file.name))
    except HearMapError as error:
        st.error(markdown.sentence(error), icon=":material/error:")
        return
    st.session_state[Key.MODEL_IMPORT_ROUND] = number + 1
    st.query_params[Query.MODEL] = found.id
    st.toast(f"“{markdown.plain(found.name)}” is here.", icon=":material/check:")
    st.rerun()


def _all() -> None:
    from core.detectors import HEADS

    records = models.list_models()
    if len(records) < 2:
        return
    st.subheader("All models", anchor=False)
    rows = []
    for record in records:
        with contextlib.suppress(HearMapError):
            cost = costs.model_cost(record.id)
            rows.append(
                {
                    "Model": record.name,
                    "Method": HEADS[record.head].title if record.head in HEADS else record.head,
                    "Network": record.backbone,
                    "Clips": record.n_clips,
                    "Sound": formats.duration(record.training_seconds),
                    "False-alarm rate": formats.percent(record.false_alarm_rate),
                    "Size": formats.size(record.size_bytes),
                    "Scoring": _per_second(cost.seconds_per_second),
                    "Fitted": record.created_at,
                }
            )
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height="content" if len(rows) <= MOST_ROWS_SHOWN else 420,
        column_config={"Fitted": st.column_config.DatetimeColumn(format="D MMM YYYY")},
        alt=f"{len(rows)} models, newest first",
        key="all_models",
    )


def _undo_offer() -> None:
    """What was deleted a moment ago, and the way back."""
    model_id = st.session_state.get(Key.DELETED_MODEL)
    gone = {record.id: record for record in models.list_deleted()}
    if model_id not in gone:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="undo_delete"):
        st.info(f"“{markdown.plain(gone[model_id].name)}” was deleted.", icon=":material/delete:")
        if st.button("Undo", icon=":material/undo:", key="undo_delete_now"):
            _bring_back(model_id)


def _deleted() -> None:
    gone = models.list_deleted()
    if not gone:
        return
    with st.expander(f"Deleted: {formats.counted(len(gone), 'model')}", icon=":material/delete:"):
        st.caption(f"Each is kept for {models.TRASH_DAYS} days after its deletion.")
        for record in gone:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"**{markdown.plain(record.name)}**")
                if st.button("Bring back", icon=":material/undo:", key=f"back_{record.id}"):
                    _bring_back(record.id)


def _bring_back(model_id: str) -> None:
    record = models.undo_delete(model_id)
    st.session_state.pop(Key.DELETED_MODEL, None)
    st.query_params[Query.MODEL] = record.id
    st.rerun()


def _facts(rows: list[tuple[str, str]], names: tuple[str, str] = ("Part", "What it is")) -> None:
    """Pairs of a name and a value, as a table that is read and not edited."""
    lines = [f"| {markdown.plain(name)} | {markdown.plain(value, 200)} |" for name, value in rows]
    st.markdown("\n".join([f"| {names[0]} | {names[1]} |", "|---|---|", *lines]))


def _setting(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(str(part) for part in value) or "usual ones"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _known(seconds: float | None) -> str:
    return "not measured" if seconds is None else formats.duration(seconds)


def _per_second(ratio: float | None) -> str:
    return "not measured yet" if ratio is None else f"{1000 * ratio:.0f} ms a second of sound"


draw()
