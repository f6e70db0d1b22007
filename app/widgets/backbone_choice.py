"""Which network a fit hears with: those whose weights are here."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.state import Key
from app.text import markdown

USUAL = "aisfx"
WITHOUT_WEIGHTS = {"beats-small": "A small BEATs, untrained: for trying a training here"}


def label(name: str) -> str:
    """A backbone as people read it."""
    from core.backbones.weights import catalogue

    return (
        catalogue.WEIGHTS[name].short_title
        if name in catalogue.WEIGHTS
        else WITHOUT_WEIGHTS.get(name, name)
    )


def draw(column: DeltaGenerator, own: Sequence[str] = ()) -> str:
    """Draws the list; gives the name that is chosen. Others wait in the Weights view.

    `own` are those that the method can work with, where it cannot with any.
    """
    from core.backbones import usable_backbones
    from core.backbones.weights import catalogue

    here = usable_backbones()
    if own:
        names = [name for name in own if name in here]
    else:
        names = [name for name in here if name in catalogue.WEIGHTS] or [USUAL]
    key = Key.OWN_BACKBONE if own else Key.BACKBONE
    if st.session_state.get(key) not in names:
        st.session_state.pop(key, None)
    return column.selectbox(
        "Backbone",
        names,
        format_func=label,
        key=key,
        help="The network that listens. More are in the Weights view; each is offered here once "
        "its weights are here.",
    )


def warn_of_empty_bands(name: str, sample_rates: Sequence[int]) -> None:
    """Says which mel bands recordings of these rates leave empty, where there are any."""
    from core.backbones import front_end
    from core.spectral.mel_coverage import band_limit_warning

    said = band_limit_warning(front_end(name), sample_rates, label(name))
    if said:
        st.warning(markdown.plain(said, 400), icon=":material/graphic_eq:")
