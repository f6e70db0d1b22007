"""Figures of a benchmark: ROC curves, and one measure by class and method."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from sklearn.metrics import roc_curve

# One hue from nothing to much, legible on both themes.
SCALE = [(0.0, "#f3e9d9"), (0.5, "#7fb0b0"), (1.0, "#0b6570")]
# Legible on both themes' backgrounds.
GREY = "#8a9492"
# A method has its colour, its published form a dashed line; legible on both themes.
COLOURS = ("#0b8494", "#d9822b", "#8a5a9e", "#6b7a7c", "#b3423a", "#3f7d4e")


def roc_curves(
    curves: Sequence[tuple[str, Sequence[bool], Sequence[float]]], *, height: int = 380
) -> go.Figure:
    """The ROC curve of each (name, truth [n], scores [n]), and chance as a grey line."""
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": GREY, "width": 1, "dash": "dot"},
        name="chance", hoverinfo="skip",
    )  # fmt: skip
    methods = list(dict.fromkeys(name.split(",")[0] for name, _, _ in curves))
    for name, truth, scores in curves:
        colour = COLOURS[methods.index(name.split(",")[0]) % len(COLOURS)]
        dash = "dash" if name.endswith("as published") else "solid"
        fpr, tpr, _ = roc_curve(np.asarray(truth, dtype=bool), np.asarray(scores, dtype=float))
        figure.add_scatter(
            x=fpr,
            y=tpr,
            mode="lines",
            line={"width": 2, "dash": dash, "color": colour},
            name=name,
            hovertemplate="%{y:.0%} of unlike clips found at %{x:.0%} false alarms",
        )
    figure.update_xaxes(title_text="normal clips called unlike", tickformat=".0%", range=[0, 1])
    figure.update_yaxes(title_text="unlike clips found", tickformat=".0%", range=[0, 1.02])
    return _quiet(figure, height)


def class_heatmap(
    values: np.ndarray, classes: Sequence[str], methods: Sequence[str], *, height: int = 300
) -> go.Figure:
    """A measure [class, method] in [0, 1] as colours with the percentage written in each cell."""
    text = [["" if np.isnan(v) else f"{100 * v:.1f}" for v in line] for line in values]
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=list(methods),
            y=list(classes),
            zmin=0.0,
            zmax=1.0,
            colorscale=SCALE,
            showscale=False,
            hovertemplate="%{y}, %{x}: %{z:.1%}<extra></extra>",
        )
    )
    for i, line in enumerate(text):
        for j, cell in enumerate(line):
            dark = not np.isnan(values[i, j]) and values[i, j] > 0.6
            figure.add_annotation(
                x=methods[j], y=classes[i], text=cell, showarrow=False,
                font={"color": "white" if dark else "#1c2426"},
            )  # fmt: skip
    figure.update_yaxes(autorange="reversed")
    return _quiet(figure, height)


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
