"""Figures of a benchmark: ROC curves, and one measure by class and method."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from sklearn.metrics import roc_curve

from app.text import benchmark as text

# One hue from nothing to much, legible on both themes.
SCALE = [(0.0, "#f3e9d9"), (0.5, "#7fb0b0"), (1.0, "#0b6570")]
# Legible on both themes' backgrounds.
GREY = "#8a9492"
# A method has its colour, its published preset a dashed line; legible on both themes.
COLOURS = ("#0b8494", "#d9822b", "#8a5a9e", "#6b7a7c", "#b3423a", "#3f7d4e")
CURVES_HEIGHT = 380


def roc_curves(curves: Sequence[tuple[str, str, Sequence[bool], Sequence[float]]]) -> go.Figure:
    """Draw ROC curves, and chance as a grey line.

    Args:
        curves: Of each method the title, the preset, the truth [n] and the scores [n].

    Returns:
        The figure.
    """
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": GREY, "width": 1, "dash": "dot"},
        name=text.CHANCE, hoverinfo="skip",
    )  # fmt: skip
    titles = list(dict.fromkeys(title for title, *_ in curves))
    for title, preset, truth, scores in curves:
        fpr, tpr, _ = roc_curve(np.asarray(truth, dtype=bool), np.asarray(scores, dtype=float))
        figure.add_scatter(
            x=fpr,
            y=tpr,
            mode="lines",
            line={
                "width": 2,
                "dash": "dash" if preset == "published" else "solid",
                "color": COLOURS[titles.index(title) % len(COLOURS)],
            },
            name=text.method(title, preset),
            hovertemplate=text.FOUND_AT,
        )
    figure.update_xaxes(title_text=text.FALSE_ALARMS, tickformat=".0%", range=[0, 1])
    figure.update_yaxes(title_text=text.FOUND, tickformat=".0%", range=[0, 1.02])
    return _quiet(figure, CURVES_HEIGHT)


def class_heatmap(
    values: NDArray[np.float64], classes: Sequence[str], methods: Sequence[str]
) -> go.Figure:
    """Draw a measure as colours, with the percentage written in each cell.

    Args:
        values: The measure [class, method] in percent, NaN where it was not measured.
        classes: The names of the classes.
        methods: The names of the methods.

    Returns:
        The figure.
    """
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=list(methods),
            y=list(classes),
            zmin=0.0,
            zmax=100.0,
            colorscale=SCALE,
            showscale=False,
            texttemplate="%{z:.1f}",
            hovertemplate="%{y}, %{x}: %{z:.1f} %<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed")
    return _quiet(figure, 150 + 48 * len(classes))


def _quiet(figure: go.Figure, height: int) -> go.Figure:
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        dragmode=False,
        legend={"orientation": "h", "y": -0.2},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
    return figure
