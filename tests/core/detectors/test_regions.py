"""Facts about regions: boxes enclose what exceeds the threshold, strongest first."""

import numpy as np

from core.detectors.regions import find_regions

FREQ_HZ = np.arange(10) * 100.0 + 50.0
TIME_S = np.arange(20) * 0.1


def regions_of(raw: np.ndarray, threshold: float = 1.0):
    return find_regions(raw.astype(np.float32), threshold, FREQ_HZ, TIME_S, lambda score: 1 / score)


def test_a_calm_map_has_no_region() -> None:
    assert regions_of(np.full((10, 20), 1.0)) == ()


def test_a_box_reaches_half_way_to_its_neighbours() -> None:
    raw = np.zeros((10, 20))
    raw[2:4, 5:8] = 2.0
    raw[3, 6] = 4.0
    (region,) = regions_of(raw)
    np.testing.assert_allclose(
        [region.start_s, region.end_s, region.low_hz, region.high_hz], [0.45, 0.75, 200.0, 400.0]
    )
    assert (region.peak_s, region.peak_hz, region.score, region.p_value) == (
        TIME_S[6],
        350,
        4,
        0.25,
    )


def test_cells_that_touch_by_a_corner_are_one_region_and_others_are_sorted_by_strength() -> None:
    raw = np.zeros((10, 20))
    raw[1, 1] = raw[2, 2] = 2.0
    raw[8, 15] = 5.0
    strongest, weaker = regions_of(raw)
    assert strongest.score == 5.0
    assert weaker.end_s - weaker.start_s > 0.19


def test_boxes_stay_within_the_axes() -> None:
    (region,) = regions_of(np.full((10, 20), 3.0))
    assert (region.start_s, region.end_s) == (0.0, TIME_S[-1])
    assert (region.low_hz, region.high_hz) == (FREQ_HZ[0], FREQ_HZ[-1])
