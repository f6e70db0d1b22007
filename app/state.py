"""What a session remembers: keys of st.session_state, ids and short texts only, never arrays.

What must outlive the session (models, recordings, jobs, scores) is in the store; what must survive
a reload of the page (which model, which recording, which job) is in the address.
"""

from __future__ import annotations

from typing import Final, cast

import streamlit as st


class Key:
    """Keys of st.session_state."""

    MODEL: Final = "model"
    CLIP: Final = "clip"
    STEP: Final = "step"
    BESIDE: Final = "beside"
    MODEL_NAME: Final = "model_name"
    AWAITED_JOB: Final = "awaited_job"
    HEAD: Final = "head"
    BACKBONE: Final = "backbone"
    PRESET: Final = "preset"
    GROUPING: Final = "grouping"
    OWN_BACKBONE: Final = "own_backbone"
    CLASSES: Final = "classes"
    WHO: Final = "who"
    LINE: Final = "line"
    SITUATION: Final = "situation"
    ACKNOWLEDGED: Final = "acknowledged"
    IMPORTED: Final = "imported"
    IMPORTED_BOXES: Final = "imported_boxes"
    SEEN_CHANGE: Final = "seen_change"
    DELETED_MODEL: Final = "deleted_model"
    CHANNEL: Final = "channel"
    FIT_RATE: Final = "fit_rate"
    SEED: Final = "seed"
    PRECISION: Final = "precision"
    LEVEL_COUNTS: Final = "level_counts"
    LIKE: Final = "like"


class Query:
    """Names in the page's address."""

    MODEL: Final = "model"
    CLIP: Final = "clip"
    JOB: Final = "job"
    BENCHMARK: Final = "benchmark"
    LIKE: Final = "like"
    RATE: Final = "rate"
    DAY: Final = "day"
    SHARE: Final = "share"
    MISS: Final = "miss"


def gathered(purpose: str) -> dict[str, str]:
    """Get the recordings that were added in this session.

    Args:
        purpose: "fit" or "score".

    Returns:
        The names of the recordings by id; a change of it is remembered.
    """
    return cast("dict[str, str]", st.session_state.setdefault(f"{purpose}_clips", {}))


def left_out(purpose: str) -> list[str]:
    """Get the sentences on the files that could not be used.

    Args:
        purpose: "fit" or "score".

    Returns:
        The sentences; a change of them is remembered.
    """
    return cast("list[str]", st.session_state.setdefault(f"{purpose}_left_out", []))


def clear_gathered(purpose: str) -> None:
    """Empty the list of added recordings; the store still has them.

    Args:
        purpose: "fit" or "score".
    """
    gathered(purpose).clear()
    left_out(purpose).clear()


def turn(name: str) -> int:
    """Count how often an uploader was emptied: in its key, a new number empties it.

    Args:
        name: The uploader.

    Returns:
        The number.
    """
    return int(st.session_state.get(f"{name}_turn", 0))


def empty_uploader(name: str) -> None:
    """Empty an uploader, which holds its file in memory, from the next run on.

    Args:
        name: The uploader.
    """
    st.session_state[f"{name}_turn"] = turn(name) + 1


def remember_model(model_id: str) -> None:
    """Let all views begin with a model.

    Args:
        model_id: The model.
    """
    st.session_state[Key.MODEL] = model_id
