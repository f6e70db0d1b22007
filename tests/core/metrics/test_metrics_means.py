"""Means, and bootstrap intervals."""

import numpy as np
import pytest

from core.errors import MetricError
from core.metrics import (
    arithmetic_mean,
    bootstrap_interval,
    harmonic_mean,
    mean_interval,
    roc_auc_interval,
)


def test_means():
    assert harmonic_mean([0.4, 0.4, 0.4]) == pytest.approx(0.4)
    assert harmonic_mean([1.0, 0.25]) == pytest.approx(2 / (1 / 1.0 + 1 / 0.25))
    assert harmonic_mean([0.9, 0.0]) == 0.0
    assert arithmetic_mean([0.2, 0.4]) == pytest.approx(0.3)
    areas = (0.8, 0.6, 0.5, 0.9, 0.7, 0.5)
    assert harmonic_mean(areas) == pytest.approx(6 / sum(1 / value for value in areas))
    for mean in (arithmetic_mean, harmonic_mean):
        with pytest.raises(MetricError, match="no values"):
            mean([])


def test_an_interval_is_repeatable_and_holds_its_value():
    values = np.random.default_rng(0).normal(size=50)
    first = mean_interval(values, seed=3)
    assert first == mean_interval(values, seed=3)
    assert first != mean_interval(values, seed=4)
    assert first.low < first.value == values.mean() < first.high
    # 1.96 standard errors either side.
    half = 1.96 * values.std() / np.sqrt(50)
    assert first.high - first.low == pytest.approx(2 * half, rel=0.1)


def test_every_draw_keeps_the_number_of_clips_in_each_stratum():
    truth = np.array([True] + [False] * 30)
    drawn = []
    bootstrap_interval(
        lambda chosen: drawn.append(truth[chosen].sum()) or 0.0, 31, seed=0, strata=truth
    )
    assert set(drawn) == {1}


def test_random_scores_are_a_half_within_their_interval():
    generator = np.random.default_rng(11)
    covered = 0
    for seed in range(40):
        truth = np.arange(60) < 25
        found = roc_auc_interval(truth, generator.random(60), seed=seed, n_resamples=300)
        covered += found.low <= 0.5 <= found.high
    # 95 % of 40 is 38; fewer than 33 has a probability below 0.2 %.
    assert covered >= 33


def test_an_interval_of_nothing_is_undefined():
    with pytest.raises(MetricError, match="no clips"):
        bootstrap_interval(lambda chosen: 0.0, 0, seed=0)
    with pytest.raises(MetricError, match="empty"):
        mean_interval(np.zeros(0), seed=0)
    with pytest.raises(MetricError, match="all 3 values of the truth are anomalous"):
        roc_auc_interval(np.ones(3), np.zeros(3), seed=0)
