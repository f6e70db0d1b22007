"""AUROC and F1 of scores against a truth of any shape, one score a clip or one a cell.

Truth comes first, higher scores are more anomalous, everything lies in [0, 1].
"""

from __future__ import annotations

import numpy as np
from sklearn import metrics as sklearn_metrics

from core.errors import MetricError
from core.metrics.checks import AnyArray, checked, checked_both_classes


def roc_auc(truth: AnyArray, scores: AnyArray) -> float:
    """The chance that an anomalous one scores above a normal one, ties counting half.

    Shape:
        truth: [...] bool, scores: the same
    Raises:
        MetricError: the truth holds one class only, or shapes differ, or a score is NaN.

    >>> roc_auc(np.array([False, False, True, True]), np.array([0.1, 0.4, 0.35, 0.8]))
    0.75
    """
    mask, numbers = checked(truth, scores)
    checked_both_classes(mask, "AUROC")
    return float(sklearn_metrics.roc_auc_score(mask.ravel(), _finite(numbers.ravel())))


def partial_roc_auc(truth: AnyArray, scores: AnyArray, max_fpr: float = 0.1) -> float:
    """AUROC up to a false-positive rate, standardised so that chance is 0.5 (McClish, 1989).

    DCASE's pAUC is this with max_fpr 0.1.

    Raises:
        MetricError: as `roc_auc`, or max_fpr is not in (0, 1].
    """
    mask, numbers = checked(truth, scores)
    checked_both_classes(mask, "The partial AUROC")
    if not 0.0 < max_fpr <= 1.0:
        raise MetricError(f"max_fpr is {max_fpr}; it must be above 0 and at most 1.")
    finite = _finite(numbers.ravel())
    return float(sklearn_metrics.roc_auc_score(mask.ravel(), finite, max_fpr=max_fpr))


def f1_max(truth: AnyArray, scores: AnyArray) -> float:
    """The best F1 over all thresholds. Never below `f1_floor`, so print that beside it.

    The threshold is chosen on the test set itself: an upper limit, not what a user will see.

    Raises:
        MetricError: the truth holds one class only, or shapes differ, or a score is NaN.
    """
    mask, numbers = checked(truth, scores)
    checked_both_classes(mask, "F1-max")
    precision, recall, _ = sklearn_metrics.precision_recall_curve(
        mask.ravel(), _finite(numbers.ravel())
    )
    total = precision + recall
    f1 = np.divide(2.0 * precision * recall, total, out=np.zeros_like(total), where=total > 0)
    return float(f1.max())


def f1_floor(truth: AnyArray) -> float:
    """F1 of calling everything anomalous, 2 share / (1 + share): F1-max of knowing nothing.

    Raises:
        MetricError: nothing is anomalous.

    >>> round(f1_floor(np.array([False, True])), 3)
    0.667
    """
    mask = np.asarray(truth, dtype=np.bool_)
    if not mask.any():
        raise MetricError("F1 is undefined: nothing in the truth is anomalous.")
    share = float(mask.mean())
    return 2.0 * share / (1.0 + share)


def f1_at(truth: AnyArray, scores: AnyArray, threshold: float) -> float:
    """F1 of calling anomalous what scores above a threshold, as `AnomalyMap.anomalous` does.

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


def _finite(scores: AnyArray) -> AnyArray:
    """Scores in the same order without infinities, which scikit-learn refuses."""
    if np.isfinite(scores).all():
        return scores
    return np.unique(scores, return_inverse=True)[1].reshape(scores.shape)
