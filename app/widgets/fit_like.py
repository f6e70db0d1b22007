"""A fit that begins with the recordings and settings of a model that exists."""

from __future__ import annotations

import contextlib
from typing import Any

import streamlit as st

from app.state import Key, Query, clear_gathered, gathered
from app.text import fit as text
from app.text import markdown
from app.widgets.class_choice import FIELD, FOLDER
from app.widgets.grouping_choice import ALONE
from core.detectors.settings import with_current_names
from core.errors import HearMapError, StoreError
from core.storage import models, recordings
from core.storage.training import fit_arguments

PURPOSE = "fit"


def take_from_address() -> None:
    """Take the model that the address names into the widgets of Fit, before they are drawn."""
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
        # One that was deleted meanwhile is no reason to lose the others.
        with contextlib.suppress(StoreError):
            recordings.recording_path(clip_id)
            gathered(PURPOSE)[clip_id] = recordings.get_recording(clip_id).name
    grouping = arguments.get("grouping") or {}
    classes = arguments.get("classes") or {}
    head = arguments.get("head")
    preset = arguments.get("preset") or "recommended"
    values = {
        Key.MODEL_NAME: name,
        Key.HEAD: head,
        Key.PRESET: preset,
        f"{Key.PRESET}_{head}": preset,
        Key.GROUPING: grouping.get("rule") if grouping.get("rule") in text.GROUPINGS else ALONE,
        Key.GROUPING_FIELD: grouping.get("field"),
        # A table of classes is not saved; the usual way stands in its place.
        Key.CLASSES: classes.get("rule") if classes.get("rule") in (FOLDER, FIELD) else None,
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


def draw_notice() -> None:
    """Say what the fit begins with, and what of it no longer exists."""
    like = st.session_state.get(Key.LIKE)
    if not like:
        return
    said = text.LIKE.format(name=markdown.plain(like["name"]))
    if like["no_clips"]:
        said += f" {text.LIKE_NO_RECORDINGS}"
    elif like["n_gone"]:
        said += f" {text.gone(like['n_gone'])}"
    st.info(said, icon=":material/content_copy:")


def own_settings(head: str, preset: str) -> dict[str, Any]:
    """Get the head settings of the model that the fit begins with.

    Args:
        head: The head that is chosen.
        preset: The preset that is chosen.

    Returns:
        The settings by name; none where head or preset differ from the model's.
    """
    like = st.session_state.get(Key.LIKE) or {}
    same = (like.get("head"), like.get("preset")) == (head, preset)
    return dict(like["head_settings"]) if same else {}


def clear() -> None:
    """Let the next fit begin afresh."""
    st.session_state.pop(Key.LIKE, None)
