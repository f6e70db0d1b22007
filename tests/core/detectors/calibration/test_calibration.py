"""Facts about calibration: the rate that is promised is the rate that is kept."""

import numpy as np
import pytest
from scipy import stats

from core.detectors.calibration.calibration import Calibration, Gumbel


def calibrated(scores: np.ndarray) -> Calibration:
    ordered = np.sort(scores.astype(np.float64))
    return Calibration(ordered, window_seconds=5.0, n_groups=len(scores), cross_fitted=True)


@pytest.mark.parametrize("rate", [0.01, 0.05, 0.10, 0.2])
@pytest.mark.parametrize("n_clips", [24, 100])
def test_new_normal_clips_exceed_the_threshold_at_most_at_the_rate(
    rate: float, n_clips: int
) -> None:
    generator = np.random.default_rng(3)
    observed = []
    for _ in range(300):
        calibration = calibrated(generator.gumbel(10, 2, n_clips))
        observed.append(np.mean(generator.gumbel(10, 2, 200) > calibration.threshold(rate)))
    # What is extrapolated may be off by a factor of two; what is promised, by the sampling error.
    promised = rate if calibration.warning(rate) is None else 2 * rate
    assert np.mean(observed) <= promised + 3 * np.std(observed) / np.sqrt(len(observed))
    assert np.mean(observed) >= rate - 1.5 / (n_clips + 1)


@pytest.mark.parametrize("rate", [0.05, 0.1, 0.25, 0.5, 0.9])
def test_above_the_threshold_means_a_p_value_within_the_rate(rate: float) -> None:
    calibration = calibrated(np.arange(24.0))
    if calibration.warning(rate) is None:
        for score in np.arange(-1.0, 26.0, 0.5):
            exceeds = score > calibration.threshold(rate)
            assert exceeds == (calibration.p_value(score) <= rate)


def test_p_values_follow_their_definition() -> None:
    calibration = calibrated(np.array([1.0, 2.0, 2.0, 3.0]))
    assert calibration.p_value(0.0) == 1.0
    assert calibration.p_value(2.0) == pytest.approx(4 / 5)
    assert calibration.p_value(2.5) == pytest.approx(2 / 5)
    assert calibration.p_value(9.0) == calibration.smallest_rate == pytest.approx(1 / 5)


def test_too_few_clips_are_said_and_the_threshold_lies_above_all_of_them() -> None:
    calibration = calibrated(np.random.default_rng(0).gumbel(10, 2, 12))
    warning = calibration.warning(0.05)
    assert warning is not None and "7.7 %" in warning and "19 recordings" in warning
    assert calibration.threshold(0.05) >= calibration.clip_scores[-1]
    assert calibration.warning(0.10) is None


def test_extrapolated_thresholds_are_plain_numbers_that_json_writes() -> None:
    calibration = calibrated(np.array([1.0, 2.0, 4.0]))
    assert calibration.warning(0.05) is not None
    assert type(calibration.threshold(0.05)) is float
    assert type(calibration.p_value(3.0)) is float


def test_the_map_is_half_at_five_percent_and_calm_at_the_median() -> None:
    calibration = calibrated(np.random.default_rng(0).gumbel(10, 2, 4000))
    five_percent, median = np.quantile(calibration.clip_scores, [0.95, 0.5])
    low, half, typical, far = calibration.evidence(
        np.array([0.0, five_percent, median, 40.0], dtype=np.float32)
    )
    assert low == pytest.approx(0.0, abs=1e-6)
    assert half == pytest.approx(0.5, abs=0.02)
    assert typical == pytest.approx(np.log(0.5) / (2 * np.log(0.05)), abs=0.02)
    assert far == 1.0


def test_the_map_keeps_the_order_of_the_raw_values() -> None:
    calibration = calibrated(np.random.default_rng(0).gumbel(10, 2, 30))
    raw = np.linspace(-5, 60, 200, dtype=np.float32)
    assert (np.diff(calibration.evidence(raw)) >= 0).all()


def test_equal_scores_give_finite_answers() -> None:
    calibration = calibrated(np.full(10, 3.0))
    assert np.isfinite(calibration.threshold(0.01))
    assert calibration.evidence(np.array([3.0, 3.1], dtype=np.float32))[1] == 1.0


def test_the_tail_is_scipys() -> None:
    tail = Gumbel(3.0, 0.7)
    reference = stats.gumbel_r(loc=3.0, scale=0.7)
    # Beyond z = 36 the tail is below the smallest step from 1; its logarithm is -z.
    values = np.linspace(-3.0, 20.0, 300)
    np.testing.assert_allclose(tail.log_survival(values), reference.logsf(values), atol=1e-9)
    assert float(tail.log_survival(np.array(103.0))) == pytest.approx(-100 / 0.7, abs=1e-6)
    for rate in (0.001, 0.05, 0.5):
        assert tail.quantile_above(rate) == pytest.approx(reference.isf(rate))


def test_a_long_map_is_calibrated_piece_by_piece_as_in_one() -> None:
    calibration = calibrated(np.random.default_rng(0).gumbel(10, 2, 30))
    raw = np.random.default_rng(1).uniform(0, 30, (3, 10_000)).astype(np.float32)
    whole = calibration.evidence(raw)
    np.testing.assert_array_equal(whole[:, 4000:4200], calibration.evidence(raw[:, 4000:4200]))
