"""Which network a fit uses: one of those whose weights are here."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.state import Key
from app.text import fit as text
from app.text import markdown
from app.text.methods import network_title

USUAL = "aisfx"


def draw(column: DeltaGenerator, own: Sequence[str] = ()) -> str:
    """Draw the choice; networks whose weights are not here wait in the Weights view.

    Args:
        column: Where the choice stands.
        own: The networks that the method can work with, where it cannot with any.

    Returns:
        The name of the backbone.
    """
    # Not at the top: PyTorch comes with it.
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
    return column.selectbox(**text.NETWORK, options=names, format_func=network_title, key=key)


def warn_of_empty_bands(name: str, sample_rates: Sequence[int]) -> None:
    """Warn where recordings leave mel bands of a network empty.

    Args:
        name: The name of the backbone.
        sample_rates: The sample rates of the recordings, in Hz.
    """
    from core.backbones import front_end
    from core.spectral.mel_coverage import band_limit_warning

    said = band_limit_warning(front_end(name), sample_rates, network_title(name))
    if said:
        st.warning(markdown.sentence(said), icon=":material/graphic_eq:")
