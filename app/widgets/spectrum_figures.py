"""Figures of a spectrum against normal, and of the level over time."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from app.text import spectrum as text
from core.explain.spectrum_against_normal import SpectrumAgainstNormal

# Legible on both themes' backgrounds; the orange is that of the map.
GREY, RANGE, OWN, BEYOND = "#8a9492", "rgba(138,148,146,0.3)", "#0b8494", "rgba(217,72,15,0.5)"
HEIGHT = 360
# Less on the axis would make noise look like events.
LEAST_DB = 12.0


def spectrum(found: SpectrumAgainstNormal) -> go.Figure:
    """Draw an average spectrum over the range of normal recordings, what lies beyond it filled.

    Args:
        found: The comparison.

    Returns:
        The figure; Hz and dB are at the pointer.
    """
    figure = go.Figure()
    hz = found.freq_hz
    for edge, beyond in (
        (found.high_db, np.maximum(found.level_db, found.high_db)),
        (found.low_db, np.minimum(found.level_db, found.low_db)),
    ):
        if (beyond != edge).any():
            _line(figure, hz, edge, None)
            _line(figure, hz, beyond, None, fill="tonexty", fillcolor=BEYOND, name=text.BEYOND)
            figure.data[-1].showlegend = not any(
                one.showlegend and one.name == text.BEYOND for one in figure.data[:-1]
            )
    _range(figure, hz, (found.low_db, found.median_db, found.high_db))
    dotted = {"color": GREY, "width": 1, "dash": "dot"}
    _line(figure, hz, found.highest_db, dotted, name=text.NORMAL_HIGHEST, at=text.AT_HZ)
    own = {"color": OWN, "width": 2.5}
    _line(figure, hz, found.level_db, own, name=text.RECORDING, at=text.AT_HZ)
    ticks = [50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000]
    figure.update_xaxes(
        title_text=text.HZ, type="log", tickvals=ticks, ticktext=[f"{tick:,}" for tick in ticks]
    )
    return _quiet(figure)


def over_time(found: SpectrumAgainstNormal) -> go.Figure:
    """Draw the level of a band over time, with the range of the normal recordings' averages.

    Args:
        found: The comparison.

    Returns:
        The figure; seconds and dB are at the pointer.
    """
    figure = go.Figure()
    ends = found.time_s[[0, -1]]
    low, median, high = (np.full(2, level) for level in found.band_range_db)
    _range(figure, ends, (low, median, high))
    own = {"color": OWN, "width": 2}
    _line(figure, found.time_s, found.band_db, own, name=text.RECORDING, at=text.AT_SECONDS)
    figure.update_xaxes(title_text=text.SECONDS)
    shown = [*found.band_db, *found.band_range_db]
    middle = (max(shown) + min(shown)) / 2
    half = max(0.55 * (max(shown) - min(shown)), LEAST_DB / 2)
    figure.update_yaxes(range=[middle - half, middle + half])
    return _quiet(figure)


def _range(figure: go.Figure, x: np.ndarray, levels: tuple[np.ndarray, ...]) -> None:
    low, median, high = levels
    _line(figure, x, low, None)
    _line(figure, x, high, None, fill="tonexty", fillcolor=RANGE, name=text.NORMAL_RANGE)
    dashed = {"color": GREY, "width": 1.5, "dash": "dash"}
    at = text.AT_HZ if x.size > 2 else None
    _line(figure, x, median, dashed, name=text.NORMAL_MEDIAN, at=at)


def _line(
    figure: go.Figure,
    x: np.ndarray,
    y: np.ndarray,
    line: dict[str, object] | None,
    *,
    name: str = "",
    at: str | None = None,
    **options: object,
) -> None:
    figure.add_scatter(
        x=x,
        y=y,
        mode="lines",
        line=line or {"width": 0},
        name=name,
        showlegend=bool(name),
        hovertemplate=at and f"{at}<extra>{name}</extra>",
        hoverinfo=None if at else "skip",
        **options,
    )


def _quiet(figure: go.Figure) -> go.Figure:
    figure.update_yaxes(title_text=text.LEVEL)
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        dragmode=False,
        hovermode="closest",
        hoverdistance=60,
        legend={"orientation": "h", "y": -0.25},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
    return figure
