"""What a session remembers: keys of st.session_state, ids and short texts only, never arrays.

What must outlive the session (models, recordings, jobs, scores) is in the store; what must survive
a reload of the page (which model, which recording, which job) is in the address.
"""

from __future__ import annotations

from typing import Final, cast

import streamlit as st


class Key:
    """Keys of st.session_state."""

    MACHINE: Final = "machine"
    MODEL: Final = "model"
    CLIP: Final = "clip"
    FALSE_ALARM_RATE: Final = "rate"
    MODEL_NAME: Final = "model_name"
    UPLOAD_ROUND: Final = "upload_round"
    FOLDER: Final = "folder"
    UPLOAD_SOURCE: Final = "upload_source"
    AWAITED_JOB: Final = "awaited_job"
    HEAD: Final = "head"
    BACKBONE: Final = "backbone"
    PRESET: Final = "preset"
    GROUPING: Final = "grouping"
    GROUPING_FIELD: Final = "grouping_field"
    OWN_BACKBONE: Final = "own_backbone"
    CLASSES: Final = "classes"
    CLASSES_FIELD: Final = "classes_field"
    CLASSES_TABLE: Final = "classes_table"
    WHO: Final = "who"
    LINE: Final = "line"
    SITUATION: Final = "situation"
    ACKNOWLEDGED: Final = "acknowledged"
    IMPORT_ROUND: Final = "import_round"
    IMPORTED: Final = "imported"
    SEEN_CHANGE: Final = "seen_change"
    DELETED_MODEL: Final = "deleted_model"
    MODEL_IMPORT_ROUND: Final = "model_import_round"
    CHANNEL: Final = "channel"
    FIT_RATE: Final = "fit_rate"
    SEED: Final = "seed"
    PRECISION: Final = "precision"
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


def remember_model(model_id: str) -> None:
    """Let all views begin with a model.

    Args:
        model_id: The model.
    """
    st.session_state[Key.MODEL] = model_id
