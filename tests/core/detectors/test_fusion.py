"""Score fusion: views on one scale, the larger with a part of the smaller, a map to that height."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.detectors.fusion import Scale, ScoreFusion, raise_to, set_peak


def middle_and_spread(values: np.ndarray, share: float, usual: float) -> tuple[float, float]:
    """The median, and the root mean square distance from it of the nearest share of the values.

    At least the usual distance where there are fewer than four, and at least a tenth of it.
    """
    middle = float(np.median(values))
    squares = sorted((value - middle) ** 2 for value in values)
    squares = squares[: max(1, int(share * len(squares)))]
    least = usual if len(values) < 4 else usual / 10
    return middle, max(least, float(np.sqrt(sum(squares) / len(squares))))


def made_up(n_clips: int, seed: int = 0) -> tuple[list[np.ndarray], list[torch.Tensor], np.ndarray]:
    """Head's scores [window] and distances [window, statistic] of clips, and level deviations."""
    generator = np.random.default_rng(seed)
    n_windows = generator.integers(1, 5, n_clips)
    event = [generator.normal(3.0, 2.0, n) for n in n_windows]
    distances = [torch.tensor(np.exp(generator.normal(-4.0, 0.5, (n, 3)))) for n in n_windows]
    return event, distances, generator.gumbel(2.0, 1.0, n_clips)


@pytest.mark.parametrize("n_clips", [2, 3, 4, 24])
def test_evidence_is_its_formula(n_clips: int) -> None:
    event, distances, levels = made_up(n_clips)
    fusion = ScoreFusion.of(event, distances, levels)

    own = middle_and_spread(np.array([scores.max() for scores in event]), 1.0, 0.35)
    logs = [one.log().numpy() for one in distances]
    highest = [np.array([one[:, k].max() for one in logs]) for k in range(3)]
    scales = [middle_and_spread(values, 0.9, 0.4) for values in highest]

    def mean_z(one: np.ndarray) -> np.ndarray:
        return np.mean([(one[:, k] - scales[k][0]) / scales[k][1] for k in range(3)], axis=0)

    means = np.array([mean_z(one).max() for one in logs])
    middle, spread = middle_and_spread(means, 0.9, 0.9)
    for scores, of_clip, log in zip(event, distances, logs, strict=True):
        found = fusion.evidence(scores, of_clip)
        first = (scores - own[0]) / own[1]
        second = (mean_z(log) - middle) / spread - 1.0
        np.testing.assert_allclose(found.event, first)
        np.testing.assert_allclose(found.stationary, second)
        fused = [max(pair) + 0.3 * min(pair) for pair in zip(first, second, strict=True)]
        np.testing.assert_allclose(found.fused, fused)
    expected = np.quantile((means - middle) / spread - 1.0, 0.95)
    assert fusion.drawn_from == pytest.approx(float(expected))
    of_level = middle_and_spread(levels, 1.0, 1.5)
    expected_level = (levels - of_level[0]) / of_level[1] - 1.0
    np.testing.assert_allclose(fusion.level_evidence(levels), expected_level)


def test_more_of_either_view_is_never_less_evidence() -> None:
    event, distances, levels = made_up(24)
    fusion = ScoreFusion.of(event, distances, levels)
    for scores, of_clip in zip(event, distances, strict=True):
        before = fusion.evidence(scores, of_clip).fused
        assert (fusion.evidence(scores + 0.5, of_clip).fused > before).all()
        assert (fusion.evidence(scores, of_clip * 1.5).fused > before).all()


def test_one_clip_far_off_hardly_moves_the_stationary_views_scale() -> None:
    event, distances, levels = made_up(24)
    usual = ScoreFusion.of(event, distances, levels)
    spoilt = ScoreFusion.of(event, [distances[0] * 1e3, *distances[1:]], levels)
    quiet = distances[1]
    before = usual.evidence(event[1], quiet).stationary
    np.testing.assert_allclose(spoilt.evidence(event[1], quiet).stationary, before, atol=0.5)
    assert Scale.of(np.array([0.0] * 9 + [1e3]), 1.0, trimmed=True).spread < 1.0
    assert Scale.of(np.array([0.0] * 9 + [1e3]), 1.0).spread > 100.0


def test_a_spread_that_few_or_equal_clips_do_not_tell_is_the_usual_one() -> None:
    """Two clips are each other's nearest, and equally far."""
    assert Scale.of(np.array([-4.0, -4.0]), 0.4, trimmed=True) == Scale(-4.0, 0.4)
    assert Scale.of(np.array([-4.0, -4.0, -3.9]), 0.4, trimmed=True) == Scale(-4.0, 0.4)
    assert Scale.of(np.array([-4.0, -2.0]), 0.4, trimmed=True).spread == pytest.approx(1.0)
    assert Scale.of(np.full(24, -4.0), 0.4, trimmed=True).spread == pytest.approx(0.04)


@pytest.mark.parametrize("n_clips", [2, 24])
def test_equal_calibration_clips_give_sober_evidence(n_clips: int) -> None:
    event, distances, levels = [np.full(1, 3.0)], [torch.full((1, 3), 1e-6)], np.zeros(n_clips)
    fusion = ScoreFusion.of(event * n_clips, distances * n_clips, levels)
    found = fusion.evidence(np.array([3.0, 4.0]), torch.tensor([[1e-6] * 3, [0.5] * 3]))
    assert found.fused[0] < found.fused[1] < 1e4


def test_saved_and_loaded_it_says_the_same() -> None:
    event, distances, levels = made_up(12)
    fusion = ScoreFusion.of(event, distances, levels)
    again = ScoreFusion.from_state(fusion.state())
    for scores, of_clip in zip(event, distances, strict=True):
        found, same = fusion.evidence(scores, of_clip), again.evidence(scores, of_clip)
        np.testing.assert_array_equal(found.fused, same.fused)
    np.testing.assert_array_equal(fusion.level_evidence(levels), again.level_evidence(levels))
    assert again.drawn_from == fusion.drawn_from


# ---- the map's height ------------------------------------------------------------------------


def overlapping(n_columns: int, width: int) -> list[tuple[int, int]]:
    starts = [*range(0, max(1, n_columns - width), max(1, width // 2)), max(0, n_columns - width)]
    return [(start, min(n_columns, start + width)) for start in starts]


@pytest.mark.parametrize("seed", range(20))
def test_a_map_is_raised_window_by_window_as_by_a_loop_over_columns(seed: int) -> None:
    generator = np.random.default_rng(seed)
    n_columns = int(generator.integers(1, 60))
    windows = overlapping(n_columns, int(generator.integers(1, n_columns + 1)))
    raw = generator.normal(0.0, 10.0 ** generator.integers(-3, 4), (6, n_columns))
    raw = raw.astype(np.float32)
    scores = generator.normal(0.0, 10.0 ** generator.integers(-3, 4), len(windows))
    scores = scores.astype(np.float32).astype(np.float64)
    lifts = [
        score - float(raw[:, start:stop].max())
        for (start, stop), score in zip(windows, scores, strict=True)
    ]
    expected = raw.astype(np.float64)
    for column in range(n_columns):
        expected[:, column] += max(
            lift
            for (start, stop), lift in zip(windows, lifts, strict=True)
            if start <= column < stop
        )
    found = raise_to(raw.copy(), windows, scores)
    size = np.abs(raw).max() + np.abs(scores).max()
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6 * size)
    assert float(found.max()) == scores.max(), "to the bit"
    for (start, stop), score in zip(windows, scores, strict=True):
        assert found[:, start:stop].max() >= score - 1e-6 * size


@pytest.mark.parametrize("seed", range(20))
def test_the_highest_cell_is_the_score_and_stays_where_it_was(seed: int) -> None:
    generator = np.random.default_rng(seed)
    raw = generator.normal(5.0, 1.0, (8, 9)).astype(np.float32)
    highest, where = float(raw.max()), raw.argmax()
    raw.flat[-1] = highest
    score = float(np.float32(highest * (1.0 + generator.choice([-3e-7, 0.0, 3e-7]))))
    found = set_peak(raw.copy(), score)
    assert float(found.max()) == score and found.argmax() == where
    np.testing.assert_allclose(found, raw, rtol=1e-6)
