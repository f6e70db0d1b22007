"""Training clips unlike the others are found, however many more there are, and no others."""

import numpy as np
import pytest

from core.detectors.calibration.outlying_clips import largest_deviation, outlying_clips
from core.types import Float64Array


def scores(seed: int, n: int, *spoilt: float) -> Float64Array:
    clean = np.random.default_rng(seed).lognormal(2.0, 0.2, n)
    clean[: len(spoilt)] = np.exp(2.0) * np.array(spoilt)
    return clean


def found(values: Float64Array) -> list[int]:
    return [clip.index for clip in outlying_clips(values, [f"{i}.wav" for i in range(len(values))])]


@pytest.mark.parametrize("n", [4, 5, 8, 24, 100])
def test_clean_sets_have_an_outlying_clip_once_in_20(n: int) -> None:
    n_called = sum(bool(found(scores(seed, n))) for seed in range(400))
    assert 8 <= n_called <= 34


@pytest.mark.parametrize("n", [250, 1000])
def test_the_limit_of_large_sets_is_that_of_simulated_ones(n: int) -> None:
    assert 20 <= sum(bool(found(scores(seed, n))) for seed in range(1000)) <= 90


@pytest.mark.parametrize("n", [12, 24, 100])
def test_one_spoilt_clip_is_found_alone(n: int) -> None:
    assert sum(found(scores(seed, n, 5.0)) == [0] for seed in range(50)) >= 45


def test_two_spoilt_clips_do_not_hide_each_other() -> None:
    assert sum(found(scores(seed, 24, 5.0, 6.0)) == [1, 0] for seed in range(50)) >= 45


def test_low_scores_are_never_outlying() -> None:
    assert found(scores(1, 24, 0.01)) == []


def test_scale_and_order_do_not_matter() -> None:
    for seed in range(20):
        values = scores(seed, 24, 5.0)
        assert found(1000.0 * values) == found(values)
        assert found(values[::-1]) == [23 - i for i in found(values)]


def test_equal_scores_have_no_outlying_clip() -> None:
    assert found(np.full(24, 3.0)) == []
    assert found(np.array([3.0] * 23 + [3.03])) == []


def test_fewer_than_four_clips_say_nothing_and_four_need_more_than_24() -> None:
    assert found(np.array([1.0, 1.1, 1000.0])) == []
    assert largest_deviation(4) > largest_deviation(24)


def test_the_sentence_names_the_clip_how_far_it_is_and_where() -> None:
    logarithms = np.array([0.1, -0.1, 0.2, -0.2, 0.1, -0.1, 0.3, -0.3, 0.0, 0.0, 2.0])
    (clip,) = outlying_clips(np.exp(logarithms), ["rain"] * 10 + ["bark.wav"])
    assert clip.words("event view", 2.34) == (
        "“bark.wav” is unlike the other normal recordings, most of all at 2.3 s: its score in the "
        "event view is 20 times as far above the median as the others usually are from it."
    )
    assert "recordings: its score is 20 times" in clip.words()


def test_scores_that_have_no_logarithm_are_refused() -> None:
    with pytest.raises(ValueError, match="above 0"):
        found(np.array([1.0, 2.0, 0.0, 3.0]))
