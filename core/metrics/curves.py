"""Areas under curves, by trapezoids."""

from __future__ import annotations

import numpy as np

from core.types import Float64Array


def area_under(x: Float64Array, y: Float64Array, up_to: float | None = None) -> float:
    """Compute the area under a curve whose points are joined by lines.

    Args:
        x: [n], never falling
        y: [n]
        up_to: where the curve is cut, within the segment it falls in; by default not at all

    Returns:
        The area.

    >>> area_under(np.array([0.0, 1.0]), np.array([0.0, 1.0]), up_to=0.5)
    0.125
    """
    if up_to is not None and up_to < x[-1]:
        n = int(np.searchsorted(x, up_to, side="right"))
        part = (up_to - x[n - 1]) / (x[n] - x[n - 1])
        x, y = np.append(x[:n], up_to), np.append(y[:n], y[n - 1] + part * (y[n] - y[n - 1]))
    return float(np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2.0))
