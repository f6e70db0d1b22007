"""The spectrum of what is shown or chosen in Listen against the normal recordings' spectra."""

from __future__ import annotations

import streamlit as st

from app import cache
from app.text import spectrum as text
from app.widgets.downloads import button
from core.report.finding_words import NO_SPECTRA
from core.runtime.file_names import file_stem
from core.storage.scores import ScoreRecord
from core.types import Box

CONFIG = {"displayModeBar": False}


def draw(model_id: str, score: ScoreRecord, stretch: tuple[float, float], box: Box | None) -> None:
    """Draw it once it is opened: the chart library alone takes a browser a tenth of a second.

    Args:
        model_id: The model.
        score: The recording's score.
        stretch: Start and end in seconds of what is shown.
        box: What is chosen in the player; None for everything that is shown.
    """
    with st.expander(text.HEADING, key="spectrum", on_change="rerun") as place:
        if not place.open:
            return
        normals = cache.normal_spectra(model_id)
        if normals is None:
            st.info(NO_SPECTRA, icon=":material/info:")
            return
        from app.widgets import spectrum_figures
        from core.explain.spectrum_against_normal import (
            spectrum_against_normal,
            spectrum_sentence,
        )

        sounds = cache.sounds(model_id, score.clip_id, *stretch, score.created_at)
        found = spectrum_against_normal(cache.measured(model_id, sounds), normals, box)
        said = spectrum_sentence(found)
        st.markdown(text.compared(box, said))
        what = text.chosen(box)
        st.plotly_chart(
            spectrum_figures.spectrum(found),
            config=CONFIG,
            key="spectrum_chart",
            alt=text.ALT.format(what=what, said=said),
        )
        st.markdown(text.OVER_TIME)
        st.plotly_chart(
            spectrum_figures.over_time(found),
            config=CONFIG,
            key="level_chart",
            alt=text.ALT_TIME.format(what=what),
        )
        button(
            text.DOWNLOAD,
            found.csv,
            f"{file_stem(score.clip_name)}_limit_mask.csv",
            key="download_limit_mask",
        )
        st.caption(f"{text.ABOUT} {text.HOW_TO}")
