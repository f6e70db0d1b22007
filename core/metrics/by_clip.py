"""One metric over many clips, both ways: the mean of the clips' values, and all cells pooled.

Vision to Sound does not say which of the two its tables hold, so both are here; one kind is never
compared with the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from core.errors import MetricError
from core.metrics.checks import AnyArray, checked
from core.types import Float64Array


@dataclass(frozen=True, eq=False)
class ByClip:
    """A metric's value for each clip, and for all clips' cells together.

    Attributes:
        per_clip: [n], NaN for a clip whose truth has one class only, such as a normal one
        pooled: of all cells, those of such clips too
    """

    per_clip: Float64Array
    pooled: float

    @property
    def defined(self) -> Float64Array:
        """The values of the clips that have one: what a bootstrap draws from."""
        return self.per_clip[~np.isnan(self.per_clip)]

    @property
    def mean(self) -> float:
        """The mean over the clips that have a value.

        Raises:
            MetricError: none has.
        """
        if not self.defined.size:
            raise MetricError(
                f"A mean over clips is undefined: the truth of each of the {self.per_clip.size} "
                "clips has one class only."
            )
        return float(self.defined.mean())


def by_clip(
    metric: Callable[[AnyArray, AnyArray], float],
    truths: Sequence[AnyArray],
    scores: Sequence[AnyArray],
    *,
    pooled: Callable[[Sequence[AnyArray], Sequence[AnyArray]], float] | None = None,
) -> ByClip:
    """Compute a metric of each clip, and of all cells.

    Args:
        metric: takes truth and scores
        truths: a truth a clip; clips may differ in length
        scores: a score of the same shape a clip
        pooled: takes all truths and all scores; by default `metric`, given all cells in one flat
            array

    Returns:
        The values.

    Raises:
        MetricError: the numbers of clips or a clip's shapes differ, or a score is NaN, or the
            pooled value is undefined.
    """
    if len(truths) != len(scores):
        raise MetricError(f"There are {len(truths)} truths for the scores of {len(scores)} clips.")
    if not truths:
        raise MetricError("A metric over clips is undefined: there are no clips.")
    pairs = [checked(truth, score) for truth, score in zip(truths, scores, strict=True)]
    per_clip = [metric(*pair) if 0 < pair[0].mean() < 1 else np.nan for pair in pairs]
    masks, numbers = zip(*pairs, strict=True)
    if pooled is not None:
        return ByClip(np.array(per_clip), pooled(masks, numbers))
    flat = (np.concatenate([array.ravel() for array in arrays]) for arrays in (masks, numbers))
    return ByClip(np.array(per_clip), metric(*flat))
