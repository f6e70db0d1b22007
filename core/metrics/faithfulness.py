"""Whether the part that a map calls anomalous is what made the detector call a clip anomalous.

The detector's calibrated evidence of one clip x with map M and background bg is compared, each
through the whole detector: original f(x), kept f(x M), removed f(x (1 - M)), filled
f(x (1 - M) + bg M). It must be calibrated by cross-fitting, or the differences mean nothing.

Vision to Sound, 3.2.4, prints FF v1 with `kept` and describes it with `removed`, as L-MAC
(Paissan et al., ICML 2024) does: both are here. AI, AD and AG are L-MAC's, as shares, not percent.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from core.errors import MetricError
from core.metrics.checks import checked_numbers
from core.types import Float64Array


def faithfulness(
    original: ArrayLike, kept: ArrayLike, removed: ArrayLike, filled: ArrayLike | None = None
) -> dict[str, float]:
    """Compute the mean over clips of each measure in `faithfulness_per_clip`.

    Args:
        original: the evidence of n clips, [n], or one number; in [0, 1], as all
        kept: the evidence of what their maps keep, [n]
        removed: the evidence of what their maps leave, [n]
        filled: the same with background sound in place of what the maps take out, [n]

    Returns:
        The means by name.

    Raises:
        MetricError: shapes differ, or a value is NaN or outside [0, 1].

    >>> measures = faithfulness(original=0.75, kept=0.75, removed=0.25)
    >>> measures["ff_v1_keep"], measures["ff_v1_remove"]
    (0.0, 0.5)
    """
    per_clip = faithfulness_per_clip(original, kept, removed, filled)
    return {name: float(values.mean()) for name, values in per_clip.items()}


def faithfulness_per_clip(
    original: ArrayLike, kept: ArrayLike, removed: ArrayLike, filled: ArrayLike | None = None
) -> dict[str, Float64Array]:
    """Compute each measure of each clip.

    Args:
        original: the evidence of n clips, [n], in [0, 1], as all
        kept: the evidence of what their maps keep, [n]
        removed: the evidence of what their maps leave, [n]
        filled: the same with background sound in place of what the maps take out, [n]

    Returns:
        The measures by name, [n] each:

        - ff_v1_keep: original - kept, FF v1 as printed; low for a good map
        - ff_v1_remove: original - removed, FF v1 as described; high for a good map
        - ff_v2: original - filled; high; only where filled is given
        - average_increase: 1 where kept exceeds original
        - average_drop: the share of the original that kept loses; low
        - average_gain: the share of what original lacks to 1 that kept gains

    Raises:
        MetricError: shapes differ, or a value is NaN or outside [0, 1].
    """
    p, o, q = _checked_evidence(original), _checked_evidence(kept), _checked_evidence(removed)
    r = None if filled is None else _checked_evidence(filled)
    for name, values in (("kept", o), ("removed", q), ("filled", r)):
        if values is not None and values.shape != p.shape:
            raise MetricError(
                f"The original evidence has shape {p.shape} and the {name} one {values.shape}; "
                "they must be of one shape."
            )
    measures = {
        "ff_v1_keep": p - o,
        "ff_v1_remove": p - q,
        "average_increase": (o > p).astype(np.float64),
        "average_drop": _share(np.maximum(p - o, 0.0), p),
        "average_gain": _share(np.maximum(o - p, 0.0), 1.0 - p),
    }
    return measures if r is None else measures | {"ff_v2": p - r}


def _checked_evidence(values: ArrayLike) -> Float64Array:
    numbers = checked_numbers(np.asarray(values))
    lowest, highest = float(numbers.min()), float(numbers.max())
    if lowest < 0.0 or highest > 1.0:
        raise MetricError(
            f"Values from {lowest:g} to {highest:g} are no calibrated evidence; they must lie in "
            "0 to 1. Calibrate the detector first."
        )
    return numbers


def _share(part: Float64Array, whole: Float64Array) -> Float64Array:
    # Part / whole, and 0 where there is nothing to lose or gain.
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0.0)
