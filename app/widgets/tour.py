"""A two-minute tour of the views on the demo: a panel that says what to look at, and leads on.

The panel follows whoever wanders off by the menu; it ends when told to, and can be taken again.
"""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from app.state import Query

ON = "tour"
DEMO = "Demo: "


@dataclass(frozen=True)
class Step:
    """One view of the tour."""

    title: str
    view: str
    said: str


STEPS = (
    Step(
        "Start",
        "views/start.py",
        "Press **Try the demo**: HearMap makes the sounds of a machine, learns the normal ones and "
        "scores others. It takes a minute or two, and leads you to what it found. Where a demo "
        "model is listed below already, go straight on.",
    ),
    Step(
        "Fit",
        "views/fit.py",
        "Here normal recordings come in, a dozen or more, and nothing else: no fault needs to be "
        "known. The demo has done this part for you; with your own, drop them here and press Fit.",
    ),
    Step(
        "Score",
        "views/score.py",
        "Each recording with its evidence, strongest first. The p-value says how often a normal "
        "recording would score as high. Select a row to hear it.",
    ),
    Step(
        "Listen",
        "views/listen.py",
        "Press play, then **2** to hear only the unlike part and **3** for the rest, at the same "
        "place. Drag a box to hear only that. Below, *Why?* replaces the part by normal sound and "
        "asks the detector again.",
    ),
    Step(
        "Tune",
        "views/tune.py",
        "Where to draw the line: drag it, and see how many normal recordings it would call unlike. "
        "Nothing is fitted or scored again.",
    ),
)


def start() -> None:
    """The panel is drawn from the next run on."""
    st.session_state[ON] = True


def is_on() -> bool:
    """Whether the tour is under way in this session."""
    return bool(st.session_state.get(ON))


def draw(title: str) -> None:
    """The panel of the view with this title, while the tour is on."""
    if not is_on():
        return
    number = next((k for k, step in enumerate(STEPS) if step.title == title), None)
    with st.container(border=True, key="tour"):
        if number is None:
            st.markdown("**Tour.** This view is not part of it: look around, then go on.")
            following = STEPS[0]
        else:
            step = STEPS[number]
            st.markdown(f"**Tour, {number + 1} of {len(STEPS)}: {step.title}.** {step.said}")
            following = STEPS[number + 1] if number + 1 < len(STEPS) else None
        with st.container(horizontal=True):
            if following is not None and st.button(
                f"Next: {following.title}",
                icon=":material/arrow_forward:",
                key="tour_next",
                type="secondary",
            ):
                st.switch_page(following.view, query_params=_demo_query(following))
            label = "End the tour" if following is not None else "That was the tour: close"
            if st.button(label, icon=":material/close:", key="tour_end", type="tertiary"):
                st.session_state[ON] = False
                st.rerun()


def _demo_query(step: Step) -> dict[str, str]:
    """The address's part that names the newest demo model, where the view shows one."""
    from core.storage import models

    if step.title in ("Start", "Fit"):
        return {}
    demo = next((model for model in models.list_models() if model.name.startswith(DEMO)), None)
    return {Query.MODEL: demo.id} if demo else {}
