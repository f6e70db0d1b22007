"""What a threshold costs, against counts taken one by one and SciPy's and scikit-learn's own."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics

from core.detectors.calibration import operating_points
from core.detectors.calibration.calibration import Calibration
from core.errors import MetricError


def calibration(n: int = 24, n_groups: int | None = None, seed: int = 0) -> Calibration:
    scores = np.sort(np.random.default_rng(seed).gumbel(10, 2, n))
    return Calibration(scores, 5.0, n_groups or n, True)


def labelled(n: int = 300, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.random(n) < 0.3
    # Rounded, so that ties between both kinds occur.
    return truth, np.round(rng.normal(10 + 2 * truth, 1.5), 1)


@pytest.mark.parametrize("n", [2, 24, 59, 1500])
def test_each_stop_is_the_threshold_of_its_rate(n: int) -> None:
    calibrated = calibration(n)
    found = operating_points.OperatingPoints.of(calibrated)
    assert (np.diff(found.threshold) > 0).all() and (np.diff(found.rate) < 0).all()
    for threshold, rate, n_above in zip(found.threshold, found.rate, found.n_above, strict=True):
        assert calibrated.threshold(rate) == pytest.approx(threshold)
        assert n_above == sum(score > threshold for score in calibrated.clip_scores)
    assert found.threshold.size <= operating_points.MOST_POINTS + 40


def test_between_stops_no_verdict_on_a_held_out_clip_changes() -> None:
    calibrated = calibration(24)
    found = operating_points.OperatingPoints.of(calibrated)
    reachable = {calibrated.threshold(rate) for rate in np.linspace(1 / 25, 0.5, 1000)}
    assert reachable <= set(found.threshold)


def test_a_rate_of_the_users_own_is_a_stop_and_no_stop_is_there_twice() -> None:
    calibrated = calibration(24)
    plain = operating_points.OperatingPoints.of(calibrated)
    assert (
        operating_points.OperatingPoints.of(calibrated, 0.05).threshold.size == plain.threshold.size
    )
    found = operating_points.OperatingPoints.of(calibrated, 0.0123, 0.7)
    assert found.threshold.size == plain.threshold.size + 2
    place = found.nearest(calibrated.threshold(0.0123))
    assert found.rate[place] == 0.0123
    assert found.rate[0] >= 0.7 - 1 / 25


def test_one_threshold_has_one_rate_the_saved_one() -> None:
    """24 clips give one threshold for 4 % and for 5 %; Tune says the one that the others say."""
    for n in (24, 30, 59, 120):
        calibrated = calibration(n)
        for rate in (0.04, 0.05, 0.1, 0.123, 0.3):
            found = operating_points.OperatingPoints.of(calibrated, rate, 0.9 * rate)
            place = found.nearest(calibrated.threshold(rate))
            assert found.threshold[place] == calibrated.threshold(rate)
            assert found.rate[place] == rate
            assert (np.diff(found.rate) <= 0).all()


def test_equal_scores_give_one_stop_and_the_tail() -> None:
    scores = np.full(10, 3.0)
    found = operating_points.OperatingPoints.of(Calibration(scores, 5.0, 10, True))
    assert found.threshold[0] == 3.0 and found.n_above[0] == 0
    assert found.rate[0] == pytest.approx(1 / 11)


def test_the_interval_is_scipys_exact_one() -> None:
    for n, hits in ((24, 0), (24, 3), (24, 24), (1000, 17), (1, 0), (1, 1)):
        low, high = operating_points.clopper_pearson(hits, n)
        exact = stats.binomtest(hits, n).proportion_ci(method="exact")
        assert (float(low), float(high)) == pytest.approx((exact.low, exact.high), abs=1e-9)


def test_the_interval_holds_the_true_rate_as_often_as_it_says() -> None:
    true_rate, n = 0.1, 40
    hits = np.random.default_rng(3).binomial(n, true_rate, 4000)
    low, high = operating_points.clopper_pearson(hits, n)
    assert np.mean((low <= true_rate) & (true_rate <= high)) >= 0.95


def test_the_rate_lies_within_its_interval_where_it_is_not_extrapolated() -> None:
    found = operating_points.OperatingPoints.of(calibration(59))
    sure = found.rate >= found.smallest_rate
    assert (found.low <= found.rate)[sure].all() and (found.rate <= found.high)[sure].all()


def test_clips_of_few_recordings_give_a_wider_interval() -> None:
    many, few = (
        operating_points.OperatingPoints.of(calibration(24, n_groups=groups)) for groups in (24, 6)
    )
    assert (few.high > many.high).all()
    assert (few.low <= many.low).all()


def test_counts_agree_with_counting_one_by_one() -> None:
    truth, scores = labelled()
    cuts = [5.0, 9.9, 10.0, 12.34, 99.0]
    found = operating_points.confusion(truth, scores, cuts)
    for k, cut in enumerate(cuts):
        called = [score > cut for score in scores]
        pairs = list(zip(truth, called, strict=True))
        assert found.n_found[k] == pairs.count((True, True))
        assert found.n_missed[k] == pairs.count((True, False))
        assert found.n_false_alarms[k] == pairs.count((False, True))
        assert found.n_passed[k] == pairs.count((False, False))


def test_curves_are_scikit_learns() -> None:
    truth, scores = labelled()
    found = operating_points.curves(truth, scores)
    assert found is not None
    x, y, _ = metrics.roc_curve(truth, scores, drop_intermediate=False)
    assert found.false_alarm_share == pytest.approx(x) and found.found_share == pytest.approx(y)
    assert found.roc_auc == pytest.approx(metrics.roc_auc_score(truth, scores))
    assert found.average_precision == pytest.approx(metrics.average_precision_score(truth, scores))
    precision, recall, _ = metrics.precision_recall_curve(truth, scores)
    assert found.precision[1:] == pytest.approx(precision[:-1][::-1])
    assert found.found_share[1:] == pytest.approx(recall[:-1][::-1])


@pytest.mark.parametrize("value", [True, False])
def test_one_kind_of_label_gives_no_curve(value: bool) -> None:
    assert operating_points.curves([value] * 3, [1.0, 2.0, 3.0]) is None
    assert operating_points.curves([], []) is None


def test_what_cannot_be_counted_is_refused_in_a_sentence() -> None:
    with pytest.raises(MetricError, match="2 labels for 3 scores"):
        operating_points.confusion([True, False], [1.0, 2.0, 3.0], [1.0])
    with pytest.raises(MetricError, match="NaN"):
        operating_points.curves([True, False], [1.0, float("nan")])
    with pytest.raises(MetricError, match="hits"):
        operating_points.clopper_pearson(3, 2)
