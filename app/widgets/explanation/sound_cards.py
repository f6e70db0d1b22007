"""Small pictures of a sound's parts side by side, each with the detector's evidence."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st


@dataclass(frozen=True)
class Card:
    """One sound: a title, what was done to it, its picture as PNG, and its evidence in [0, 1]."""

    title: str
    said: str
    picture: bytes
    evidence: float | None


def draw(cards: Sequence[Card], threshold: float) -> None:
    """The cards in a row that wraps; the mark on each bar is the threshold's evidence."""
    st.html(f'<div class="hm-cards">{"".join(_card(card, threshold) for card in cards)}</div>')


def _card(card: Card, threshold: float) -> str:
    source = base64.b64encode(card.picture).decode("ascii")
    bar = ""
    if card.evidence is not None:
        bar = (
            f'<div class="hm-bar"><div style="width:{100 * card.evidence:.0f}%"></div>'
            f'<i style="left:{100 * min(threshold, 0.99):.0f}%"></i></div>'
            f'<div class="hm-number">evidence {card.evidence:.2f}</div>'
        )
    return (
        f'<figure class="hm-card"><img src="data:image/png;base64,{source}" '
        f'alt="Spectrogram: {escape(card.title)}">'
        f"<figcaption><b>{escape(card.title)}</b><span>{escape(card.said)}</span>"
        f"{bar}</figcaption></figure>"
    )
