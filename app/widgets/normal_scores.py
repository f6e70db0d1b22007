"""The held-out normal scores as bars, with the threshold and where one clip stands among them.

Plain HTML: a chart program's figure took a tenth of a second of the browser's time for every clip
that Listen opened, and this one says as much.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import numpy as np
import streamlit as st
from numpy.typing import ArrayLike, NDArray

from app.text import formats
from core.report.ticks import ticks

MOST_BINS = 40
# Bars reach so high that the threshold's word stands clear of them.
HEADROOM = 1.22


@dataclass(frozen=True)
class NormalScores:
    """What is drawn: bins of normal scores, an axis that holds all of it, a clip or none."""

    edges: NDArray[np.float64]
    """Edges [k + 1] of the bins, in scores."""
    counts: NDArray[np.int64]
    """Normal clips [k] in each."""
    threshold: float
    score: float | None
    low: float
    high: float
    """The axis's ends."""

    @property
    def is_above(self) -> bool:
        """Whether the clip lies above the threshold."""
        return self.score is not None and self.score > self.threshold

    def place(self, score: float) -> float:
        """Where a score lies on the axis, in percent of its length."""
        return 100.0 * (score - self.low) / (self.high - self.low)

    @property
    def summary(self) -> str:
        """The picture in words."""
        if not self.counts.any():
            return "No held-out normal clip has a score."
        said = (
            f"{formats.counted(int(self.counts.sum()), 'held-out normal clip')} score "
            f"{self.edges[0]:.3g} to {self.edges[-1]:.3g}; the threshold is {self.threshold:.3g}"
        )
        if self.score is None:
            return f"{said}."
        side = "above" if self.is_above else "below"
        return f"{said}; this clip scores {self.score:.3g}, {side} it."


def normal_scores(scores: ArrayLike, threshold: float, score: float | None = None) -> NormalScores:
    """The picture of held-out normal scores [n], a threshold and one clip's score."""
    normal = _finite(scores)
    shown = [*normal, threshold, *([] if score is None else [score])]
    low, high = min(shown), max(shown)
    pad = 0.04 * (high - low) or 0.5
    edges = bin_edges(normal)
    return NormalScores(
        edges, np.histogram(normal, edges)[0], threshold, score, low - pad, high + pad
    )


def bin_edges(scores: ArrayLike) -> NDArray[np.float64]:
    """Edges [k + 1] of equal bins over the scores: Freedman and Diaconis's, at least 5.

    >>> bin_edges([1.0, 1.0]).size
    2
    """
    values = _finite(scores)
    if values.size == 0:
        return np.array([0.0, 1.0])
    low, high = float(values.min()), float(values.max())
    if high - low < 1e-9 * max(1.0, abs(high)):
        reach = 0.02 * max(abs(low), 1.0)
        return np.array([low - reach, high + reach])
    quarter, three = np.quantile(values, [0.25, 0.75])
    width = 2 * (three - quarter) / values.size ** (1 / 3)
    wanted = (high - low) / width if width > 0 else MOST_BINS
    return np.linspace(low, high, int(np.clip(np.ceil(wanted), 5, MOST_BINS)) + 1)


def draw(scores: ArrayLike, threshold: float, score: float | None = None) -> None:
    """Draws the picture where the page stands; it is as wide as its place."""
    st.html(html(normal_scores(scores, threshold, score)))


def html(found: NormalScores) -> str:
    """The picture as HTML, styled by assets/style.css; it holds numbers only."""
    top = max(int(found.counts.max(initial=0)), 1)
    spans = zip(found.edges[:-1], found.edges[1:], found.counts, strict=True)
    bars = "".join(
        f'<div class="bar" style="left:{found.place(start):.2f}%;'
        f"width:{found.place(end) - found.place(start):.2f}%;"
        f'height:{100 * count / (HEADROOM * top):.2f}%" title="'
        f'{formats.counted(int(count), "normal clip")}: score {start:.3g} to {end:.3g}"></div>'
        for start, end, count in spans
        if count
    )
    at = found.place(found.threshold)
    # Each word stands where there is room for it.
    side, other = ("before", "start") if at > 50 else ("after", "end")
    most = (
        f'<div class="most {other}" style="bottom:{100 / HEADROOM:.2f}%">'
        f"{formats.counted(top, 'normal clip')}</div>"
    )
    line = (
        f'<div class="line" style="left:{at:.2f}%"></div>'
        f'<span class="word {side}" style="left:{at:.2f}%">threshold</span>'
    )
    mark = ""
    if found.score is not None:
        side = "above" if found.is_above else "below"
        mark = (
            f'<div class="mark {side}" style="left:{found.place(found.score):.2f}%" '
            f'title="this clip: {found.score:.3g}"></div>'
        )
    axis = "".join(
        f'<span style="left:{found.place(tick):.2f}%">{tick:g}</span>'
        for tick in ticks(found.low, found.high)
        if 3 < found.place(tick) < 97
    )
    return (
        f'<div class="hm-scores" role="img" aria-label="{escape(found.summary)}">'
        f'<div class="plot">{most}{bars}{line}{mark}</div>'
        f'<div class="axis">{axis}</div><div class="unit">score</div></div>'
    )


def _finite(values: ArrayLike) -> NDArray[np.float64]:
    array = np.asarray(values, dtype=float).ravel()
    return array[np.isfinite(array)]
