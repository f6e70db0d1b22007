"""Which of the training clips are unlike the others: a bark among recordings of rain.

One such clip sets the threshold for all. The user is told, listens, and may leave it out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import ndtri

from core.runtime.time_words import time_text
from core.types import Float64Array

FEWEST_CLIPS = 4
# Of sets of clips whose scores are log-normal one in 20 has an outlying clip by this measure.
LEVEL = 0.05
N_SIMULATED = 4000
MOST_SIMULATED = 200
MAD_OF_NORMAL = 0.6745


@dataclass(frozen=True)
class OutlyingClip:
    """A training clip whose cross-fitted score is unlike the others'.

    Attributes:
        index: its place among the training clips.
        name: the clip's.
        score: the clip's.
        deviation: its distance from the median of the logarithms, in median absolute deviations.
        limit: the deviation above which a clip is outlying.
    """

    index: int
    name: str
    score: float
    deviation: float
    limit: float

    def words(self, view: str = "", peak_s: float | None = None) -> str:
        """Say how far the clip is from the others, and where.

        Args:
            view: the view whose scores these are, such as “event view”; empty where there is one.
            peak_s: when it is least like the others, in seconds, where that is known.

        Returns:
            A sentence.
        """
        moment = "" if peak_s is None else f", most of all at {time_text(peak_s)}"
        which = f" in the {view}" if view else ""
        return (
            f"“{self.name}” is unlike the other normal recordings{moment}: its score{which} is "
            f"{self.deviation:.0f} times as far above the median as the others usually are from it."
        )


def outlying_clips(scores: Float64Array, names: Sequence[str]) -> list[OutlyingClip]:
    """Find the training clips that score far higher than the others.

    Distances from the median are measured in median absolute deviations of the logarithms, which
    outlying clips hardly change while they are fewer than half (Hampel, 1974), so two do not hide
    each other. The limit is the 95 % quantile of the largest such distance in simulated sets of as
    many normal values: it is 5.2 for 24 clips and 7.2 for four.

    Measured with PaDiM's event view: of 72 sets of 8 to 24 clips of made machines 2 have an
    outlying clip. A bark at 6 dB in one of 24 clips of ESC-10's rain is found in 6 of 6 draws and
    nothing else with it, in one of 12 in 4 of 6; in one of 24 clips of fire in 3 of 6, helicopters
    1, chainsaws 0, whose own recordings lie as far apart. Real normal sets have clips of their own
    that are unlike the others: 14 of 84 draws of 8 to 24 clips of a class of ESC-10, and 20 of 32
    draws of eight normal takes of a machine of MIMII, where one can score three times the median.

    Args:
        scores: [n] above 0, of a scorer fitted on other clips; of a single view, since a score that
            is made of p-values has lost the distance.
        names: of the clips.

    Returns:
        The outlying clips, highest first; none where there are fewer than four clips.

    Raises:
        ValueError: a score is not above 0.
    """
    if not (scores > 0.0).all():
        raise ValueError("outlying_clips takes the logarithm of scores: all must be above 0.")
    if len(scores) < FEWEST_CLIPS:
        return []
    logarithms = np.log(scores)
    middle = np.median(logarithms)
    # Scores that hardly differ have no outlying ones.
    spread = max(float(np.median(np.abs(logarithms - middle))), 0.01)
    deviations = (logarithms - middle) / spread
    limit = largest_deviation(len(scores))
    return [
        OutlyingClip(
            int(i),
            names[i],
            float(scores[i]),
            float(deviations[i]),
            limit,
        )
        for i in np.argsort(-scores, kind="stable")
        if deviations[i] > limit
    ]


@lru_cache(maxsize=64)
def largest_deviation(n: int) -> float:
    """Find what the largest of n normal values exceeds in one set of 20.

    Costs 30 ms for 100 values; above 200 the median and its deviation count as known.

    Args:
        n: how many.

    Returns:
        The distance from the median, in median absolute deviations.
    """
    if n > MOST_SIMULATED:
        return float(ndtri((1.0 - LEVEL) ** (1.0 / n)) / MAD_OF_NORMAL)
    values = np.random.default_rng(0).standard_normal((N_SIMULATED, n))
    values -= np.median(values, axis=1, keepdims=True)
    largest = values.max(axis=1) / np.median(np.abs(values), axis=1)
    return float(np.quantile(largest, 1.0 - LEVEL))
