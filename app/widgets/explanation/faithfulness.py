"""Is the map right? FF v1 and v2: what is left without the part, alone, and with it filled."""

from __future__ import annotations

import streamlit as st

from app.text import explanations, glossary, markdown
from app.widgets import explanation_jobs
from app.widgets.explanation import sound_cards
from app.widgets.explanation.case import Case
from app.widgets.explanation.hearing import hear
from app.widgets.explanation.sound_cards import Card
from core.storage.explanations import SavedExplanation


def draw(case: Case) -> None:
    """The clip and its parts, each with its evidence, and two sentences."""
    kept = case.explained
    if kept is None:
        explanation_jobs.draw_waiting(
            case.explain,
            "Scoring what the map keeps, removes and fills",
            "The explanation",
            # Who plays a long recording through does not ask about each of its parts.
            by_itself=case.stretch is None,
            button="Explain this part",
        )
        return
    numbers = kept.values["faithfulness"]
    cards = [
        Card("The recording", "as it is, with the map", kept.pictures["clip"], numbers["p"]),
        Card("Kept", "the unlike part alone", kept.pictures["kept"], numbers["o"]),
        Card("Removed", "the rest, with a gap", kept.pictures["removed"], numbers["q"]),
    ]
    if "filled" in kept.pictures:
        cards.append(Card("Filled", "the gap filled", kept.pictures["filled"], numbers.get("r")))
    if "nearest" in kept.pictures:
        cards.append(Card("Nearest normal", "another recording", kept.pictures["nearest"], None))
    sound_cards.draw(cards, case.threshold)
    heard = "All of these can be heard in the player above, at one playhead."
    st.caption(f"{glossary.EVIDENCE} {heard if case.stretch is None else ''}")
    hear(case, kept, {"filled": "The gap filled", "nearest": "The nearest normal recording"})
    st.markdown(explanations.faithfulness_v1(numbers))
    second = explanations.faithfulness_v2(numbers, str(kept.values["background"]))
    if second:
        st.markdown(second)
    _say_nearest(kept)


def _say_nearest(kept: SavedExplanation) -> None:
    if kept.values["note"]:
        st.info(markdown.plain(str(kept.values["note"]), 400), icon=":material/info:")
    elif kept.values["nearest_name"]:
        st.caption(
            f"The nearest normal recording is “{markdown.plain(str(kept.values['nearest_name']))}”."
        )
