"""What holds of every anomaly map, of whatever detector, clip and false-alarm rate."""

from __future__ import annotations

import numpy as np

from core.detectors.calibration.calibration import Calibration
from core.detectors.calibration.evidence_scale import AT_THRESHOLD
from core.types import AnomalyMap


def check_one_truth(found: AnomalyMap, calibration: Calibration, rate: float) -> None:
    """A clip is anomalous exactly when it has a region, and the first one has its score."""
    assert np.isfinite(found.raw).all() and found.raw.dtype == np.float32
    assert found.raw.max() == found.score
    assert found.threshold == calibration.threshold(rate)
    assert found.p_value == calibration.p_value(found.score)
    assert found.anomalous == (found.score > found.threshold) == bool(found.regions)
    if calibration.warning(rate) is None:
        assert (found.p_value <= rate + 1e-9) == found.anomalous
    elif found.anomalous:
        assert found.p_value == calibration.smallest_rate
    expected = calibration.evidence_scale(found.threshold).evidence(found.raw)
    np.testing.assert_allclose(found.evidence, expected, atol=1e-5)
    np.testing.assert_array_equal(
        np.asarray(found.evidence) > AT_THRESHOLD, found.raw.astype(np.float64) > found.threshold
    )
    if found.regions:
        assert found.regions[0].score == found.score
        assert found.regions[0].p_value == found.p_value
    scores = [region.score for region in found.regions]
    assert scores == sorted(scores, reverse=True)
    end_s, top_hz = found.time_s[-1], found.freq_hz[-1]
    for region in found.regions:
        assert region.score > found.threshold
        assert 0.0 <= region.start_s <= region.peak_s <= region.end_s <= end_s
        assert 0.0 <= region.low_hz <= region.peak_hz <= region.high_hz <= top_hz
    for view in found.views:
        assert np.isfinite(view.score) and 0.0 < view.p_value <= 1.0
        assert all(0.0 <= start <= end <= end_s for start, end in view.spans)
