"""0.5 on the scale of evidence is the threshold: over random maps, scores and rates."""

import itertools

import numpy as np
import pytest

from core.detectors.calibration.calibration import Calibration
from core.detectors.calibration.evidence_scale import AT_THRESHOLD, EvidenceOnDemand

RATES = (0.0001, 0.001, 0.01, 0.04, 0.05, 0.1, 0.5, 0.9, 0.999)


def calibrated(scores: np.ndarray) -> Calibration:
    ordered = np.sort(scores.astype(np.float64))
    return Calibration(ordered, window_seconds=5.0, n_groups=len(scores), cross_fitted=True)


def calibrations() -> list[Calibration]:
    """Many, few, equal, heavy-tailed, tiny, huge scores, and one far below the others."""
    rng = np.random.default_rng(4)
    drawn = [rng.gumbel(10, 2, n) for n in (2, 3, 24, 400)]
    drawn += [rng.standard_cauchy(30), 1e-7 * rng.random(12), 1e7 * rng.random(12), np.ones(9)]
    drawn += [np.append(rng.normal(size=30), -1e4), np.float64(np.float32(rng.random(24)))]
    return [calibrated(scores) for scores in drawn]


@pytest.mark.parametrize("rate", RATES)
def test_more_than_half_is_above_the_threshold_and_nothing_else(rate: float) -> None:
    rng = np.random.default_rng(5)
    for calibration in calibrations():
        threshold = calibration.threshold(rate)
        scale, scores = calibration.evidence_scale(threshold), calibration.clip_scores
        spread = max(float(np.ptp(scores)), 1e-9)
        # Also the cells next to the threshold, which rounding could move across it.
        beside = np.float32(threshold)
        near = [np.nextafter(beside, np.float32(way)) for way in (-np.inf, np.inf)]
        raw = np.concatenate(
            [threshold + spread * rng.normal(size=500), scores, [beside, *near]]
        ).astype(np.float32)[None]
        evidence = scale.evidence(raw)
        assert evidence.dtype == np.float32 and 0 <= evidence.min() <= evidence.max() <= 1
        above = raw.astype(np.float64) > threshold
        np.testing.assert_array_equal(evidence > AT_THRESHOLD, above)
        assert (np.diff(evidence[0, np.argsort(raw[0])]) >= 0).all()
        # A clip's own place is that of its map's highest cell.
        highest = float(raw.max())
        assert scale.clip_evidence(highest) == evidence.max()
        assert scale.clip_evidence(threshold) <= AT_THRESHOLD


@pytest.mark.parametrize("rate", [0.01, 0.05, 0.2])
def test_one_is_where_the_chance_is_the_rate_s_square(rate: float) -> None:
    """Counted on two million normal scores, of which the tail is not fitted."""
    rng = np.random.default_rng(0)
    calibration = calibrated(rng.gumbel(10, 2, 4000))
    scale = calibration.evidence_scale(calibration.threshold(rate))
    evidence = scale.evidence(rng.gumbel(10, 2, 2_000_000))
    assert np.mean(evidence > AT_THRESHOLD) == pytest.approx(rate, rel=0.15)
    assert np.mean(evidence >= 1.0) == pytest.approx(rate**2, rel=0.35)
    assert scale.clip_evidence(0.0) == pytest.approx(0.0, abs=1e-6)


def test_a_lower_rate_never_gives_more_evidence() -> None:
    for calibration in calibrations():
        raw = np.linspace(calibration.clip_scores[0], 2 * calibration.clip_scores[-1], 50)
        of_rates = [
            calibration.evidence_scale(calibration.threshold(rate)).evidence(raw)
            for rate in (0.3, 0.1, 0.05, 0.01, 0.001)
        ]
        for more, less in itertools.pairwise(of_rates):
            assert (less <= more + 1e-6).all()


def test_a_long_map_is_calibrated_piece_by_piece_as_in_one() -> None:
    calibration = calibrated(np.random.default_rng(0).gumbel(10, 2, 30))
    scale = calibration.evidence_scale(calibration.threshold(0.05))
    raw = np.random.default_rng(1).uniform(0, 30, (3, 10_000)).astype(np.float32)
    whole = scale.evidence(raw)
    np.testing.assert_array_equal(whole[:, 4000:4200], scale.evidence(raw[:, 4000:4200]))
    np.testing.assert_array_equal(EvidenceOnDemand(scale, raw)[:, 4000:], whole[:, 4000:])
