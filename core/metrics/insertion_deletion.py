"""How fast a clip turns normal as a map's highest cells are taken out, or anomalous as they come.

Petsiuk et al., "RISE", BMVC 2018, with background sound in place of what is out. A detector may
react to any hole; so each area is set against the same with cells ranked at random.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import MetricError
from core.metrics.checks import AnyArray, BoolArray, checked_map
from core.metrics.faithfulness import Masked, Probability
from core.types import Float64Array

N_STEPS = 10


@dataclass(frozen=True, eq=False)
class InsertionDeletion:
    """Probabilities as the highest cells by the map, and at random, are exchanged.

    Shape:
        all [n_steps + 1], at shares 0, 1 / n_steps .. 1 of the cells
    """

    shares: Float64Array
    deletion: Float64Array
    insertion: Float64Array
    random_deletion: Float64Array
    random_insertion: Float64Array

    @property
    def deletion_gain(self) -> float:
        """How much lower the area of deletion is than the random one's; above 0 is better."""
        return _area(self.shares, self.random_deletion) - _area(self.shares, self.deletion)

    @property
    def insertion_gain(self) -> float:
        """How much higher the area of insertion is than the random one's; above 0 is better."""
        return _area(self.shares, self.insertion) - _area(self.shares, self.random_insertion)


def insertion_deletion(
    probability: Probability,
    samples: AnyArray,
    map: AnyArray,
    masked: Masked,
    background: AnyArray,
    *,
    seed: int,
    n_steps: int = N_STEPS,
) -> InsertionDeletion:
    """The curves of one clip; the detector is run 4 (n_steps - 1) + 2 times.

    Shape:
        samples, background: [n]; map: [freq, time]

    `probability(samples)` is the whole detector; `masked(samples, mask)` multiplies the STFT.
    Equal cells are taken in an order drawn from the seed.

    Raises:
        MetricError: the map holds NaN, n_steps is below 1, or the background's length differs.
    """
    values = checked_map(map)
    if n_steps < 1:
        raise MetricError(f"n_steps is {n_steps}; at least one step is needed.")
    if np.shape(background) != np.shape(samples):
        raise MetricError(
            f"The background has shape {np.shape(background)} and the clip {np.shape(samples)}; "
            "they must be of one shape."
        )
    generator = np.random.default_rng(seed)
    shuffled = generator.permutation(values.size)
    by_map = shuffled[np.argsort(-values.ravel()[shuffled], kind="stable")]
    by_chance = generator.permutation(values.size)
    whole, empty = probability(samples), probability(background)

    def exchanged(order: NDArray[np.int64]) -> tuple[Float64Array, Float64Array]:
        deletion, insertion = [whole], [empty]
        for step in range(1, n_steps):
            first = order[: round(values.size * step / n_steps)]
            chosen: BoolArray = np.zeros(values.size, dtype=np.bool_)
            chosen[first] = True
            mask = chosen.reshape(values.shape).astype(np.float32)
            rest = 1.0 - mask
            deletion.append(probability(masked(samples, rest) + masked(background, mask)))
            insertion.append(probability(masked(samples, mask) + masked(background, rest)))
        return np.array([*deletion, empty]), np.array([*insertion, whole])

    deletion, insertion = exchanged(by_map)
    random_deletion, random_insertion = exchanged(by_chance)
    shares = np.linspace(0.0, 1.0, n_steps + 1)
    return InsertionDeletion(shares, deletion, insertion, random_deletion, random_insertion)


def _area(shares: Float64Array, probabilities: Float64Array) -> float:
    return float(np.sum(np.diff(shares) * (probabilities[1:] + probabilities[:-1]) / 2.0))
