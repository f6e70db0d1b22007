"""Is the map right? Faithfulness v1 and v2: what is scored without the part, alone, replaced."""

from __future__ import annotations

import streamlit as st

from app.text import explanation as text
from app.text import glossary, markdown
from app.widgets import explanation_jobs
from app.widgets.explanation import listening, sound_cards
from app.widgets.explanation.explained_recording import ExplainedRecording
from app.widgets.explanation.sound_cards import Card


def draw(explained: ExplainedRecording) -> None:
    """Draw the recording and its parts, each with its evidence, and say what follows.

    Args:
        explained: The recording.
    """
    saved = explained.faithfulness
    if saved is None:
        explanation_jobs.draw_waiting(
            explained.explain_task,
            text.THE_EXPLANATION,
            # Who plays a long recording through does not ask about each of its parts.
            by_itself=explained.stretch is None,
            button=text.EXPLAIN,
        )
        return
    numbers, pictures = saved.values["faithfulness"], saved.pictures
    cards = [
        Card(glossary.RECORDING, text.WITH_MAP, pictures["clip"], numbers["p"]),
        Card(glossary.ANOMALOUS_PART, text.ALONE, pictures["kept"], numbers["o"]),
        Card(glossary.RESIDUAL, text.WITHOUT_PART, pictures["removed"], numbers["q"]),
    ]
    if "filled" in pictures:
        cards.append(Card(text.FILLED, text.PART_REPLACED, pictures["filled"], numbers.get("r")))
    if "nearest" in pictures:
        cards.append(Card(text.NEAREST, text.ANOTHER_RECORDING, pictures["nearest"], None))
    sound_cards.draw(cards)
    in_player = f" {text.IN_PLAYER}" if explained.stretch is None else ""
    st.caption(f"{glossary.EVIDENCE}{in_player}")
    listening.draw(explained, saved, {"filled": text.FILLED, "nearest": text.NEAREST})
    share = float(saved.values.get("share", 0.0))  # not in what earlier versions saved
    first = text.faithfulness_v1(numbers, share)
    second = text.faithfulness_v2(numbers, str(saved.values["background"]), share)
    # What follows from the better test; the values are for those who ask.
    st.markdown((second or first).splitlines()[-1])
    with st.expander(text.MEASURES):
        for measure in filter(None, [second, first]):
            st.markdown(measure)
    if saved.values["note"]:
        st.info(markdown.sentence(saved.values["note"]), icon=":material/info:")
    elif saved.values["nearest_name"]:
        st.caption(text.NEAREST_IS.format(name=markdown.plain(str(saved.values["nearest_name"]))))
