"""Messages that several views show: what must come first, and what should be known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from app import navigation
from app.state import Query
from app.text import markdown
from app.text import notices as text

if TYPE_CHECKING:
    from core.detectors.calibration.calibration import Calibration


def model_first(view: str, said: str = text.MODEL_FIRST) -> None:
    """Say that there is no model yet, with links to where one comes from.

    Args:
        view: The view that says so.
        said: The sentence.
    """
    st.info(said, icon=navigation.ICONS[view])
    with st.container(horizontal=True):
        navigation.link("fit", text.FIT_MODEL)
        navigation.link("start", text.TRY_DEMO)


def nothing_scored(view: str, model_id: str) -> None:
    """Say that a model has not scored anything yet, with a link to Score.

    Args:
        view: The view that says so.
        model_id: The model.
    """
    st.info(text.NOTHING_SCORED, icon=navigation.ICONS[view])
    navigation.link("score", text.SCORE_RECORDINGS, {Query.MODEL: model_id})


def rate_warning(calibrated: Calibration, rate: float) -> None:
    """Warn where the normal recordings are too few for a false-alarm rate.

    Args:
        calibrated: The calibration of the model.
        rate: The false-alarm rate in (0, 1).
    """
    if warning := calibrated.warning(rate):
        warn(warning)


def warn(*sentences: str) -> None:
    """Show what should be known of recordings or a model.

    Args:
        sentences: A box for each.
    """
    for said in sentences:
        st.warning(markdown.sentence(said), icon=":material/info:")


def problems(heading: str, sentences: Sequence[str]) -> None:
    """List what could not be used.

    Args:
        heading: What the list is about; may be empty.
        sentences: One for each thing; nothing is shown where there is none.
    """
    if sentences:
        st.warning(f"{heading}\n{markdown.bullets(sentences)}".strip(), icon=":material/rule:")
