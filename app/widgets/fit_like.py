"""Fit begins with the recordings and settings of a model that is there, to be changed at will."""

from __future__ import annotations

import contextlib
from typing import Any

import streamlit as st

from app.state import Key, Query, clear_gathered, gathered
from app.text import formats, markdown
from app.widgets.class_choice import FIELD, FOLDER
from app.widgets.grouping_choice import ALONE, NAMES
from core.detectors.settings import with_current_names
from core.errors import HearMapError, StoreError
from core.storage import models, recordings
from core.storage.training import fit_arguments

PURPOSE = "fit"


def take_from_address() -> None:
    """Takes the model that the address names into the widgets of Fit, before they are drawn."""
    model_id = st.query_params.pop(Query.LIKE, None)
    if model_id is None:
        return
    try:
        name = models.get_model(model_id).name
        arguments = fit_arguments(model_id)
    except HearMapError as error:
        st.warning(markdown.sentence(error), icon=":material/link_off:")
        return
    clear_gathered(PURPOSE)
    wanted = list(arguments.get("clip_ids") or [])
    for clip_id in wanted:
        # One that was removed meanwhile is no reason to lose the others.
        with contextlib.suppress(StoreError):
            recordings.recording_path(clip_id)
            gathered(PURPOSE)[clip_id] = recordings.get_recording(clip_id).name
    rule = (arguments.get("grouping") or {}).get("rule")
    # A table of classes is not kept; its place is the usual one.
    classes = arguments.get("classes") or {}
    told_by = classes.get("rule")
    head = arguments.get("head")
    preset = arguments.get("preset") or "recommended"
    values = {
        Key.MODEL_NAME: name,
        Key.HEAD: head,
        Key.PRESET: preset,
        f"{Key.PRESET}_{head}": preset,
        Key.GROUPING: rule if rule in NAMES else ALONE,
        Key.GROUPING_FIELD: (arguments.get("grouping") or {}).get("field"),
        Key.CLASSES: told_by if told_by in (FOLDER, FIELD) else None,
        Key.CLASSES_FIELD: classes.get("field"),
        # One is drawn for heads that work with any backbone, the other for the rest.
        Key.BACKBONE: arguments.get("backbone"),
        Key.OWN_BACKBONE: arguments.get("backbone"),
        Key.CHANNEL: arguments.get("channel"),
        Key.FIT_RATE: round(100 * float(arguments.get("false_alarm_rate") or 0.05), 2),
        Key.SEED: arguments.get("seed"),
        Key.PRECISION: arguments.get("precision"),
    }
    for key, value in values.items():
        if value is not None:
            st.session_state[key] = value
    st.session_state[Key.LIKE] = {
        "name": name,
        "n_gone": len(wanted) - len(gathered(PURPOSE)),
        "no_clips": not wanted,
        "head": head,
        "preset": preset,
        "head_settings": with_current_names(arguments.get("head_settings") or {}),
    }


def say() -> None:
    """Says what Fit begins with, and what of it is no longer here."""
    like = st.session_state.get(Key.LIKE)
    if not like:
        return
    said = f"This begins as “{markdown.plain(like['name'])}” was fitted; change what you like."
    if like["no_clips"]:
        said += " Its recordings are not here: add some."
    elif like["n_gone"]:
        is_are = "is" if like["n_gone"] == 1 else "are"
        said += f" {formats.counted(like['n_gone'], 'recording')} of it {is_are} no longer here."
    st.info(said, icon=":material/content_copy:")


def own_settings(head: str, preset: str) -> dict[str, Any]:
    """The settings that the model had beside those of this head and preset."""
    like = st.session_state.get(Key.LIKE) or {}
    same = (like.get("head"), like.get("preset")) == (head, preset)
    return dict(like["head_settings"]) if same else {}


def forget() -> None:
    """The next fit begins afresh."""
    st.session_state.pop(Key.LIKE, None)
