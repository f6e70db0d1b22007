"""Metrics of draws equal those of the clips drawn; means of values carry their intervals."""

import numpy as np
import pytest
from sklearn import metrics

from core.errors import MetricError
from core.metrics import (
    Interval,
    RankedClips,
    bootstrap_interval,
    dependent_mean,
    f1_max,
    harmonic_mean,
    independent_harmonic_mean,
    independent_mean,
    partial_roc_auc,
    roc_auc,
)


@pytest.mark.parametrize("n_distinct", [2, 5, 1000])
def test_ranked_clips_measure_a_draw_as_scikit_learn_measures_its_clips(n_distinct: int) -> None:
    generator = np.random.default_rng(n_distinct)
    for _ in range(15):
        n_clips = int(generator.integers(4, 60))
        truth = np.arange(n_clips) % 3 == 0
        scores = generator.integers(0, n_distinct, n_clips) + 0.3 * n_distinct * truth
        ranked = RankedClips(truth, scores)
        drawn = np.concatenate(
            [generator.choice(np.flatnonzero(truth == kind), 10) for kind in (False, True)]
        )
        for chosen in (np.arange(n_clips), drawn):
            mask, numbers = truth[chosen], scores[chosen]
            area = metrics.roc_auc_score(mask, numbers)
            precision, recall, _ = metrics.precision_recall_curve(mask, numbers)
            f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
            assert ranked.roc_auc(chosen) == pytest.approx(area, abs=1e-12)
            assert roc_auc(mask, numbers) == pytest.approx(area, abs=1e-12)
            assert ranked.f1_max(chosen) == pytest.approx(f1.max(), abs=1e-12)
            assert f1_max(mask, numbers) == pytest.approx(f1.max(), abs=1e-12)
            for max_fpr in (0.05, 0.1, 0.5, 1.0):
                area = metrics.roc_auc_score(mask, numbers, max_fpr=max_fpr)
                found = ranked.partial_roc_auc(chosen, max_fpr)
                assert found == pytest.approx(area, abs=1e-12)
                assert partial_roc_auc(mask, numbers, max_fpr) == pytest.approx(area, abs=1e-12)


def test_ranked_clips_need_both_classes_and_a_rate_in_0_to_1() -> None:
    with pytest.raises(MetricError, match="all 3 values of the truth are anomalous"):
        RankedClips(np.ones(3), np.zeros(3))
    for rate in (0.0, 1.1):
        with pytest.raises(MetricError, match="above 0 and at most 1"):
            RankedClips(np.array([0, 1]), np.zeros(2)).partial_roc_auc(np.arange(2), rate)


def test_a_mean_over_ids_is_as_sure_as_drawing_the_clips_of_all_ids_anew() -> None:
    generator = np.random.default_rng(5)
    truth = np.arange(80) % 2 == 0
    sets = [RankedClips(truth, generator.normal(size=80) + 0.8 * truth) for _ in range(4)]
    singles = [bootstrap_interval(one.roc_auc, 80, seed=i, strata=truth) for i, one in
               enumerate(sets)]  # fmt: skip
    mean = independent_mean(singles)
    together = bootstrap_interval(
        lambda chosen: float(
            np.mean([one.roc_auc(chosen[chosen // 80 == i] - 80 * i) for i, one in enumerate(sets)])
        ),
        320,
        seed=9,
        strata=np.concatenate([10 * i + truth for i in range(4)]),
    )
    assert mean.value == pytest.approx(together.value, abs=1e-12)
    assert mean.low == pytest.approx(together.low, abs=0.01)
    assert mean.high == pytest.approx(together.high, abs=0.01)
    # Half as wide as one id's, with four.
    widths = [one.high - one.low for one in singles]
    assert mean.high - mean.low == pytest.approx(np.mean(widths) / 2, rel=0.05)


def test_values_on_the_same_clips_gain_no_certainty() -> None:
    same = [Interval(0.6, 0.5, 0.8)] * 3
    mean = dependent_mean(same)
    assert (mean.value, mean.low, mean.high) == pytest.approx((0.6, 0.5, 0.8))


def test_a_harmonic_mean_follows_its_smallest_value() -> None:
    sure = Interval(0.9, 0.9, 0.9)
    unsure = Interval(0.3, 0.29, 0.31)
    mean = independent_harmonic_mean([sure, unsure])
    assert mean.value == pytest.approx(harmonic_mean([0.9, 0.3]), abs=1e-12)
    assert mean.low == pytest.approx(harmonic_mean([0.9, 0.29]), abs=1e-3)
    assert mean.high == pytest.approx(harmonic_mean([0.9, 0.31]), abs=1e-3)
    nothing = independent_harmonic_mean([sure, Interval(0.0, 0.0, 0.1)])
    assert (nothing.value, nothing.low) == (0.0, 0.0)
    with pytest.raises(MetricError, match="no values"):
        independent_mean([])
