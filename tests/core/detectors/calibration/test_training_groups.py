"""Two machines in one set are two groups; one machine, or one stray clip, is not."""

import numpy as np
import pytest

from core.detectors.calibration.training_groups import TrainingGroups, training_groups
from core.types import Float64Array

D = 50


def one_group(seed: int, n: int) -> Float64Array:
    """Clips that differ more in some directions than in others, as features do."""
    spreads = 1.0 / np.sqrt(np.arange(1, D + 1))
    return np.asarray(np.random.default_rng(seed).normal(size=(n, D)) * spreads)


def two_groups(seed: int, n_first: int, n_second: int, distance: float = 8.0) -> Float64Array:
    clips = one_group(seed, n_first + n_second)
    clips[n_first:, 0] += distance
    return clips


@pytest.mark.parametrize("n", [6, 8, 12, 24, 100])
def test_one_group_is_not_divided(n: int) -> None:
    assert sum(training_groups(one_group(seed, n)) is not None for seed in range(150)) <= 2


@pytest.mark.parametrize(("n_first", "n_second"), [(6, 6), (4, 8), (12, 12), (20, 80 // 2)])
def test_two_groups_are_found_as_they_are(n_first: int, n_second: int) -> None:
    for seed in range(5):
        found = training_groups(two_groups(seed, n_first, n_second))
        assert found is not None
        parts = {found.smaller, found.larger}
        assert parts == {
            tuple(range(n_first)),
            tuple(range(n_first, n_first + n_second)),
        }


def test_three_and_three_are_the_fewest() -> None:
    assert training_groups(two_groups(1, 3, 3, distance=40.0)) is not None
    assert training_groups(two_groups(1, 3, 2, distance=40.0)) is None


@pytest.mark.parametrize(("n", "n_stray"), [(5, 1), (5, 2), (24, 1), (24, 2), (36, 4)])
def test_stray_clips_are_no_group(n: int, n_stray: int) -> None:
    found = [training_groups(two_groups(seed, n, n_stray, distance=30.0)) for seed in range(30)]
    assert sum(one is not None for one in found) <= 1


def test_groups_that_differ_less_than_their_own_clips_do_are_not_two() -> None:
    clips = np.random.default_rng(0).normal(size=(80, 200))
    clips[:, 0] = np.repeat([-6.0, 6.0], 40)
    assert training_groups(clips[:, :20]) is not None
    assert training_groups(clips) is None


def test_groups_that_overlap_are_not_two() -> None:
    found = [training_groups(two_groups(seed, 12, 12, distance=1.0)) for seed in range(30)]
    assert sum(one is not None for one in found) <= 1


def test_turning_moving_scaling_and_reordering_change_nothing() -> None:
    clips = two_groups(2, 6, 8)
    found = training_groups(clips)
    rng = np.random.default_rng(0)
    turn, _ = np.linalg.qr(rng.normal(size=(D, D)))
    order = rng.permutation(len(clips))
    other = training_groups((3.0 * clips @ turn + 7.0)[order])
    assert found is not None and other is not None
    assert {tuple(sorted(order[list(part)])) for part in (other.smaller, other.larger)} == {
        found.smaller,
        found.larger,
    }
    assert other.silhouette == pytest.approx(found.silhouette)


@pytest.mark.parametrize("clips", [np.ones((10, 5)), np.zeros((8, 1))])
def test_equal_clips_are_one_group(clips: Float64Array) -> None:
    assert training_groups(clips) is None


def test_the_same_two_sounds_over_and_over_are_two_groups() -> None:
    found = training_groups(np.repeat(np.eye(2), 5, axis=0))
    assert found is not None and found.silhouette == pytest.approx(1.0)


def test_the_sentence_says_how_many_are_in_each_and_names_a_few() -> None:
    found = TrainingGroups(tuple(range(3)), tuple(range(3, 12)), 0.001, 0.6)
    said = found.words([f"{i}.wav" for i in range(12)])
    assert said.startswith(
        "The 12 normal recordings look like two groups: 3, “0.wav”, “1.wav”, “2.wav”; and 9 such "
        "as “3.wav”, “4.wav”, “5.wav”."
    )
