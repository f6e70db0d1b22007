"""Whether the part that a map calls anomalous is what made the detector call a clip anomalous.

Four probabilities of one clip x with map M and background bg, each through the whole detector:
original f(x), kept f(x M), removed f(x (1 - M)), filled f(x (1 - M) + bg M). They must be
calibrated on held-out normal clips, or their differences mean nothing.

Vision to Sound, 3.2.4, prints FF v1 with `kept` and describes it with `removed`, as L-MAC
(Paissan et al., ICML 2024) does: both are here. AI, AD and AG are L-MAC's, as shares, not percent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from core.errors import MetricError
from core.metrics.checks import AnyArray, checked_numbers
from core.types import Float64Array

Probability = Callable[[AnyArray], float]
Masked = Callable[[AnyArray, AnyArray], AnyArray]


@dataclass(frozen=True)
class MaskedProbabilities:
    """The detector's probability of one clip as it is, and of what its map makes of it."""

    original: float
    kept: float
    removed: float
    filled: float | None


def masked_probabilities(
    probability: Probability,
    samples: AnyArray,
    mask: AnyArray,
    masked: Masked,
    background: AnyArray | None = None,
) -> MaskedProbabilities:
    """Run the detector on a clip and on what its map keeps, removes and fills.

    Shape:
        samples, background: [n]; mask: [freq, time] in [0, 1]

    `probability(samples)` is the whole detector; `masked(samples, mask)` multiplies the STFT, as
    `core.spectral.masking.apply_mask` does.

    Raises:
        MetricError: the mask leaves [0, 1], or the background's length differs.
    """
    share = checked_share(mask)
    rest = masked(samples, 1.0 - share)
    filled = None
    if background is not None:
        if np.shape(background) != np.shape(samples):
            raise MetricError(
                f"The background has shape {np.shape(background)} and the clip "
                f"{np.shape(samples)}; they must be of one shape."
            )
        filled = probability(rest + masked(background, share))
    return MaskedProbabilities(
        probability(samples), probability(masked(samples, share)), probability(rest), filled
    )


def faithfulness(
    original: ArrayLike, kept: ArrayLike, removed: ArrayLike, filled: ArrayLike | None = None
) -> dict[str, float]:
    """The mean over clips of each measure in `faithfulness_per_clip`.

    Shape:
        original, kept, removed, filled: [n] probabilities of as many clips, or one number each

    Raises:
        MetricError: shapes differ, or a probability is NaN or outside [0, 1].

    >>> measures = faithfulness(original=0.75, kept=0.75, removed=0.25)
    >>> measures["ff_v1_keep"], measures["ff_v1_remove"]
    (0.0, 0.5)
    """
    per_clip = faithfulness_per_clip(original, kept, removed, filled)
    return {name: float(values.mean()) for name, values in per_clip.items()}


def faithfulness_per_clip(
    original: ArrayLike, kept: ArrayLike, removed: ArrayLike, filled: ArrayLike | None = None
) -> dict[str, Float64Array]:
    """Each measure of each clip, [n].

    - ff_v1_keep: original - kept, FF v1 as printed; low for a good map
    - ff_v1_remove: original - removed, FF v1 as described; high for a good map
    - ff_v2: original - filled, with holes filled by background; high; only where it is given
    - average_increase: 1 where kept exceeds original
    - average_drop: the share of the original that kept loses; low
    - average_gain: the share of what original lacks to 1 that kept gains

    Raises:
        MetricError: shapes differ, or a probability is NaN or outside [0, 1].
    """
    p, o, q = checked_share(original), checked_share(kept), checked_share(removed)
    r = None if filled is None else checked_share(filled)
    for name, values in (("kept", o), ("removed", q), ("filled", r)):
        if values is not None and values.shape != p.shape:
            raise MetricError(
                f"The original probabilities have shape {p.shape} and the {name} ones "
                f"{values.shape}; they must be of one shape."
            )
    measures = {
        "ff_v1_keep": p - o,
        "ff_v1_remove": p - q,
        "average_increase": (o > p).astype(np.float64),
        "average_drop": _share(np.maximum(p - o, 0.0), p),
        "average_gain": _share(np.maximum(o - p, 0.0), 1.0 - p),
    }
    return measures if r is None else measures | {"ff_v2": p - r}


def checked_share(values: ArrayLike) -> Float64Array:
    """Numbers in [0, 1], such as probabilities or a map's.

    Raises:
        MetricError: one is NaN or outside.
    """
    numbers = checked_numbers(np.asarray(values))
    lowest, highest = float(numbers.min()), float(numbers.max())
    if lowest < 0.0 or highest > 1.0:
        raise MetricError(
            f"Values from {lowest:g} to {highest:g} are no probabilities; they must lie in 0 to "
            "1. Calibrate the detector first."
        )
    return numbers


def _share(part: Float64Array, whole: Float64Array) -> Float64Array:
    """Part / whole, and 0 where there is nothing to lose or gain."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0.0)
