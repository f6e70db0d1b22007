"""Small pictures of sounds side by side, each with its evidence."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st

from app.text import explanation as text
from app.text import formats
from core.detectors.calibration.evidence_scale import AT_THRESHOLD


@dataclass(frozen=True)
class Card:
    """One sound.

    Attributes:
        title: Its name.
        said: What it is.
        picture: Its spectrogram as PNG.
        evidence: Its evidence in [0, 1], if it was scored.
    """

    title: str
    said: str
    picture: bytes
    evidence: float | None


def draw(cards: Sequence[Card]) -> None:
    """Draw the cards in a row that wraps; the mark on each bar is the threshold.

    Args:
        cards: The cards.
    """
    st.html(f'<div class="hm-cards">{"".join(map(_card, cards))}</div>')


def _card(card: Card) -> str:
    source = base64.b64encode(card.picture).decode("ascii")
    bar = ""
    if card.evidence is not None:
        number = text.EVIDENCE.format(value=formats.evidence(card.evidence))
        bar = (
            f'<div class="hm-bar"><div style="width:{100 * card.evidence:.0f}%"></div>'
            f'<i style="left:{100 * AT_THRESHOLD:.0f}%"></i></div>'
            f'<div class="hm-number">{number}</div>'
        )
    return (
        f'<figure class="hm-card"><img src="data:image/png;base64,{source}" '
        f'alt="{escape(text.SPECTROGRAM.format(title=card.title))}">'
        f"<figcaption><b>{escape(card.title)}</b><span>{escape(card.said)}</span>"
        f"{bar}</figcaption></figure>"
    )
