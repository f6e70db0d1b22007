"""AUROC and F1 of scores against a truth of any shape, one score a clip or one a cell."""

from __future__ import annotations

import numpy as np

from core.errors import MetricError
from core.metrics.checks import AnyArray, checked
from core.metrics.ranked import RankedClips


def roc_auc(truth: AnyArray, scores: AnyArray) -> float:
    """Compute the chance that an anomalous one scores above a normal one.

    Args:
        truth: [...]
        scores: of the same shape

    Returns:
        The AUROC, ties counting half.

    Raises:
        MetricError: the truth holds one class only, or shapes differ, or a score is NaN.

    >>> roc_auc(np.array([False, False, True, True]), np.array([0.1, 0.4, 0.35, 0.8]))
    0.75
    """
    return RankedClips(truth, scores).roc_auc()


def partial_roc_auc(truth: AnyArray, scores: AnyArray, max_fpr: float = 0.1) -> float:
    """Compute the AUROC up to a false-positive rate (McClish, 1989).

    DCASE's pAUC is this with max_fpr 0.1.

    Args:
        truth: [...]
        scores: of the same shape
        max_fpr: the false-positive rate

    Returns:
        The area, standardised so that chance is 0.5.

    Raises:
        MetricError: as `roc_auc`, or max_fpr is not in (0, 1].
    """
    return RankedClips(truth, scores, "The partial AUROC").partial_roc_auc(max_fpr=max_fpr)


def f1_max(truth: AnyArray, scores: AnyArray) -> float:
    """Compute the best F1 over all thresholds.

    The threshold is chosen on the test set itself: an upper limit, not what a user will see.

    Args:
        truth: [...]
        scores: of the same shape

    Returns:
        F1. It is never below `f1_floor`, so print that beside it.

    Raises:
        MetricError: the truth holds one class only, or shapes differ, or a score is NaN.
    """
    return RankedClips(truth, scores, "F1-max").f1_max()


def f1_floor(truth: AnyArray) -> float:
    """Compute F1 of calling everything anomalous: F1-max of knowing nothing.

    Args:
        truth: [...]

    Returns:
        2 share / (1 + share), with the share of anomalous ones.

    Raises:
        MetricError: nothing is anomalous.

    >>> round(f1_floor(np.array([False, True])), 3)
    0.667
    """
    return f1_at(truth, np.zeros(np.shape(truth)), -np.inf)


def f1_at(truth: AnyArray, scores: AnyArray, threshold: float) -> float:
    """Compute F1 of calling anomalous what scores above a threshold.

    `AnomalyMap.anomalous` does so too.

    Args:
        truth: [...]
        scores: of the same shape
        threshold: on the scores' scale

    Returns:
        F1.

    Raises:
        MetricError: nothing is anomalous, or shapes differ, or a score or the threshold is NaN.
    """
    mask, numbers = checked(truth, scores)
    if not mask.any():
        raise MetricError("F1 is undefined: nothing in the truth is anomalous.")
    if np.isnan(threshold):
        raise MetricError("The threshold is not a number (NaN).")
    called = numbers > threshold
    n_hits = int((called & mask).sum())
    return 2.0 * n_hits / (int(called.sum()) + int(mask.sum()))
