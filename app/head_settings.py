"""Widgets for a head's own settings, made from the fields of its settings class."""

from __future__ import annotations

import dataclasses
from typing import Any

import streamlit as st


def draw(settings_type: type, head: str) -> dict[str, Any]:
    """Draws one widget a setting, two in a row; gives those that differ from the default."""
    changed: dict[str, Any] = {}
    columns = st.columns(2, gap="medium")
    for place, field in enumerate(dataclasses.fields(settings_type)):
        with columns[place % 2]:
            value = _widget(field, key=f"set_{head}_{field.name}")
        if value != field.default:
            changed[field.name] = value
    return changed


def _widget(field: dataclasses.Field[Any], key: str) -> Any:
    label = field.name.replace("_", " ").capitalize()
    told, default = field.metadata.get("help", ""), field.default
    low, high = field.metadata.get("low"), field.metadata.get("high")
    choices = field.metadata.get("choices")
    if choices is not None:
        return st.selectbox(label, choices, index=choices.index(default), help=told, key=key)
    if isinstance(default, bool):
        return st.toggle(label, default, help=told, key=key)
    if isinstance(default, (int, float)):
        kind = type(default)
        return st.number_input(
            label,
            min_value=None if low is None else kind(low),
            max_value=None if high is None else kind(high),
            value=default,
            help=told,
            key=key,
        )
    if isinstance(default, tuple):
        text = st.text_input(label, ",".join(default), help=told, key=key, placeholder="usual ones")
        return tuple(part.strip() for part in (text or "").split(",") if part.strip())
    return default
