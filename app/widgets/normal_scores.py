"""The normal scores as bars, with the threshold and where one recording is among them.

Plain HTML: a chart library's figure took a tenth of a second of the browser's time for every
recording that Listen opened, and this one says as much.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import numpy as np
import streamlit as st
from numpy.typing import ArrayLike, NDArray

from app.components.threshold.histogram import bin_edges, finite
from app.text import formats
from app.text import normal_scores as text
from core.report.ticks import ticks

# Bars reach so high that the word at the threshold stands clear of them.
HEADROOM = 1.22


@dataclass(frozen=True)
class NormalScores:
    """What is drawn: bins of normal scores, an axis that holds all of it, a recording or none.

    Attributes:
        edges: Edges [k + 1] of the bins, in scores.
        counts: Normal recordings [k] in each bin.
        threshold: The threshold.
        score: The score of a recording, if any.
        low: The axis's lower end, in scores.
        high: Its upper end.
    """

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]
    threshold: float
    score: float | None
    low: float
    high: float

    def place(self, score: float) -> float:
        """Find the place of a score on the axis.

        Args:
            score: The score.

        Returns:
            The place in percent of the axis's length.
        """
        return 100.0 * (score - self.low) / (self.high - self.low)

    @property
    def summary(self) -> str:
        """The picture in words."""
        n_normal = int(self.counts.sum())
        if not n_normal:
            return text.NO_SCORES
        lowest, highest = float(self.edges[0]), float(self.edges[-1])
        return text.summary(n_normal, lowest, highest, self.threshold, self.score)


def normal_scores(scores: ArrayLike, threshold: float, score: float | None = None) -> NormalScores:
    """Lay out the picture.

    Args:
        scores: Normal scores [n].
        threshold: The threshold.
        score: The score of a recording that is compared with them, if any.

    Returns:
        What is drawn.
    """
    normal = finite(scores)
    shown = [*normal, threshold, *([] if score is None else [score])]
    low, high = min(shown), max(shown)
    pad = 0.04 * (high - low) or 0.5
    edges = bin_edges(normal)
    return NormalScores(
        edges, np.histogram(normal, edges)[0], threshold, score, low - pad, high + pad
    )


def draw(scores: ArrayLike, threshold: float, score: float | None = None) -> None:
    """Draw the picture, as wide as its place.

    Args:
        scores: Normal scores [n].
        threshold: The threshold.
        score: The score of a recording that is compared with them, if any.
    """
    st.html(html(normal_scores(scores, threshold, score)))


def html(found: NormalScores) -> str:
    """Write the picture as HTML, styled by assets/style.css.

    Args:
        found: What is drawn.

    Returns:
        The HTML, which holds numbers only.
    """
    top = max(int(found.counts.max(initial=0)), 1)
    spans = zip(found.edges[:-1], found.edges[1:], found.counts, strict=True)
    bars = "".join(
        f'<div class="bar" style="left:{found.place(start):.2f}%;'
        f"width:{found.place(end) - found.place(start):.2f}%;"
        f'height:{100 * count / (HEADROOM * top):.2f}%" title="{_bin_title(count, start, end)}">'
        "</div>"
        for start, end, count in spans
        if count
    )
    at = found.place(found.threshold)
    # Each word stands where there is room for it.
    side, other = ("before", "start") if at > 50 else ("after", "end")
    most = (
        f'<div class="most {other}" style="bottom:{100 / HEADROOM:.2f}%">'
        f"{formats.counted(top, text.RECORDINGS)}</div>"
    )
    line = (
        f'<div class="line" style="left:{at:.2f}%"></div>'
        f'<span class="word {side}" style="left:{at:.2f}%">{text.THRESHOLD}</span>'
    )
    mark = ""
    if found.score is not None:
        title = text.THIS_RECORDING.format(score=formats.score(found.score))
        mark = (
            f'<div class="mark {"above" if found.score > found.threshold else "below"}" '
            f'style="left:{found.place(found.score):.2f}%" title="{title}"></div>'
        )
    axis = "".join(
        f'<span style="left:{found.place(tick):.2f}%">{tick:g}</span>'
        for tick in ticks(found.low, found.high)
        if 3 < found.place(tick) < 97
    )
    return (
        f'<div class="hm-scores" role="img" aria-label="{escape(found.summary)}">'
        f'<div class="plot">{most}{bars}{line}{mark}</div>'
        f'<div class="axis">{axis}</div><div class="unit">{text.SCORE}</div></div>'
    )


def _bin_title(count: int, start: float, end: float) -> str:
    return text.BIN.format(
        recordings=formats.counted(int(count), text.RECORDINGS),
        start=formats.score(start),
        end=formats.score(end),
    )
