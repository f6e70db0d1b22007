"""A fit that begins with the recordings and settings of a model that exists."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

import streamlit as st

from app.state import Key, Query, clear_gathered, gathered
from app.text import fit as text
from app.text import markdown
from app.widgets import rule_choice, uploading
from core.detectors.settings import with_current_names
from core.errors import HearMapError
from core.jobs.tasks.fit import FitTask
from core.storage import models
from core.storage.training import fit_arguments

PURPOSE = "fit"


def take_from_address() -> None:
    """Take the model that the address names into the widgets of Fit, before they are drawn."""
    model_id = st.query_params.pop(Query.LIKE, None)
    if model_id is None:
        return
    try:
        name = models.get_model(model_id).name
        task = FitTask.from_record(fit_arguments(model_id) | {"model_name": name})
    except HearMapError as error:
        st.warning(markdown.sentence(error), icon=":material/link_off:")
        return
    clear_gathered(PURPOSE)
    uploading.take_again(PURPOSE, task.clip_ids)
    grouping, classes = task.group_rule or {}, task.class_rule or {}
    values = {
        Key.MODEL_NAME: name,
        Key.HEAD: task.head,
        Key.PRESET: task.preset,
        f"{Key.PRESET}_{task.head}": task.preset,
        Key.GROUPING: _known(grouping, text.GROUPINGS) or rule_choice.ALONE,
        rule_choice.field_key(Key.GROUPING): grouping.get("field"),
        # A table of classes is not saved; the usual way stands in its place.
        Key.CLASSES: _known(classes, text.CLASS_SOURCES.keys() - {rule_choice.TABLE}),
        rule_choice.field_key(Key.CLASSES): classes.get("field"),
        # One is drawn for heads that work with any backbone, the other for the rest.
        Key.BACKBONE: task.backbone,
        Key.OWN_BACKBONE: task.backbone,
        Key.CHANNEL: task.channel,
        Key.FIT_RATE: round(100 * task.false_alarm_rate, 2),
        Key.SEED: task.seed,
        Key.PRECISION: task.precision,
        Key.LEVEL_COUNTS: task.level_counts,
    }
    st.session_state.update({key: value for key, value in values.items() if value is not None})
    said = text.LIKE.format(name=markdown.plain(name))
    if not task.clip_ids:
        said += f" {text.LIKE_NO_RECORDINGS}"
    elif n_gone := len(task.clip_ids) - len(gathered(PURPOSE)):
        said += f" {text.gone(n_gone)}"
    st.session_state[Key.LIKE] = task, said


def _known(chosen: Mapping[str, Any], rules: Container[str]) -> str | None:
    return chosen["rule"] if chosen.get("rule") in rules else None


def draw_notice() -> None:
    """Say what the fit begins with, and what of it no longer exists."""
    if Key.LIKE in st.session_state:
        _, said = st.session_state[Key.LIKE]
        st.info(said, icon=":material/content_copy:")


def own_settings(head: str, preset: str) -> dict[str, Any]:
    """Get the head settings of the model that the fit begins with.

    Args:
        head: The head that is chosen.
        preset: The preset that is chosen.

    Returns:
        The settings by name; none where head or preset differ from the model's.
    """
    task, _ = st.session_state.get(Key.LIKE, (None, ""))
    if task is None or (task.head, task.preset) != (head, preset):
        return {}
    return with_current_names(task.head_settings)


def clear() -> None:
    """Let the next fit begin afresh."""
    st.session_state.pop(Key.LIKE, None)
