"""What would make it normal? The smallest part whose replacement flips the verdict."""

from __future__ import annotations

import streamlit as st

from app.text import explanations, formats, glossary
from app.widgets import explanation_jobs
from app.widgets.explanation import sound_cards
from app.widgets.explanation.case import Case
from app.widgets.explanation.hearing import hear
from app.widgets.explanation.sound_cards import Card


def draw(case: Case) -> None:
    """The part, shown and heard, and what the verdict is without it."""
    st.caption(glossary.COUNTERFACTUAL)
    kept = case.flipped
    if kept is None:
        seconds = case.score.duration_seconds or 0.0
        if case.stretch is not None:
            seconds = case.stretch[1] - case.stretch[0]
        explanation_jobs.draw_waiting(
            case.flip,
            "Looking for the smallest part that flips the verdict",
            "The search",
            by_itself=False,
            button="Find it",
        )
        st.caption(
            "It scores the recording up to 14 times: "
            f"about {formats.duration(max(2.0, 0.5 * seconds))}."
        )
        return
    values = kept.values
    start = case.stretch[0] if case.stretch else 0.0
    st.markdown(explanations.made_normal(values, start))
    if "masked" not in kept.sounds or not values["share"]:
        return
    sound_cards.draw(
        [
            Card(
                "The recording",
                f"coloured: the {100 * values['share']:.1f} % that is replaced",
                kept.pictures["clip"],
                values["before"],
            ),
            Card("Made normal", "that part replaced", kept.pictures["masked"], values["after"]),
        ],
        case.threshold,
    )
    hear(case, kept, {"masked": "Made normal"})
