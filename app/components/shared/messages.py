"""What a browser sent, looked at with suspicion: anybody may send anything."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.types import Box


def sent(key: str) -> Mapping[str, Any]:
    """Give what the component `key` has sent by this run, before it is shown.

    Args:
        key: The component's key.

    Returns:
        Its values by name; empty where there is none.
    """
    state = st.session_state.get(key)
    return state if isinstance(state, Mapping) else {}


def number(message: Any, name: str) -> float | None:
    """Read a finite number.

    Args:
        message: What was sent.
        name: The number's name in it.

    Returns:
        The number, None where there is none.
    """
    value = message.get(name) if isinstance(message, Mapping) else None
    return float(value) if value is not None and is_number(value) else None


def is_number(value: Any) -> bool:
    """Say whether a value is a finite number.

    Args:
        value: What was sent.

    Returns:
        Whether it is; True and False are none.
    """
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def index(value: Any, stop: int) -> int | None:
    """Read a place in a list.

    Args:
        value: What was sent.
        stop: The list's length.

    Returns:
        The place in 0..stop - 1, None where there is none.
    """
    is_index = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < stop
    return value if is_index else None


def box(sides: Any) -> Box | None:
    """Read a box of time and frequency.

    Args:
        sides: What was sent: start and end in seconds, low and high in hertz.

    Returns:
        The box, None where it is none or is empty.
    """
    if not isinstance(sides, list) or len(sides) != 4 or not all(map(is_number, sides)):
        return None
    start_s, end_s, low_hz, high_hz = map(float, sides)
    if not (0 <= start_s < end_s and 0 <= low_hz < high_hz):
        return None
    return Box(start_s, end_s, low_hz, high_hz)
