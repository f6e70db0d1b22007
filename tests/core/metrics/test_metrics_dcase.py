"""DCASE's areas and means, and bootstrap intervals."""

import numpy as np
import pytest

from core.errors import MetricError
from core.metrics import (
    Areas,
    DomainAreas,
    areas_by_id,
    arithmetic_mean,
    bootstrap_interval,
    domain_areas,
    harmonic_mean,
    mean_areas,
    mean_interval,
    official_score,
    partial_roc_auc,
    roc_auc,
    roc_auc_interval,
)


def test_ids_are_scored_apart():
    truth = np.array([0, 0, 1, 1, 0, 0, 1, 1])
    scores = np.array([1.0, 2, 3, 4, 101, 104, 103, 102])
    ids = ["id_00"] * 4 + ["id_02"] * 4
    found = areas_by_id(truth, scores, ids)
    assert list(found) == ["id_00", "id_02"]
    assert found["id_00"] == Areas(1.0, 1.0)
    assert found["id_02"].auc == 0.5
    assert mean_areas(found).auc == 0.75
    assert roc_auc(truth, scores) != 0.75  # what pooling would have given


def test_an_id_with_one_class_is_named():
    with pytest.raises(MetricError, match="id_02: AUROC is undefined: all 2 values"):
        areas_by_id([0, 1, 0, 0], [0.1, 0.2, 0.3, 0.4], ["id_00", "id_00", "id_02", "id_02"])
    with pytest.raises(MetricError, match=r"ids have shape \(1,\) for 2 clips"):
        areas_by_id([0, 1], [0.1, 0.2], ["id_00"])


def test_a_domains_normals_meet_the_anomalies_of_both():
    generator = np.random.default_rng(0)
    truth = generator.random(200) < 0.5
    domains = np.where(generator.random(200) < 0.5, "source", "target")
    scores = generator.normal(size=200) + truth
    found = domain_areas(truth, scores, domains)
    for name, value in (("source", found.auc_source), ("target", found.auc_target)):
        wins = [float(a > n) for a in scores[truth] for n in scores[~truth & (domains == name)]]
        assert value == pytest.approx(np.mean(wins), abs=1e-9)
    assert found.pauc == partial_roc_auc(truth, scores, 0.1)


def test_domains_are_source_or_target_and_both_need_normals():
    with pytest.raises(MetricError, match="not “moon”"):
        domain_areas([0, 1], [0.1, 0.2], ["source", "moon"])
    with pytest.raises(MetricError, match="The target domain: AUROC is undefined"):
        domain_areas([0, 1, 1], [0.1, 0.2, 0.3], ["source", "source", "target"])


def test_means():
    assert harmonic_mean([0.4, 0.4, 0.4]) == pytest.approx(0.4)
    assert harmonic_mean([1.0, 0.25]) == pytest.approx(2 / (1 / 1.0 + 1 / 0.25))
    assert harmonic_mean([0.9, 0.0]) == 0.0
    assert arithmetic_mean([0.2, 0.4]) == pytest.approx(0.3)
    sections = [DomainAreas(0.8, 0.6, 0.5), DomainAreas(0.9, 0.7, 0.5)]
    expected = 6 / sum(1 / value for value in (0.8, 0.6, 0.5, 0.9, 0.7, 0.5))
    assert official_score(sections) == pytest.approx(expected)
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
