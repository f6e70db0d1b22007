"""Scores sorted once: the same metrics as in sample.py, of many draws of the same clips."""

from __future__ import annotations

import numpy as np

from core.errors import MetricError
from core.metrics.bootstrap import (
    CONFIDENCE,
    N_RESAMPLES,
    IndexArray,
    Interval,
    bootstrap_interval,
)
from core.metrics.checks import AnyArray, checked, checked_both_classes


class RankedClips:
    """AUROC, pAUC and F1-max of clips by index, in well under a millisecond a draw of 400.

    Each equals that of `core.metrics.sample` on the clips drawn (a test holds that), and is what
    `bootstrap_interval` takes as a statistic. A draw must hold both classes.

    Shape:
        truth: [n] bool, scores: [n]

    Raises:
        MetricError: the truth holds one class only, or shapes differ, or a score is NaN.
    """

    def __init__(self, truth: AnyArray, scores: AnyArray) -> None:
        mask, numbers = checked(truth, scores)
        checked_both_classes(mask, "AUROC")
        self.truth = mask.ravel()
        distinct, self._rank = np.unique(numbers.ravel(), return_inverse=True)
        self._n_distinct = distinct.size

    def roc_auc(self, chosen: IndexArray) -> float:
        """The chance that an anomalous one scores above a normal one, ties counting half."""
        anomalous, normal = self._counts(chosen)
        below = np.cumsum(normal) - 0.5 * normal
        return float(anomalous @ below / (anomalous.sum() * normal.sum()))

    def partial_roc_auc(self, chosen: IndexArray, max_fpr: float = 0.1) -> float:
        """AUROC up to a false-positive rate below 1, standardised as `sample.partial_roc_auc`."""
        if not 0.0 < max_fpr < 1.0:
            raise MetricError(f"max_fpr is {max_fpr}; it must be above 0 and below 1.")
        anomalous, normal = self._counts(chosen)
        tpr = np.concatenate([[0.0], np.cumsum(anomalous[::-1]) / anomalous.sum()])
        fpr = np.concatenate([[0.0], np.cumsum(normal[::-1]) / normal.sum()])
        stop = int(np.searchsorted(fpr, max_fpr, side="right"))
        step = (max_fpr - fpr[stop - 1]) / (fpr[stop] - fpr[stop - 1])
        heights = np.append(tpr[:stop], tpr[stop - 1] + step * (tpr[stop] - tpr[stop - 1]))
        widths = np.diff(np.append(fpr[:stop], max_fpr))
        area = float(widths @ (heights[1:] + heights[:-1]) / 2.0)
        least = 0.5 * max_fpr**2
        return 0.5 * (1.0 + (area - least) / (max_fpr - least))

    def f1_max(self, chosen: IndexArray) -> float:
        """The best F1 over all thresholds."""
        anomalous, normal = self._counts(chosen)
        hits, alarms = np.cumsum(anomalous[::-1]), np.cumsum(normal[::-1])
        return float((2.0 * hits / (hits + alarms + anomalous.sum())).max())

    def _counts(self, chosen: IndexArray) -> tuple[AnyArray, AnyArray]:
        """Anomalous and normal clips drawn, by distinct score, rising."""
        drawn, anomalous = self._rank[chosen], self.truth[chosen]
        return (
            np.bincount(drawn[anomalous], minlength=self._n_distinct),
            np.bincount(drawn[~anomalous], minlength=self._n_distinct),
        )


def roc_auc_interval(
    truth: AnyArray,
    scores: AnyArray,
    *,
    seed: int,
    n_resamples: int = N_RESAMPLES,
    confidence: float = CONFIDENCE,
) -> Interval:
    """The interval of the AUROC of one score a clip, normal and anomalous clips drawn apart.

    Sorts once and counts in each draw: 1,000 draws of 400 clips take some 50 ms.

    Raises:
        MetricError: as `sample.roc_auc`.
    """
    ranked = RankedClips(truth, scores)
    return bootstrap_interval(
        ranked.roc_auc,
        ranked.truth.size,
        seed=seed,
        strata=ranked.truth,
        n_resamples=n_resamples,
        confidence=confidence,
    )
