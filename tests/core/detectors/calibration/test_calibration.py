"""Facts about calibration: the rate that is promised is the rate that is kept."""

import numpy as np
import pytest

from core.detectors.calibration.calibration import Calibration


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


def test_equal_scores_give_finite_answers() -> None:
    calibration = calibrated(np.full(10, 3.0))
    assert np.isfinite(calibration.threshold(0.01))
    scale = calibration.evidence_scale(calibration.threshold(0.05))
    assert scale.evidence(np.array([3.0, 3.1], dtype=np.float32))[1] == 1.0
