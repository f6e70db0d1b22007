"""Faithfulness with a detector that is the energy of known cells, so every answer is known."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from core.errors import MetricError
from core.metrics import (
    complexity,
    energy_in_mask,
    faithfulness,
    faithfulness_per_clip,
    insertion_deletion,
    pointing_game,
    si_sdr_db,
    sparseness,
)

SHAPE = (8, 12)
TRUE = np.zeros(SHAPE, bool)
TRUE[2:5, 3:6] = True
CLIP = np.where(TRUE, 1.0, 0.1).ravel()
BACKGROUND = np.full(CLIP.shape, 0.1)


def masked(samples, mask):
    """In this toy world a clip's samples are its cells."""
    return samples * mask.ravel()


def evidence(samples):
    """Anomalous as far as the true cells exceed the background, in [0, 1]."""
    return float(np.clip(samples[TRUE.ravel()].mean() - 0.1, 0, 1) / 0.9)


def four_of(evidence, samples, mask, masked, background):
    """The evidence of a clip, and of what its map keeps, removes and fills."""
    removed = masked(samples, 1.0 - mask)
    filled = removed + masked(background, mask)
    return [evidence(one) for one in (samples, masked(samples, mask), removed, filled)]


def test_a_perfect_map_keeps_and_removes_the_anomaly():
    found = four_of(evidence, CLIP, TRUE.astype(float), masked, BACKGROUND)
    assert found == pytest.approx([1.0, 1.0, 0.0, 0.0])
    measures = faithfulness(*found)
    assert measures["ff_v1_keep"] == pytest.approx(0.0)
    assert measures["ff_v1_remove"] == pytest.approx(1.0)
    assert measures["ff_v2"] == pytest.approx(1.0)
    assert measures["average_drop"] == pytest.approx(0.0)


def test_a_random_map_of_the_same_area_is_less_faithful():
    generator = np.random.default_rng(0)
    best = faithfulness(*four_of(evidence, CLIP, TRUE.astype(float), masked, BACKGROUND))
    for _ in range(20):
        mask = generator.permutation(TRUE.ravel()).reshape(SHAPE).astype(float)
        found = faithfulness(*four_of(evidence, CLIP, mask, masked, BACKGROUND))
        assert found["ff_v1_remove"] < best["ff_v1_remove"]
        assert found["ff_v2"] < best["ff_v2"]
        assert found["ff_v1_keep"] > best["ff_v1_keep"]


def test_each_measure_equals_its_formula_in_a_loop():
    generator = np.random.default_rng(1)
    p, o, q, r = generator.random((4, 30))
    p[:2], o[:2] = [0.0, 1.0], [0.5, 0.5]  # nothing to drop from, nothing to gain
    expected = {
        "ff_v1_keep": [a - b for a, b in zip(p, o, strict=True)],
        "ff_v1_remove": [a - b for a, b in zip(p, q, strict=True)],
        "ff_v2": [a - b for a, b in zip(p, r, strict=True)],
        "average_increase": [1.0 if b > a else 0.0 for a, b in zip(p, o, strict=True)],
        "average_drop": [max(0, a - b) / a if a else 0.0 for a, b in zip(p, o, strict=True)],
        "average_gain": [
            max(0, b - a) / (1 - a) if a < 1 else 0.0 for a, b in zip(p, o, strict=True)
        ],
    }
    per_clip = faithfulness_per_clip(p, o, q, r)
    means = faithfulness(p, o, q, r)
    assert set(per_clip) == set(means) == set(expected)
    for name, values in expected.items():
        assert_allclose(per_clip[name], values, atol=1e-9)
        assert means[name] == pytest.approx(np.mean(values), abs=1e-9)
    assert "ff_v2" not in faithfulness(p, o, q)


def test_what_is_no_calibrated_evidence_is_refused():
    with pytest.raises(MetricError, match=r"from 3\.2 to 3\.2 are no calibrated evidence"):
        faithfulness(3.2, 0.5, 0.5)
    with pytest.raises(MetricError, match="NaN"):
        faithfulness(np.array([0.5, np.nan]), np.zeros(2), np.zeros(2))
    with pytest.raises(MetricError, match=r"\(2,\) and the removed one \(3,\)"):
        faithfulness(np.zeros(2), np.zeros(2), np.zeros(3))
    with pytest.raises(MetricError, match="The background has shape"):
        insertion_deletion(evidence, CLIP, TRUE, masked, BACKGROUND[:-1], seed=0)


def test_insertion_and_deletion_of_the_true_cells_beat_chance():
    runs = []

    def counted(samples):
        runs.append(samples)
        return evidence(samples)

    found = insertion_deletion(
        counted, CLIP, TRUE.astype(float), masked, BACKGROUND, seed=0, n_steps=10
    )
    assert len(runs) == 4 * 9 + 2
    assert found.deletion[0] == found.insertion[-1] == pytest.approx(1.0)
    assert found.deletion[-1] == found.insertion[0] == 0.0
    # 9 of 96 cells are true: after the first tenth, 10 cells, all of it is exchanged.
    assert found.deletion[1] == pytest.approx(0.0)
    assert found.insertion[1] == pytest.approx(1.0)
    assert found.deletion_gain > 0.3 and found.insertion_gain > 0.3


def test_a_map_of_equal_cells_gains_nothing_but_noise():
    gains = [
        insertion_deletion(
            evidence, CLIP, np.ones(SHAPE), masked, BACKGROUND, seed=seed
        ).deletion_gain
        for seed in range(40)
    ]
    assert np.mean(gains) == pytest.approx(0.0, abs=0.05)
    assert np.std(gains) > 0  # equal cells are drawn, not taken in their order


def test_insertion_and_deletion_repeat_with_the_seed():
    values = np.random.default_rng(0).random(SHAPE)
    first, second = (
        insertion_deletion(evidence, CLIP, values, masked, BACKGROUND, seed=5) for _ in range(2)
    )
    assert_allclose(first.random_deletion, second.random_deletion, atol=0)
    with pytest.raises(MetricError, match="NaN"):
        insertion_deletion(evidence, CLIP, values * np.nan, masked, BACKGROUND, seed=0)


def test_sparseness_is_the_mean_difference_of_all_pairs():
    values = np.random.default_rng(0).random((6, 9)) ** 3
    cells = values.ravel()
    pairs = sum(abs(a - b) for a in cells for b in cells)
    assert sparseness(values) == pytest.approx(pairs / (2 * cells.size * cells.sum()), abs=1e-9)
    single = np.zeros((6, 9))
    single[2, 3] = 5.0
    assert sparseness(single) == pytest.approx(1 - 1 / 54)
    assert sparseness(np.full((6, 9), 0.2)) == pytest.approx(0.0, abs=1e-12)


def test_complexity_is_an_entropy():
    single = np.zeros((6, 9))
    single[2, 3] = 5.0
    assert complexity(single) == 0.0
    assert complexity(np.full((6, 9), 0.2)) == pytest.approx(np.log(54))
    values = np.array([[0.5, 0.25], [0.25, 0.0]])
    assert complexity(values) == pytest.approx(1.5 * np.log(2))


@pytest.mark.parametrize("measure", [sparseness, complexity])
def test_the_spread_of_nothing_is_undefined(measure):
    with pytest.raises(MetricError, match="0 everywhere"):
        measure(np.zeros((4, 4)))
    with pytest.raises(MetricError, match="negative"):
        measure(np.array([[1.0, -1.0]]))
    with pytest.raises(MetricError, match="NaN"):
        measure(np.array([[1.0, np.nan]]))


def test_a_perfect_map_points_and_holds_its_energy():
    assert pointing_game(TRUE, TRUE.astype(float)) == 1.0
    assert energy_in_mask(TRUE, TRUE.astype(float)) == 1.0
    assert pointing_game(TRUE, 1.0 - TRUE) == 0.0
    assert energy_in_mask(TRUE, 1.0 - TRUE) == 0.0
    # Equal cells know nothing: both give the share of true ones.
    assert pointing_game(TRUE, np.ones(SHAPE)) == pytest.approx(TRUE.mean())
    assert energy_in_mask(TRUE, np.ones(SHAPE)) == pytest.approx(TRUE.mean())


def test_one_loud_wrong_cell_loses_the_pointing_game_but_little_energy():
    values = TRUE.astype(float)
    values[0, 0] = 1.01
    assert pointing_game(TRUE, values) == 0.0
    assert energy_in_mask(TRUE, values) == pytest.approx(9 / 10.01)


@pytest.mark.parametrize("measure", [pointing_game, energy_in_mask])
def test_pointing_at_nothing_is_undefined(measure):
    with pytest.raises(MetricError, match="nothing in the truth"):
        measure(np.zeros(SHAPE, bool), np.ones(SHAPE))
    with pytest.raises(MetricError, match=r"\(8, 12\) and the scores \(12, 8\)"):
        measure(TRUE, np.ones((12, 8)))


def test_si_sdr_is_the_ratio_of_what_was_mixed():
    generator = np.random.default_rng(0)
    reference = generator.normal(size=100_000)
    noise = generator.normal(size=100_000)
    noise -= noise.mean()
    reference -= reference.mean()
    noise -= (noise @ reference) / (reference @ reference) * reference
    noise *= np.linalg.norm(reference) / np.linalg.norm(noise)
    for ratio_db in (-6.0, 0.0, 20.0):
        mix = reference + 10 ** (-ratio_db / 20) * noise
        assert si_sdr_db(mix, reference) == pytest.approx(ratio_db, abs=1e-9)
        # Neither gain nor offset counts.
        assert si_sdr_db(-0.01 * mix + 3, reference) == pytest.approx(ratio_db, abs=1e-6)
    assert si_sdr_db(reference, reference) > 200


def test_si_sdr_of_silence_is_undefined():
    sound = np.random.default_rng(0).normal(size=100)
    with pytest.raises(MetricError, match="estimate is silent"):
        si_sdr_db(np.zeros(100), sound)
    with pytest.raises(MetricError, match="reference is silent"):
        si_sdr_db(sound, np.zeros(100))
    with pytest.raises(MetricError, match=r"\(100,\) and the reference \(99,\)"):
        si_sdr_db(sound, sound[1:])
