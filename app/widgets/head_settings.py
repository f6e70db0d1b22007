"""Widgets for a head's own settings, made from the fields of its settings class."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import streamlit as st

from app.text.fit import USUAL_LAYERS
from core.detectors.presets import preset_settings


def draw(
    settings_type: type, head: str, preset: str, own: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Draw one widget for each setting, two in a row.

    Args:
        settings_type: The head's settings class.
        head: The name of the head.
        preset: The name of the preset.
        own: Values that the widgets begin with, by name, instead of the preset's.

    Returns:
        The settings that differ from the preset's.
    """
    changed: dict[str, Any] = {}
    columns = st.columns(2, gap="medium")
    start = preset_settings(head, preset)
    for place, field in enumerate(dataclasses.fields(settings_type)):
        first = start.get(field.name, field.default)
        with columns[place % 2]:
            begun = _of_kind((own or {}).get(field.name, first), first)
            key = f"set_{head}_{preset}_{field.name}" + ("" if begun == first else f"_{begun}")
            value = _widget(field, begun, key=key)
        if value != first:
            changed[field.name] = value
    return changed


def _of_kind(value: Any, first: Any) -> Any:
    # Give a value that was stored as JSON the type of the preset's value.
    if isinstance(first, tuple):
        return tuple(value)
    return value if value is None or first is None else type(first)(value)


def _widget(field: dataclasses.Field[Any], default: Any, key: str) -> Any:
    label = field.name.replace("_", " ").capitalize()
    shown: dict[str, Any] = {"label": label, "help": field.metadata.get("help", ""), "key": key}
    low, high = field.metadata.get("low"), field.metadata.get("high")
    choices = field.metadata.get("choices")
    if choices is not None:
        return st.selectbox(**shown, options=choices, index=choices.index(default))
    if isinstance(default, bool):
        return st.toggle(**shown, value=default)
    if isinstance(default, (int, float)):
        kind = type(default)
        fine = isinstance(default, float)
        return st.number_input(
            **shown,
            min_value=None if low is None else kind(low),
            max_value=None if high is None else kind(high),
            value=default,
            # A ridge of a millionth is not 0.00, and its steps are not hundredths.
            step=10.0 ** math.floor(math.log10(default or 0.1)) if fine else 1,
            format="%g" if fine else None,
        )
    if isinstance(default, tuple):
        text = st.text_input(**shown, value=",".join(default), placeholder=USUAL_LAYERS)
        return tuple(part.strip() for part in (text or "").split(",") if part.strip())
    return default
