"""Facts about regions: a sound is one region, its box is the sound's, the strongest is first."""

import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from scipy import ndimage

from core.detectors.regions import find_parts, find_regions
from core.spectral.spectrogram import KALDI, SpectrogramSettings
from core.types import Region

FREQ_HZ = np.arange(10) * 100.0 + 50.0
TIME_S = np.arange(20) * 0.1
FRONT_END = SpectrogramSettings()


def regions_of(raw: np.ndarray, threshold: float = 1.0) -> tuple[Region, ...]:
    return find_regions(raw.astype(np.float32), threshold, FREQ_HZ, TIME_S, lambda score: 1 / score)


def map_of(
    *bursts: tuple[float, float, float, float, float], settings: SpectrogramSettings = FRONT_END
) -> np.ndarray:
    """Five seconds with a Gaussian blob for each (start_s, end_s, low_hz, high_hz, height)."""
    freq_hz, time_s = settings.freq_hz, settings.time_s(round(5 / settings.hop_seconds))
    raw = np.zeros((freq_hz.size, time_s.size))
    for start, end, low, high, height in bursts:
        inside = np.outer((freq_hz >= low) & (freq_hz <= high), (time_s >= start) & (time_s <= end))
        # As networks do: half a layer's cell of 8 rows and 8 columns.
        blurred = ndimage.gaussian_filter(inside.astype(float), 2.0)
        raw = np.maximum(raw, height * blurred / blurred.max())
    return raw.astype(np.float32)


def regions_on(
    raw: np.ndarray, threshold: float, settings: SpectrogramSettings = FRONT_END
) -> tuple[Region, ...]:
    time_s = settings.time_s(raw.shape[1])
    return find_regions(raw, threshold, settings.freq_hz, time_s, lambda score: 0.5)


def random_map(seed: int, shape: tuple[int, int] = (24, 60)) -> np.ndarray:
    generator = np.random.default_rng(seed)
    raw = generator.normal(size=shape) * generator.choice([1e-3, 1.0, 1e4])
    smooth = ndimage.gaussian_filter(raw, generator.uniform(0, 3)) + generator.choice([0.0, -7, 7])
    return smooth.astype(np.float32)


def test_a_calm_map_has_no_region() -> None:
    assert regions_of(np.full((10, 20), 1.0)) == ()


def test_a_box_reaches_half_way_to_its_neighbours() -> None:
    raw = np.zeros((10, 20))
    raw[2:4, 5:8] = 3.0
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


@pytest.mark.parametrize("settings", [FRONT_END, KALDI], ids=["23 ms", "10 ms"])
def test_bursts_a_fifth_of_a_second_apart_are_one_sound(settings: SpectrogramSettings) -> None:
    two = ((1.0, 1.3, 2000, 4000, 4.0), (1.5, 1.8, 2000, 4000, 3.0))
    (region,) = regions_on(map_of(*two, settings=settings), 1.0, settings)
    assert region.start_s == pytest.approx(1.0, abs=0.06)
    assert region.end_s == pytest.approx(1.8, abs=0.06)


@pytest.mark.parametrize("settings", [FRONT_END, KALDI], ids=["23 ms", "10 ms"])
def test_knocks_more_than_half_a_second_apart_are_two(settings: SpectrogramSettings) -> None:
    knocks = ((1.0, 1.05, 2000, 4000, 4.0), (1.65, 1.7, 2000, 4000, 3.0))
    first, second = regions_on(map_of(*knocks, settings=settings), 1.0, settings)
    assert (first.score, second.score) == (4.0, 3.0)
    assert first.end_s + 0.3 < second.start_s


def test_the_partials_of_a_cry_are_one_region() -> None:
    partials = [(2.0, 2.8, 0.97 * hz, 1.03 * hz, 6 - hz / 1000) for hz in range(700, 4201, 700)]
    (region,) = regions_on(map_of(*partials), 1.0)
    assert region.low_hz < 750 and region.high_hz > 3000


def test_bursts_far_apart_in_time_and_frequency_are_two() -> None:
    bursts = ((1.0, 1.4, 400, 600, 3.0), (3.0, 3.4, 7000, 9000, 4.0))
    high, low = regions_on(map_of(*bursts), 1.0)
    assert high.low_hz > 5000 > low.high_hz
    assert high.start_s > low.end_s


def test_two_peaks_above_a_threshold_that_both_stand_on_one_sound_are_one_region() -> None:
    sound = map_of((1.0, 3.0, 1000, 4000, 0.9))
    peaks = map_of((1.1, 1.3, 1500, 3000, 1.4), (2.6, 2.8, 1500, 3000, 1.3))
    (region,) = regions_on(np.maximum(sound, peaks), 1.0)
    assert (region.start_s, region.end_s) == pytest.approx((1.0, 3.0), abs=0.1)


@pytest.mark.parametrize("height", [1.2, 3.0, 10.0])
def test_a_box_is_as_large_whether_its_sound_is_loud_or_hardly_found(height: float) -> None:
    (region,) = regions_on(map_of((2.0, 2.5, 2000, 4000, height)), 1.0)
    assert (region.start_s, region.end_s) == pytest.approx((2.0, 2.5), abs=0.06)
    assert region.low_hz == pytest.approx(2000, rel=0.15)
    assert region.high_hz == pytest.approx(4000, rel=0.15)


def test_a_clip_that_exceeds_the_threshold_everywhere_is_boxed_in_its_strongest_bands() -> None:
    raw = np.full((10, 20), 3.0)
    raw[2:4] = 6.0
    (region,) = regions_of(raw)
    assert (region.low_hz, region.high_hz) == (200.0, 400.0)
    assert (region.start_s, region.end_s) == (0.0, TIME_S[-1])


@pytest.mark.parametrize("seed", range(60))
def test_there_is_a_region_exactly_when_the_highest_cell_exceeds_the_threshold(seed: int) -> None:
    raw = random_map(seed)
    freq_hz, time_s = np.geomspace(60, 8000, raw.shape[0]), np.arange(raw.shape[1]) * 0.05
    row, column = np.unravel_index(raw.argmax(), raw.shape)
    highest = float(raw.max())
    below, above = np.nextafter(highest, -np.inf), np.nextafter(highest, np.inf)
    levels = [float(np.quantile(raw, share)) for share in (0.0, 0.3, 0.6, 0.9, 0.99)]
    for threshold in [*levels, below, highest, above, float(raw.min()) - 1]:
        found = find_regions(raw, float(threshold), freq_hz, time_s, lambda _: 0.5)
        assert bool(found) == (highest > threshold)
        assert all(one.score >= other.score > threshold for one, other in pairwise(found))
        if found:
            first = found[0]
            assert first.score == highest
            assert (first.peak_hz, first.peak_s) == (freq_hz[row], time_s[column])
        for region in found:
            assert region.start_s <= region.peak_s <= region.end_s and region.start_s < region.end_s
            assert region.low_hz <= region.peak_hz <= region.high_hz
            assert region.low_hz < region.high_hz


def test_every_sound_is_a_region_however_many_there_are() -> None:
    raw = np.zeros((10, 1530))
    raw[5, ::10] = np.linspace(2.0, 3.0, 153)
    found = find_regions(raw, 1.0, np.geomspace(60, 8000, 10), np.arange(1530) * 0.05, lambda _: 1)
    assert len(found) == 153


def test_a_map_of_one_value_just_above_the_threshold_has_a_region() -> None:
    raw = np.full((10, 20), 0.1, dtype=np.float32)
    highest = float(raw.max())
    assert len(regions_of(raw, float(np.nextafter(highest, 0.0)))) == 1
    assert regions_of(raw, highest) == ()


@pytest.mark.parametrize("seed", range(10))
def test_regions_neither_depend_on_when_a_sound_begins_nor_on_a_map_s_unit(seed: int) -> None:
    raw = np.pad(random_map(seed), ((0, 0), (12, 12)), constant_values=-9.0)
    freq_hz, time_s = np.geomspace(60, 8000, raw.shape[0]), np.arange(raw.shape[1]) * 0.0625
    threshold = float(np.quantile(raw, 0.97))

    def boxes(shown: np.ndarray, cut: float, moved_s: float = 0.0) -> np.ndarray:
        found = find_regions(shown, cut, freq_hz, time_s, lambda _: 0.5)
        return np.array([[r.start_s - moved_s, r.end_s - moved_s, r.low_hz] for r in found])

    here = boxes(raw, threshold)
    np.testing.assert_allclose(boxes(np.roll(raw, 8, axis=1), threshold, 8 * 0.0625), here)
    np.testing.assert_allclose(boxes(4 * raw + 32, 4 * threshold + 32), here)


@pytest.mark.parametrize("seed", range(20))
def test_two_cells_are_one_region_exactly_when_less_than_both_gaps_apart(seed: int) -> None:
    generator = np.random.default_rng(seed)
    freq_hz = FRONT_END.freq_hz
    for _ in range(20):
        rows, columns = generator.choice(96, 2, replace=False), generator.integers(0, 60, 2)
        raw = np.zeros((96, 60), dtype=np.float32)
        raw[rows, columns] = [2.0, 3.0]
        # What lies between two cells: one column or row less than their distance.
        silent_s = (abs(int(columns[0] - columns[1])) - 1) * FRONT_END.hop_seconds
        lower, upper = sorted(rows)
        silent_octaves = np.log2(freq_hz[max(lower, upper - 1)] / freq_hz[lower])
        together = silent_s <= 0.25 and silent_octaves <= 1.0
        assert len(regions_on(raw, 1.0)) == (1 if together else 2)


def test_memory_grows_with_the_length_of_a_map_and_no_faster() -> None:
    def needed_bytes(n_columns: int) -> int:
        noise = np.random.default_rng(0).normal(size=(96, n_columns)).astype(np.float32)
        raw = ndimage.gaussian_filter(noise, (3, 4))
        threshold = float(np.quantile(raw, 0.999))
        tracemalloc.start()
        regions_on(raw, threshold)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    short, long = needed_bytes(2_000), needed_bytes(16_000)
    assert long < 9 * short
    # The map itself has 4 bytes a cell.
    assert long < 96 * 16_000 * 12


def test_parts_are_drawn_around_all_their_cells_and_nothing_else_joins_them() -> None:
    raw = np.full((10, 20), -np.inf)
    raw[2:4, 3:9] = 0.1
    raw[3, 4] = 9.0
    raw[3, 10] = 1.0
    strong, weak = find_parts(raw.astype(np.float32), -1.0, FREQ_HZ, TIME_S)
    assert (strong.start_s, strong.end_s) == pytest.approx((0.25, 0.85))
    assert (strong.low_hz, strong.high_hz) == (200.0, 400.0)
    assert (weak.start_s, weak.end_s) == pytest.approx((0.95, 1.05))
    assert strong.p_value == weak.p_value == 1.0


@pytest.mark.parametrize("seed", range(40))
def test_a_clear_sound_s_box_ends_where_the_outline_ends(seed: int) -> None:
    """Words and outline say the same where the threshold lies about half way up to the peak."""
    rng = np.random.default_rng(seed)
    base, height = rng.choice([-60.0, 0.0, 1e4]), rng.choice([0.3, 1.0, 120.0])
    freq_hz, time_s = 100.0 * np.arange(1, 41), 0.1 * np.arange(60)
    far = ((np.arange(40) - rng.uniform(15, 25)) / rng.uniform(2, 5))[:, None] ** 2
    far = far + ((np.arange(60) - rng.uniform(20, 40)) / rng.uniform(2, 5)) ** 2
    blob = np.maximum(np.exp(-far / 2) - 0.1, 0.0)
    raw = (base + height * blob / blob.max()).astype(np.float32)
    threshold = float(base + rng.uniform(0.5, 0.6) * height)
    (region,) = find_regions(raw, threshold, freq_hz, time_s, lambda score: 0.5)
    rows, columns = np.nonzero(raw.astype(np.float64) > threshold)
    assert (region.low_hz, region.high_hz) == pytest.approx(
        (freq_hz[rows.min()] - 50, freq_hz[rows.max()] + 50)
    )
    assert (region.start_s, region.end_s) == pytest.approx(
        (time_s[columns.min()] - 0.05, time_s[columns.max()] + 0.05)
    )
