"""Folds for cross-fitting that keep the clips of one recording together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

MOST_FOLDS = 4


def grouped_folds(groups: Sequence[str], n_folds: int, *, seed: int) -> list[list[int]]:
    """Indices of the clips of each fold; no group is in two folds, and sizes are balanced.

    Groups are dealt in random order, larger ones first, each to the smallest fold so far. With
    fewer groups than folds there are as many folds as groups.

    >>> [sorted(fold) for fold in grouped_folds(["a", "a", "b", "c"], 2, seed=0)]
    [[0, 1], [2, 3]]
    """
    members: dict[str, list[int]] = {}
    for i, group in enumerate(groups):
        members.setdefault(group, []).append(i)
    order = np.random.default_rng(seed).permutation(len(members))
    shuffled = [list(members.values())[i] for i in order]
    shuffled.sort(key=len, reverse=True)
    folds: list[list[int]] = [[] for _ in range(min(n_folds, len(members)))]
    for indices in shuffled:
        min(folds, key=len).extend(indices)
    return folds
