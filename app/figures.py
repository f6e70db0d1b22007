"""Figures of the views: how normal clips score, and where one clip stands among them.

Colours are given where they carry meaning (one hue for evidence, as in the player); all others
are left to Streamlit's theme, so that one figure suits light and dark.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from core.types import AnomalyMap

HEAT = "#d9480f"
# Legible on both themes' backgrounds.
GREY = "#8a9492"
LINE = "#c2410c"
MOST_BINS = 40
MOST_COLUMNS = 800


def histogram(
    normal_scores: ArrayLike, score: float | None, threshold: float, *, height: int = 240
) -> go.Figure:
    """Held-out normal scores [n] as bars, the threshold as a line, the clip as a marker.

    The clip's marker says by its shape as well as its place on which side it lies.
    """
    normal = _finite(normal_scores)
    shown = [*normal, threshold, *([score] if score is not None else [])]
    low, high = min(shown), max(shown)
    pad = 0.04 * (high - low) or 0.5
    edges = bin_edges(normal)
    counts, _ = np.histogram(normal, edges)
    top = max(int(counts.max(initial=0)), 1)
    figure = go.Figure()
    figure.add_bar(
        x=(edges[:-1] + edges[1:]) / 2,
        y=counts,
        width=np.diff(edges) * 0.94,
        marker={"color": GREY, "line": {"width": 0}},
        customdata=np.stack([edges[:-1], edges[1:]], axis=1),
        hovertemplate="%{y} normal clips score %{customdata[0]:.3g} to %{customdata[1]:.3g}"
        "<extra></extra>",
        name="normal clips",
    )
    figure.add_vline(x=threshold, line={"color": LINE, "width": 2, "dash": "dash"})
    # Away from the bars' side where there is room for words.
    is_left = threshold > (low + high) / 2
    figure.add_annotation(
        x=threshold,
        y=1,
        yref="paper",
        yanchor="top",
        xanchor="right" if is_left else "left",
        xshift=-6 if is_left else 6,
        text="threshold",
        showarrow=False,
    )
    if score is not None:
        is_above = score > threshold
        figure.add_scatter(
            x=[score],
            y=[0.08 * top],
            mode="markers",
            marker={
                "color": HEAT if is_above else GREY,
                "size": 14,
                "symbol": "diamond" if is_above else "circle",
                "line": {"color": "white", "width": 1.5},
            },
            hovertemplate="this clip: %{x:.3g}<extra></extra>",
            name="this clip",
        )
    figure.update_xaxes(title_text="score", range=[low - pad, high + pad], zeroline=False)
    figure.update_yaxes(title_text="normal clips", range=[0, 1.22 * top], nticks=5, tickformat="d")
    return _quiet(figure, height)


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


def strip(score_over_time: ArrayLike, unit: float, n: int = 60, top: float = 2.0) -> list[float]:
    """A short line for a table's cell: n highest scores in a row, in units of the threshold.

    Not below 0 and not above `top`, so that cells of one column can be compared.
    """
    values = _finite(score_over_time)
    if values.size == 0 or unit <= 0:
        return []
    starts = np.linspace(0, values.size, min(n, values.size), endpoint=False).astype(int)
    peaks = np.maximum.reduceat(values, starts) / unit
    return [float(value) for value in np.clip(peaks, 0.0, top)]


def map_figure(found: AnomalyMap, *, height: int = 340) -> go.Figure:
    """The calibrated map as a picture, where the player cannot run.

    Evidence is one hue on the scale 0 to 1 for every clip; regions are numbered boxes.
    """
    factor = -(-found.time_s.size // MOST_COLUMNS)
    starts = np.arange(0, found.time_s.size, factor)
    columns = np.maximum.reduceat(found.probability, starts, axis=1)
    figure = go.Figure(
        go.Heatmap(
            z=columns,
            x=found.time_s[starts],
            y=found.freq_hz,
            zmin=0.0,
            zmax=1.0,
            colorscale=heat_scale(),
            colorbar={"title": {"text": "evidence"}, "thickness": 12, "tickformat": ".0%"},
            hovertemplate="%{x:.2f} s, %{y:.0f} Hz: %{z:.0%}<extra></extra>",
        )
    )
    for number, region in enumerate(found.regions, start=1):
        figure.add_shape(
            type="rect",
            x0=region.start_s,
            x1=region.end_s,
            y0=region.low_hz,
            y1=region.high_hz,
            line={"color": LINE, "width": 2},
            label={"text": str(number), "textposition": "top left"},
        )
    figure.update_xaxes(title_text="seconds", showgrid=False)
    figure.update_yaxes(title_text="Hz", showgrid=False)
    return _quiet(figure, height)


def heat_scale() -> Sequence[tuple[float, str]]:
    """The one hue from nothing to full, transparent at first so that either theme shows."""
    red, green, blue = (int(HEAT[i : i + 2], 16) for i in (1, 3, 5))
    return [(step, f"rgba({red},{green},{blue},{step:g})") for step in (0.0, 0.25, 0.5, 0.75, 1.0)]


def _finite(values: ArrayLike) -> NDArray[np.float64]:
    array = np.asarray(values, dtype=float).ravel()
    return array[np.isfinite(array)]


def _quiet(figure: go.Figure, height: int) -> go.Figure:
    """No legend, no frame, no dragging: the figure is for reading."""
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        showlegend=False,
        bargap=0,
        dragmode=False,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
    return figure
