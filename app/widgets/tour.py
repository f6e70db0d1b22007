"""A two-minute tour of the views on the demo: a panel that says what to look at, and leads on.

The panel follows the user into every view. It ends when told to, and can be taken again.
"""

from __future__ import annotations

import streamlit as st

from app import navigation
from app.state import Query
from app.text import tour as text
from app.text.views import TITLES

ON = "tour"
DEMO = "Demo: "


def start() -> None:
    """Draw the panel from the next run on."""
    st.session_state[ON] = True


def is_on() -> bool:
    """Say whether the tour is under way in this session.

    Returns:
        Whether it is.
    """
    return bool(st.session_state.get(ON))


def draw(title: str) -> None:
    """Draw the panel of a view, while the tour is on.

    Args:
        title: The view's title.
    """
    if not is_on():
        return
    views = list(text.STEPS)
    number = next((k for k, view in enumerate(views) if TITLES[view] == title), -1)
    following = views[number + 1] if number + 1 < len(views) else None
    with st.container(border=True, key="tour"):
        if number < 0:
            st.markdown(text.NOT_IN_TOUR)
        else:
            said = text.STEPS[views[number]]
            st.markdown(
                text.STEP.format(number=number + 1, count=len(views), view=title, said=said)
            )
        with st.container(horizontal=True):
            if following is not None and st.button(
                text.NEXT.format(view=TITLES[following]),
                icon=":material/arrow_forward:",
                key="tour_next",
                type="secondary",
            ):
                navigation.go(following, _demo_query(following))
            label = text.CLOSE if following is None else text.END
            if st.button(label, icon=":material/close:", key="tour_end", type="tertiary"):
                st.session_state[ON] = False
                st.rerun()


def _demo_query(view: str) -> dict[str, str]:
    # Name the newest demo model, where the view shows one.
    # Not at the top: pages without a tour start without the database.
    from core.storage import models

    if view in ("start", "fit"):
        return {}
    demo = next((model for model in models.list_models() if model.name.startswith(DEMO)), None)
    return {Query.MODEL: demo.id} if demo else {}
