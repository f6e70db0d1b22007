"""What a threshold promises: false alarms with their interval, and misses.

What they cost follows from what a user enters, and is computed on the page.

Everything is computed for many thresholds at once, by one sort and a binary search for each:
O((n + m) log n) for n clips and m thresholds, some milliseconds for 10,000 clips and 400 of them.

A clip is called anomalous when its score lies above the threshold, as `AnomalyMap.anomalous` does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv

from core.detectors.calibration.calibration import Calibration
from core.errors import MetricError
from core.types import Float64Array

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

CONFIDENCE = 0.95
HIGHEST_RATE = 0.5
MOST_POINTS = 400
# Eight steps a decade, of which none says more than two digits.
TAIL_STEPS = (1.0, 1.3, 1.8, 2.4, 3.2, 4.2, 5.6, 7.5)
LOWEST_RATE = 1e-4


@dataclass(frozen=True, eq=False)
class OperatingPoints:
    """Thresholds that the calibration scores can tell apart, and what each promises.

    Attributes:
        threshold: [m], rising.
        rate: [m], falling: the false-alarm rate that has this threshold, (1 + n_above) / (n + 1),
            which is what a p-value just above it says, or the one that was asked for: 24 clips
            give one threshold for 4 % and for 5 %. Below 1 / (n + 1) it is extrapolated by the
            calibration's tail; the limits are not.
        low: [m], `clopper_pearson`'s lower limit.
        high: [m], `clopper_pearson`'s upper limit.
        n_above: [m], calibration scores above each.
        smallest_rate: 1 / (n + 1).
    """

    threshold: Float64Array
    rate: Float64Array
    low: Float64Array
    high: Float64Array
    n_above: IntArray
    smallest_rate: float

    @classmethod
    def of(cls, calibration: Calibration, *rates: float) -> OperatingPoints:
        """List the operating points of a calibration up to a false-alarm rate of a half.

        Below 1 / (n + 1) there are eight a decade down to 0.01 %. Of more than 400 calibration
        scores the highest 200 become points, the others are evenly thinned.

        Args:
            calibration: whose thresholds are listed.
            *rates: false-alarm rates that get a point of their own besides, or give their name to
                one; of several that have one threshold, the first.

        Returns:
            The points, thresholds rising.
        """
        smallest = calibration.smallest_rate
        scores = np.unique(calibration.clip_scores)
        rate_of = (1 + _n_above(calibration.clip_scores, scores)) / (calibration.n_clips + 1)
        scores = _thinned(scores[rate_of <= HIGHEST_RATE], MOST_POINTS)
        tail = [
            step * 10.0**power
            for power in range(int(np.log10(LOWEST_RATE)), 0)
            for step in TAIL_STEPS
            if step * 10.0**power < smallest
        ]
        asked = {calibration.threshold(rate): rate for rate in reversed(rates)}
        known = {float(score) for score in scores} | set(asked)
        for wanted in tail:
            threshold = calibration.threshold(wanted)
            if threshold not in known:
                asked[threshold] = wanted
            known.add(threshold)
        thresholds = np.array(sorted(known), np.float64)
        n_above = _n_above(calibration.clip_scores, thresholds)
        promised: Float64Array = (1 + n_above) / (calibration.n_clips + 1)
        for place, value in enumerate(thresholds):
            promised[place] = asked.get(float(value), promised[place])
        low, high = false_alarm_limits(calibration, thresholds)
        return cls(thresholds, promised, low, high, n_above, smallest)

    def nearest(self, threshold: float) -> int:
        """Find the point whose threshold lies nearest to a given one.

        Args:
            threshold: the given one.

        Returns:
            The point's index.
        """
        return int(np.argmin(np.abs(self.threshold - threshold)))


def false_alarm_limits(
    calibration: Calibration, thresholds: ArrayLike
) -> tuple[Float64Array, Float64Array]:
    """Compute the limits of the share of normal clips above thresholds, at 95 % confidence.

    The calibration clips count as independent draws as far as they are: clips of one recording
    together weigh as one clip, the worst case, so n is the number of recordings.

    Args:
        calibration: whose scores are counted.
        thresholds: [m].

    Returns:
        The lower and the upper limits, each [m].
    """
    n_above = _n_above(calibration.clip_scores, np.asarray(thresholds, np.float64))
    n_independent = min(max(calibration.n_groups, 1), calibration.n_clips)
    return clopper_pearson(n_above * (n_independent / calibration.n_clips), n_independent)


def clopper_pearson(
    n_hits: ArrayLike, n: float, confidence: float = CONFIDENCE
) -> tuple[Float64Array, Float64Array]:
    """Compute the exact interval of a binomial share, never narrower than promised.

    Clopper and Pearson (1934); the beta form also takes counts that are not whole.

    >>> low, high = clopper_pearson(0, 24)
    >>> float(low), round(float(high), 3)
    (0.0, 0.142)

    Args:
        n_hits: [...], hits of n.
        n: draws.
        confidence: of the interval.

    Returns:
        The lower and the upper limits, of the hits' shape.

    Raises:
        MetricError: n is not positive, or hits are not in 0..n.
    """
    hits = np.asarray(n_hits, np.float64)
    if not n > 0 or (hits < 0).any() or (hits > n).any():
        raise MetricError(f"A share needs 0 to n hits of n > 0, not {hits} of {n}.")
    alpha = 1.0 - confidence
    # A beta distribution with a parameter of 0 has no quantiles: there the limit is the end.
    low = betaincinv(np.maximum(hits, 1e-12), n - hits + 1, alpha / 2)
    high = betaincinv(hits + 1, np.maximum(n - hits, 1e-12), 1 - alpha / 2)
    return np.where(hits > 0, low, 0.0), np.where(hits < n, high, 1.0)


@dataclass(frozen=True, eq=False)
class Confusion:
    """Counts of annotated clips at each threshold.

    Attributes:
        n_found: [m], anomalous clips above.
        n_missed: [m], anomalous clips not above.
        n_false_alarms: [m], normal clips above.
        n_passed: [m], normal clips not above.
    """

    n_found: IntArray
    n_missed: IntArray
    n_false_alarms: IntArray
    n_passed: IntArray


def confusion(truth: ArrayLike, scores: ArrayLike, thresholds: ArrayLike) -> Confusion:
    """Count how many annotated clips fall on which side of each threshold.

    Args:
        truth: [n] bool, True for anomalous.
        scores: [n].
        thresholds: [m].

    Returns:
        The counts.

    Raises:
        MetricError: shapes differ, or a score is NaN.
    """
    anomalous, values = _checked(truth, scores)
    cuts = np.asarray(thresholds, np.float64)
    found = _n_above(np.sort(values[anomalous]), cuts)
    alarms = _n_above(np.sort(values[~anomalous]), cuts)
    n_anomalous = int(anomalous.sum())
    return Confusion(found, n_anomalous - found, alarms, values.size - n_anomalous - alarms)


@dataclass(frozen=True, eq=False)
class Curves:
    """ROC and precision-recall of annotated clips, a point for each distinct score.

    Attributes:
        false_alarm_share: [k], from no clip above the threshold to all.
        found_share: [k].
        precision: [k]; where no clip is above, that of the strongest clips.
        roc_auc: the area under found over false alarms by trapezoids: ties count half.
        average_precision: the mean precision over the anomalous clips found.
    """

    false_alarm_share: Float64Array
    found_share: Float64Array
    precision: Float64Array
    roc_auc: float
    average_precision: float


def curves(truth: ArrayLike, scores: ArrayLike) -> Curves | None:
    """Draw the two curves.

    Args:
        truth: [n] bool, True for anomalous.
        scores: [n].

    Returns:
        The curves; None where only one kind of clip is annotated.

    Raises:
        MetricError: shapes differ, or a score is NaN.
    """
    anomalous, values = _checked(truth, scores)
    n_anomalous = int(anomalous.sum())
    n_normal = anomalous.size - n_anomalous
    if not n_anomalous or not n_normal:
        return None
    order = np.argsort(-values, kind="stable")
    ordered, hits = values[order], anomalous[order]
    # The last of equal scores: a threshold cannot part them.
    last = np.append(ordered[:-1] != ordered[1:], True)
    found = np.concatenate([[0], np.cumsum(hits)[last]])
    alarms = np.concatenate([[0], np.cumsum(~hits)[last]])
    x, y = alarms / n_normal, found / n_anomalous
    precision = found[1:] / (found[1:] + alarms[1:])
    return Curves(
        x,
        y,
        np.concatenate([precision[:1], precision]),
        float(np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2.0)),
        float(np.sum(np.diff(y) * precision)),
    )


def _n_above(ordered: Float64Array, thresholds: Float64Array) -> IntArray:
    return np.int64(ordered.size) - np.searchsorted(ordered, thresholds, side="right")


def _thinned(rising: Float64Array, most: int) -> Float64Array:
    if rising.size <= most:
        return rising
    top = rising[-(most // 2) :]
    rest = rising[: -(most // 2)]
    places = np.linspace(0, rest.size - 1, most - most // 2).round().astype(int)
    return np.concatenate([rest[np.unique(places)], top])


def _checked(truth: ArrayLike, scores: ArrayLike) -> tuple[BoolArray, Float64Array]:
    anomalous, values = np.asarray(truth, np.bool_), np.asarray(scores, np.float64)
    if anomalous.shape != values.shape or values.ndim != 1:
        raise MetricError(
            f"There are {anomalous.size} labels for {values.size} scores; each clip needs one."
        )
    if np.isnan(values).any():
        raise MetricError("A score is not a number (NaN); score those clips again.")
    return anomalous, values
