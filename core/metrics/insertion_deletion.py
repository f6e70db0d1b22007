"""How fast a clip turns normal as a map's highest cells are taken out, or anomalous as they come.

Petsiuk et al., "RISE", BMVC 2018, with background sound in place of what is out. A detector may
react to any hole; so each area is set against the same with cells ranked at random.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import MetricError
from core.metrics.checks import AnyArray, checked_map
from core.metrics.curves import area_under
from core.types import Float64Array

N_STEPS = 10


@dataclass(frozen=True, eq=False)
class InsertionDeletion:
    """The detector's evidence as the highest cells by the map, and at random, are exchanged.

    Attributes:
        shares: 0, 1 / n_steps .. 1 of the cells, [n_steps + 1], as all
        deletion: evidence as the map's highest cells are replaced by background
        insertion: evidence as they come into the background
        random_deletion: the same in a random order
        random_insertion: the same in a random order
    """

    shares: Float64Array
    deletion: Float64Array
    insertion: Float64Array
    random_deletion: Float64Array
    random_insertion: Float64Array

    @property
    def deletion_gain(self) -> float:
        """How much lower the area of deletion is than the random one's; above 0 is better."""
        return area_under(self.shares, self.random_deletion - self.deletion)

    @property
    def insertion_gain(self) -> float:
        """How much higher the area of insertion is than the random one's; above 0 is better."""
        return area_under(self.shares, self.insertion - self.random_insertion)


def insertion_deletion(
    evidence: Callable[[AnyArray], float],
    samples: AnyArray,
    map: AnyArray,
    masked: Callable[[AnyArray, AnyArray], AnyArray],
    background: AnyArray,
    *,
    seed: int,
    n_steps: int = N_STEPS,
) -> InsertionDeletion:
    """Compute the curves of one clip; the detector is run 4 (n_steps - 1) + 2 times.

    Args:
        evidence: the whole detector, from samples [n] to evidence
        samples: the clip's, [n]
        map: [freq, time]; equal cells are taken in an order drawn from the seed
        masked: multiplies the STFT of samples by a mask, as `core.spectral.masking.apply_mask`
        background: [n]
        seed: of the random order
        n_steps: steps from the whole clip to the background

    Returns:
        The curves.

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
    whole, empty = evidence(samples), evidence(background)

    def exchanged(order: NDArray[np.int64]) -> tuple[Float64Array, Float64Array]:
        deletion, insertion = [whole], [empty]
        for step in range(1, n_steps):
            mask = np.zeros(values.shape, dtype=np.float32)
            mask.flat[order[: round(values.size * step / n_steps)]] = 1.0
            rest = 1.0 - mask
            deletion.append(evidence(masked(samples, rest) + masked(background, mask)))
            insertion.append(evidence(masked(samples, mask) + masked(background, rest)))
        return np.array([*deletion, empty]), np.array([*insertion, whole])

    shares = np.linspace(0.0, 1.0, n_steps + 1)
    return InsertionDeletion(shares, *exchanged(by_map), *exchanged(by_chance))
