"""What a model keeps of its normal recordings: levels, rises and falls, 8 bytes a row."""

from pathlib import Path

import numpy as np
import pytest
import torch

from core.detectors import Detector
from core.detectors.views.normal_spectrum import NormalSpectra, RowLevels
from core.features.cache import FeatureCache
from core.types import Clip
from tests.core.detectors.test_detector import RATE, normal_clips
from tests.support.found_regions import (
    SETTINGS,
    band_level_db,
    band_noise,
    during,
    measured,
    noise,
    normal_spectra,
)


def test_a_band_s_numbers_are_those_of_a_filter() -> None:
    sound = noise(1) + during(2.0, 2.2) * band_noise(2, 1000, 4000, 0.1)
    spectra = normal_spectra([sound])
    rows = slice(*np.searchsorted(SETTINGS.freq_hz, [1000, 4000]))
    by_filter = band_level_db(sound, 1000, 4000)
    median = float(np.median(by_filter))
    assert spectra.background_in(rows)[0] == pytest.approx(median, abs=1.0)
    mean = 10 * np.log10(np.mean(10 ** (by_filter / 10)))
    assert spectra.level_in(rows)[0] == pytest.approx(mean, abs=1.0)
    # The rise is a bound: never less than the band's own, and here not much more.
    rise = float(by_filter.max()) - median
    assert rise - 0.5 <= spectra.rise_in(rows)[0] <= rise + 3.0
    assert spectra.fall_in(rows)[0] <= float(by_filter.min()) - median + 0.5


@pytest.mark.parametrize("seed", range(4))
def test_a_band_s_rise_is_never_below_its_own(seed: int) -> None:
    rng = np.random.default_rng(seed)
    power = rng.exponential(size=(40, 200)) ** rng.uniform(0.5, 3, size=(40, 1))
    low, high = sorted(rng.integers(0, 40, 2).tolist())
    rows = slice(low, high + 1)
    spectra = NormalSpectra(torch.from_numpy(_stacked(power)))
    own = RowLevels.of(power[rows].sum(axis=0, keepdims=True), 0.02)
    # The band's background may lie a little below the sum of the rows' in skewed noise.
    loudest = own.background_db[0] + own.rise_db[0] - spectra.background_in(rows)[0]
    assert spectra.rise_in(rows)[0] >= loudest - 1e-6


def _stacked(power: np.ndarray) -> np.ndarray:
    return np.stack([values[None] for values in vars(RowLevels.of(power, 0.02)).values()])


def test_padding_of_silence_changes_no_level() -> None:
    sound = noise(1)
    padded = sound.copy()
    padded[:RATE] = 0.0
    both = normal_spectra([sound, padded])
    np.testing.assert_allclose(both.level_db[0], both.level_db[1], atol=0.8)


@pytest.mark.usefixtures("aisfx_weights")
def test_a_model_keeps_them_in_8_bytes_a_row(tmp_path: Path) -> None:
    clips = normal_clips(4, 2.0)
    long = Clip.from_samples(np.tile(clips[0].samples, 17), RATE, "longer than a segment")
    detector = Detector("padim", n_channels=8).fit(
        [*clips, long], cache=FeatureCache(tmp_path / "features")
    )
    spectra = detector.normal_spectra
    assert spectra is not None and spectra.n_clips == 5
    assert spectra.memory.numel() * spectra.memory.element_size() == 8 * SETTINGS.n_mels * 5
    # What the features give, rounded to 16 bits, is what the samples give.
    order = sorted([*clips, long], key=lambda clip: clip.sha256)
    own = normal_spectra([clip.samples for clip in order])
    np.testing.assert_allclose(spectra.level_db, own.level_db, atol=0.25)
    np.testing.assert_allclose(spectra.memory[2].float(), own.memory[2].float(), atol=0.5)
    detector.save(tmp_path / "model")
    loaded = Detector.load(tmp_path / "model").normal_spectra
    assert loaded is not None and torch.equal(loaded.memory, spectra.memory)
    assert measured(clips[0].samples).power.shape[0] == spectra.memory.shape[2]
