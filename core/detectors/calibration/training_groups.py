"""Do the training clips fall into two groups, such as recordings of two machines?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from core.types import Float64Array

FEWEST_CLIPS = 6
FEWEST_IN_GROUP = 3
SMALLEST_GROUP_SHARE = 0.25
LEVEL = 0.002
# How much nearer clips are to their own group than to the other; below this the groups overlap.
SMALLEST_SILHOUETTE = 0.2
N_AXES = 2
N_SIMULATED = 4000
MOST_NAMES = 3


@dataclass(frozen=True)
class TrainingGroups:
    """Two groups of training clips.

    Attributes:
        smaller: indices of the clips of the smaller group, rising.
        larger: indices of the others, rising.
        p_value: how often clips of one group are divided as clearly.
        silhouette: mean of Rousseeuw's silhouette (1987), 0 where the groups mix, at most 1.
    """

    smaller: tuple[int, ...]
    larger: tuple[int, ...]
    p_value: float
    silhouette: float

    def words(self, names: Sequence[str]) -> str:
        """Say that there are two groups, with a few of each, and ask for the reason.

        One machine that runs in two ways has two groups too, so this claims nothing more.

        Args:
            names: of all clips.

        Returns:
            Three sentences.
        """
        smaller, larger = (_named(part, names) for part in (self.smaller, self.larger))
        return (
            f"The {len(self.smaller) + len(self.larger)} normal recordings look like two groups: "
            f"{smaller}; and {larger}. If they are two machines, a model of each finds more. If "
            "one machine runs in two ways, one model of both is right."
        )


def training_groups(embeddings: Float64Array) -> TrainingGroups | None:
    """Test whether clips fall into two groups of at least three clips and a quarter of them.

    Along each of the first two principal axes the clips are divided where the variance within the
    parts is smallest. Had the clips one normal distribution, their places on an axis would be a
    random direction, whatever the variance of the axis and the number of dimensions (rotation test:
    Langsrud, 2005); so simulation gives the p-value of the share that lies between the parts. Two
    groups have a p-value of at most 0.002 and a mean silhouette of at least 0.2.

    Measured on the standard deviation over time of aiSFX's second block, at unit length. Groups are
    found in 0 to 0.4 % of draws of 6 to 16 clips from one class of ESC-10, 0 % from one made
    machine, and 6 to 8 % from the normal clips of one machine of MIMII, which have states of their
    own. Of sets that are half one, half the other they are found in 100 % of made machines, 12 to
    41 % of classes of ESC-10 (more with more clips), and 0 to 15 % of machines of MIMII at -6 dB,
    where the factory is louder than what differs.

    Costs 60 ms the first time for a number of clips, then 2 ms.

    Args:
        embeddings: [clip, d], one vector a clip, whose Euclidean distances count as they are; make
            averages of features unit vectors first.

    Returns:
        The groups; None where there are none, or fewer than six clips.
    """
    n = len(embeddings)
    smallest = max(FEWEST_IN_GROUP, int(np.ceil(SMALLEST_GROUP_SHARE * n)))
    if n < FEWEST_CLIPS or 2 * smallest > n:
        return None
    centred = embeddings - embeddings.mean(axis=0)
    axes, spreads, _ = np.linalg.svd(centred, full_matrices=False)
    axes = axes[:, :N_AXES][:, spreads[:N_AXES] > 1e-6 * max(spreads[0], 1e-12)]
    if axes.size == 0:
        return None
    shares, sizes = _best_division(axes, smallest)
    axis = int(shares.argmax())
    simulated = _simulated_shares(n, axes.shape[1], smallest)
    n_as_clear = int((simulated >= shares[axis]).sum())
    p_value = (1 + n_as_clear) / (1 + N_SIMULATED)
    if p_value > LEVEL:
        return None
    order = np.argsort(axes[:, axis], kind="stable")
    parts = sorted((order[: sizes[axis]], order[sizes[axis] :]), key=len)
    # Importing it takes as long as importing PyTorch.
    from sklearn.metrics import silhouette_score

    in_larger = np.isin(np.arange(n), parts[1])
    silhouette = float(silhouette_score(embeddings, in_larger))
    if silhouette < SMALLEST_SILHOUETTE:
        return None
    smaller, larger = (tuple(int(i) for i in np.sort(part)) for part in parts)
    return TrainingGroups(smaller, larger, p_value, silhouette)


def _named(part: Sequence[int], names: Sequence[str]) -> str:
    shown = ", ".join(f"“{names[i]}”" for i in part[:MOST_NAMES])
    n_more = len(part) - MOST_NAMES
    return f"{len(part)} such as {shown}" if n_more > 0 else f"{len(part)}, {shown}"


def _best_division(columns: Float64Array, smallest: int) -> tuple[Float64Array, Float64Array]:
    # Of each centred column: the largest share of its variance that lies between two parts of at
    # least `smallest` neighbouring values, and the size of the lower part.
    n = len(columns)
    sums = np.cumsum(np.sort(columns, axis=0), axis=0)[smallest - 1 : n - smallest]
    size = np.arange(smallest, n - smallest + 1)[:, None]
    between = sums**2 * (1.0 / size + 1.0 / (n - size))
    return between.max(axis=0) / (columns**2).sum(axis=0), between.argmax(axis=0) + smallest


@lru_cache(maxsize=8)
def _simulated_shares(n: int, n_axes: int, smallest: int) -> Float64Array:
    # The larger of the axes' shares, for N_SIMULATED sets of n clips of one group.
    rng = np.random.default_rng(0)
    largest = np.zeros(N_SIMULATED)
    for _ in range(n_axes):
        columns = rng.standard_normal((n, N_SIMULATED))
        shares, _ = _best_division(columns - columns.mean(axis=0), smallest)
        largest = np.maximum(largest, shares)
    return largest
