"""AUROC and F1 against loops over pairs and over thresholds."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose

from core.errors import MetricError
from core.metrics import f1_at, f1_floor, f1_max, partial_roc_auc, roc_auc, roc_auc_interval


def roc_auc_of_pairs(truth, scores):
    wins = [
        1.0 if high > low else 0.5 if high == low else 0.0
        for high in scores[truth]
        for low in scores[~truth]
    ]
    return sum(wins) / len(wins)


def f1_max_of_thresholds(truth, scores):
    best = 0.0
    for threshold in set(scores.tolist()):
        called = scores >= threshold
        hits = sum(called & truth)
        best = max(best, 2 * hits / (sum(called) + sum(truth)))
    return best


def area_by_hand(points, max_fpr):
    """The area under lines between points, to a false-positive rate."""
    area = 0.0
    for (x0, y0), (x1, y1) in pairwise(points):
        stop = min(x1, max_fpr)
        if x0 < max_fpr and x1 > x0:
            y_stop = y0 + (y1 - y0) * (stop - x0) / (x1 - x0)
            area += (stop - x0) * (y0 + y_stop) / 2
    return area


def partial_area_by_hand(truth, scores, max_fpr):
    """The ROC's points in a loop, its area to max_fpr, and McClish's correction."""
    points = [(0.0, 0.0)]
    for threshold in sorted(set(scores.tolist()), reverse=True):
        called = scores >= threshold
        points.append((np.mean(called[~truth]), np.mean(called[truth])))
    smallest, largest = max_fpr**2 / 2, max_fpr
    area = area_by_hand(points, max_fpr)
    return 0.5 * (1 + (area - smallest) / (largest - smallest))


def cases():
    generator = np.random.default_rng(0)
    for n in (7, 40, 90):
        truth = generator.random(n) < 0.4
        truth[:2] = [True, False]
        yield truth, generator.normal(size=n)
        yield truth, generator.integers(0, 4, n).astype(float)  # many ties
        yield truth, np.zeros(n)  # nothing but ties
        yield truth, -truth.astype(float)  # all wrong
        yield truth, np.where(truth, np.inf, generator.normal(size=n))


@pytest.mark.parametrize(("truth", "scores"), list(cases()))
def test_equal_to_naive_loops(truth, scores):
    assert_allclose(roc_auc(truth, scores), roc_auc_of_pairs(truth, scores), atol=1e-9)
    assert_allclose(f1_max(truth, scores), f1_max_of_thresholds(truth, scores), atol=1e-9)
    assert_allclose(
        partial_roc_auc(truth, scores), partial_area_by_hand(truth, scores, 0.1), atol=1e-9
    )
    assert_allclose(
        roc_auc_interval(truth, scores, seed=0, n_resamples=1).value,
        roc_auc_of_pairs(truth, scores),
        atol=1e-9,
    )


def test_the_floor_is_f1_max_of_scores_that_know_nothing():
    truth = np.arange(10) < 5
    assert f1_floor(truth) == pytest.approx(2 / 3)
    assert f1_max(truth, np.zeros(10)) == pytest.approx(f1_floor(truth))
    assert f1_max(truth, -truth.astype(float)) >= f1_floor(truth)


def test_f1_at_calls_anomalous_what_exceeds_the_threshold():
    truth, scores = np.array([0, 0, 1, 1]), np.array([0.1, 0.5, 0.5, 0.9])
    assert f1_at(truth, scores, 0.5) == pytest.approx(2 / 3)  # one called, right
    assert f1_at(truth, scores, 0.4) == pytest.approx(4 / 5)  # three called, two right
    assert f1_at(truth, scores, 1.0) == 0.0


@pytest.mark.parametrize("metric", [roc_auc, partial_roc_auc, f1_max])
@pytest.mark.parametrize(("truth", "named"), [([0, 0], "normal"), ([1, 1], "anomalous")])
def test_one_class_only_gives_a_sentence_and_no_number(metric, truth, named):
    with pytest.raises(MetricError, match=f"undefined: all 2 values of the truth are {named}"):
        metric(np.array(truth), np.array([0.1, 0.2]))


@pytest.mark.parametrize("metric", [roc_auc, partial_roc_auc, f1_max])
def test_bad_arrays_are_refused(metric):
    truth = np.array([True, False, True])
    with pytest.raises(MetricError, match=r"\(3,\) and the scores \(2,\)"):
        metric(truth, np.zeros(2))
    with pytest.raises(MetricError, match=r"1 of 3 scores.*NaN"):
        metric(truth, np.array([0.0, np.nan, 1.0]))
    with pytest.raises(MetricError, match="values other than 0 and 1"):
        metric(np.array([0, 2, 1]), np.zeros(3))
    with pytest.raises(MetricError, match="empty"):
        metric(np.zeros(0, bool), np.zeros(0))


def test_f1_at_without_anything_anomalous_is_undefined():
    with pytest.raises(MetricError, match="nothing in the truth"):
        f1_at(np.zeros(3, bool), np.zeros(3), 0.5)
    with pytest.raises(MetricError, match="nothing in the truth"):
        f1_floor(np.zeros(3, bool))
