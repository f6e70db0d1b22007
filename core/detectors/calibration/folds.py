"""Folds for cross-fitting that keep the clips of one recording together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

MOST_FOLDS = 4


def grouped_folds(groups: Sequence[str], n_folds: int, *, seed: int) -> list[list[int]]:
    """Deal clips into folds; no group is in two folds, and sizes are balanced.

    Groups are dealt in random order, larger ones first, each to the smallest fold so far. With
    fewer groups than folds there are as many folds as groups.

    >>> [sorted(fold) for fold in grouped_folds(["a", "a", "b", "c"], 2, seed=0)]
    [[0, 1], [2, 3]]

    Args:
        groups: [n], the group of each clip.
        n_folds: most folds.
        seed: of the random order.

    Returns:
        The indices of the clips of each fold.
    """
    # scikit-learn's GroupKFold balances sizes only without a seed: shuffled, it deals equally many
    # groups to each fold, whatever their sizes (folds of 2, 2, 21 and 19 clips where these have
    # 20, 10, 9 and 5).
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
