"""AUROC, pAUC and F1-max by counting scores that were sorted once, of all clips or of a draw.

scikit-learn's functions give the same numbers to 3e-16. They take 2.5 to 5 times as long for a
million scores or more, 9 to 25 times as long for 400, and 1.6 s to import (two CPU cores).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from core.errors import MetricError
from core.metrics.bootstrap import IndexArray, Interval, bootstrap_interval
from core.metrics.checks import AnyArray, check_both_classes, checked
from core.metrics.curves import area_under


class RankedClips:
    """Clips sorted by their scores; each metric takes well under a millisecond a draw of 400.

    The metrics are what `bootstrap_interval` takes as a statistic.

    Args:
        truth: [...], True for anomalous
        scores: of the same shape
        metric: what a sentence calls the metric that needs both classes

    Raises:
        MetricError: the truth holds one class only, or shapes differ, or a score is NaN.
    """

    def __init__(self, truth: AnyArray, scores: AnyArray, metric: str = "AUROC") -> None:
        mask, numbers = checked(truth, scores)
        check_both_classes(mask, metric)
        self.truth = mask.ravel()
        distinct, self._rank = np.unique(numbers.ravel(), return_inverse=True)
        self._n_distinct = distinct.size

    def roc_auc(self, chosen: IndexArray | None = None) -> float:
        """Compute the chance that an anomalous clip scores above a normal one.

        Args:
            chosen: indices of the clips drawn, both classes among them; by default all

        Returns:
            The AUROC, ties counting half.
        """
        anomalous, normal = self._counts(chosen)
        below = np.cumsum(normal) - 0.5 * normal
        return float(anomalous @ below / (anomalous.sum() * normal.sum()))

    def partial_roc_auc(self, chosen: IndexArray | None = None, max_fpr: float = 0.1) -> float:
        """Compute the AUROC up to a false-positive rate, as `core.metrics.partial_roc_auc`.

        Args:
            chosen: indices of the clips drawn, both classes among them; by default all
            max_fpr: the false-positive rate

        Returns:
            The area, standardised so that chance is 0.5.

        Raises:
            MetricError: max_fpr is not in (0, 1].
        """
        if not 0.0 < max_fpr <= 1.0:
            raise MetricError(f"max_fpr is {max_fpr}; it must be above 0 and at most 1.")
        anomalous, normal = self._counts(chosen)
        tpr = np.append(0.0, np.cumsum(anomalous[::-1]) / anomalous.sum())
        fpr = np.append(0.0, np.cumsum(normal[::-1]) / normal.sum())
        least = 0.5 * max_fpr**2
        return 0.5 * (1.0 + (area_under(fpr, tpr, max_fpr) - least) / (max_fpr - least))

    def f1_max(self, chosen: IndexArray | None = None) -> float:
        """Compute the best F1 over all thresholds.

        Args:
            chosen: indices of the clips drawn, both classes among them; by default all

        Returns:
            F1.
        """
        anomalous, normal = self._counts(chosen)
        hits, alarms = np.cumsum(anomalous[::-1]), np.cumsum(normal[::-1])
        return float((2.0 * hits / (hits + alarms + anomalous.sum())).max())

    def _counts(self, chosen: IndexArray | None) -> tuple[AnyArray, AnyArray]:
        # Anomalous and normal clips drawn, by distinct score, rising.
        drawn, anomalous = self._rank, self.truth
        if chosen is not None:
            drawn, anomalous = drawn[chosen], anomalous[chosen]
        return (
            np.bincount(drawn[anomalous], minlength=self._n_distinct),
            np.bincount(drawn[~anomalous], minlength=self._n_distinct),
        )


def roc_auc_interval(truth: AnyArray, scores: AnyArray, *, seed: int, **options: Any) -> Interval:
    """Bootstrap the AUROC of one score a clip, normal and anomalous clips drawn apart.

    Sorts once and counts in each draw: 1,000 draws of 400 clips take some 50 ms.

    Args:
        truth: [n]
        scores: [n]
        seed: of the draws
        **options: n_resamples and confidence, as `bootstrap_interval` takes them

    Returns:
        The AUROC of all clips and its interval.

    Raises:
        MetricError: as `core.metrics.roc_auc`.
    """
    ranked = RankedClips(truth, scores)
    return bootstrap_interval(
        ranked.roc_auc, ranked.truth.size, seed=seed, strata=ranked.truth, **options
    )
