"""The spectrum against normal is Welch's, and its envelope the normal recordings' own."""

import csv
import io

import numpy as np
import pytest
from scipy.signal import welch

from core.explain.spectrum_against_normal import HEADER, spectrum_against_normal, spectrum_sentence
from core.types import Box
from tests.support.found_regions import (
    RATE,
    SETTINGS,
    TIME_S,
    band_noise,
    during,
    measured,
    noise,
    normal_spectra,
)

NORMAL = [noise(seed) * gain for seed, gain in enumerate(np.linspace(0.8, 1.25, 11))]


def welch_db(samples: np.ndarray, low_hz: float, high_hz: float) -> float:
    """Mean square in a band by SciPy's density spectrum."""
    hz, density = welch(samples, RATE, nperseg=4096)
    inside = (hz >= low_hz) & (hz < high_hz)
    return float(10 * np.log10(density[inside].sum() * (hz[1] - hz[0])))


def octave_db(levels: np.ndarray, low_hz: float, high_hz: float) -> float:
    inside = (SETTINGS.freq_hz >= low_hz) & (SETTINGS.freq_hz < high_hz)
    return float(10 * np.log10((10 ** (levels[inside] / 10)).sum()))


def test_levels_and_range_are_those_of_welch() -> None:
    sound = noise(50) + band_noise(3, 1000, 3000, 0.05)
    found = spectrum_against_normal(measured(sound), normal_spectra(NORMAL))
    for low, high in ((1420, 2840), (4000, 8000), (500, 1000)):
        assert octave_db(found.level_db, low, high) == pytest.approx(
            welch_db(sound, low, high), abs=1.0
        )
        usual = np.median([welch_db(one, low, high) for one in NORMAL])
        assert octave_db(found.median_db, low, high) == pytest.approx(usual, abs=1.0)
    assert (found.low_db <= found.median_db).all() and (found.median_db <= found.high_db).all()
    assert (found.high_db <= found.highest_db).all()
    beyond = found.freq_hz[found.beyond_db > 3]
    assert beyond.min() > 850 and beyond.max() < 3600
    assert "kHz; the level of that band is" in spectrum_sentence(found)


def test_what_lies_within_the_range_is_said_to() -> None:
    found = spectrum_against_normal(measured(noise(51)), normal_spectra(NORMAL))
    assert spectrum_sentence(found) == (
        "The spectrum lies within the range of 11 normal recordings (5 to 95 %) everywhere."
    )


def test_a_box_has_the_spectrum_of_its_time_and_the_level_of_its_band() -> None:
    sound = noise(50) + during(2.0, 2.5) * band_noise(3, 2000, 4000, 0.1)
    box = Box(2.05, 2.45, 2000, 4000)
    found = spectrum_against_normal(measured(sound), normal_spectra(NORMAL), box)
    inside = (TIME_S >= 2.05) & (TIME_S < 2.45)
    expected = welch_db(sound[inside], 2000, 4000)
    assert octave_db(found.level_db, 2000, 4000) == pytest.approx(expected, abs=1.0)
    middle = float(found.band_db[np.abs(found.time_s - 2.25).argmin()])
    assert middle == pytest.approx(expected, abs=1.5)
    outside = float(np.median(found.band_db))
    assert outside == pytest.approx(welch_db(noise(50), 2000, 4000), abs=1.0)
    low, usual, high = found.band_range_db
    assert low < usual < high and low < outside < high


def test_the_mask_is_a_table() -> None:
    found = spectrum_against_normal(measured(noise(51)), normal_spectra(NORMAL))
    rows = list(csv.DictReader(io.StringIO(found.csv().decode("utf-8-sig"))))
    assert tuple(rows[0]) == HEADER and len(rows) == SETTINGS.n_mels
    assert float(rows[40]["hz"]) == pytest.approx(found.freq_hz[40], abs=0.01)
    assert float(rows[40]["normal_high_dbfs"]) == pytest.approx(found.high_db[40], abs=0.01)
