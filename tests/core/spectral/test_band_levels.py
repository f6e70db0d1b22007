"""Band levels are what a sound-level meter would show, whatever the front end."""

import itertools

import numpy as np
import pytest
import torch

from core.backbones.front_ends import FRONT_ENDS
from core.spectral.band_levels import FLOOR_DB, Band, band_power, decibel, octave_bands
from core.spectral.spectrogram import SpectrogramSettings, log_mel_frames

SECONDS = 3
# YAMNet sums magnitudes where the others sum powers: what a sum stands for then depends on how the
# sound is spread within a row, so of it only the rough level can be had.
ROUGH_DB = {"yamnet": 3.0}


def levels(samples: np.ndarray, settings: SpectrogramSettings) -> np.ndarray:
    """Mean level of the whole and of each octave, as read from 16-bit features."""
    sound = torch.from_numpy(samples.astype(np.float32))
    log_mel = log_mel_frames(sound, 0, settings.n_frames(sound.numel()), settings).half().float()
    octaves = octave_bands(settings)
    whole = Band(0, settings.n_mels, octaves[0].low_hz, octaves[-1].high_hz)
    return decibel(band_power(log_mel, settings, (whole, *octaves)).mean(dim=1)).numpy()


def white(settings: SpectrogramSettings, level_db: float) -> np.ndarray:
    noise = np.random.default_rng(0).standard_normal(SECONDS * settings.sample_rate)
    return np.asarray(noise / noise.std() * 10 ** (level_db / 20))


def tone(settings: SpectrogramSettings, hz: float, level_db: float) -> np.ndarray:
    time = np.arange(SECONDS * settings.sample_rate) / settings.sample_rate
    return np.asarray(np.sqrt(2) * 10 ** (level_db / 20) * np.sin(2 * np.pi * hz * time))


@pytest.mark.parametrize("name", FRONT_ENDS)
def test_white_noise_has_its_mean_square_and_spreads_it_evenly(name: str) -> None:
    settings = FRONT_ENDS[name]
    octaves = octave_bands(settings)
    found = levels(white(settings, -40.0), settings)
    share = (octaves[-1].high_hz - octaves[0].low_hz) / (settings.sample_rate / 2)
    assert found[0] == pytest.approx(-40.0 + 10 * np.log10(share), abs=ROUGH_DB.get(name, 1.6) / 8)
    shares = [(band.high_hz - band.low_hz) / (settings.sample_rate / 2) for band in octaves]
    # The lowest octave has two or three narrow rows, the highest half of one triangle too few.
    assert found[2:] == pytest.approx(-40.0 + 10 * np.log10(shares[1:]), abs=0.8)
    assert found[1] == pytest.approx(-40.0 + 10 * np.log10(shares[0]), abs=2.0)


@pytest.mark.parametrize("name", FRONT_ENDS)
@pytest.mark.parametrize("hz", [440.0, 3000.0])
def test_a_tone_has_its_level_in_its_band_only(name: str, hz: float) -> None:
    settings = FRONT_ENDS[name]
    found = levels(tone(settings, hz, -30.0), settings)
    inside = [band.low_hz <= hz < band.high_hz for band in octave_bands(settings)]
    close_db = ROUGH_DB.get(name, 0.3)
    assert found[0] == pytest.approx(-30.0, abs=close_db)
    assert found[1:][inside] == pytest.approx([-30.0], abs=close_db)
    assert found[1:][~np.array(inside)].max() < -57.0


@pytest.mark.parametrize("name", FRONT_ENDS)
def test_a_gain_moves_every_band_by_itself_down_to_near_the_floor(name: str) -> None:
    settings = FRONT_ENDS[name]
    loud = levels(white(settings, -20.0), settings)
    for quieter_db in (6.0, 50.0, 70.0):
        quiet = levels(white(settings, -20.0 - quieter_db), settings)
        reliable = loud - quieter_db > FLOOR_DB + 5.0
        assert reliable[0]
        assert (loud - quiet)[reliable] == pytest.approx(quieter_db, abs=0.1)


@pytest.mark.parametrize("name", FRONT_ENDS)
def test_silence_is_the_floor_in_every_band(name: str) -> None:
    settings = FRONT_ENDS[name]
    silence = np.zeros(SECONDS * settings.sample_rate)
    assert (levels(silence, settings) == FLOOR_DB).all()


@pytest.mark.parametrize("n_mels", [1, 2, 3, 7, 24, 96, 128])
def test_bands_hold_every_row_once(n_mels: int) -> None:
    settings = SpectrogramSettings(n_mels=n_mels)
    octaves = octave_bands(settings)
    rows = [row for band in octaves for row in range(band.first_row, band.stop_row)]
    assert rows == list(range(n_mels))
    assert n_mels < 2 or min(band.stop_row - band.first_row for band in octaves) >= 2
    for below, above in itertools.pairwise(octaves):
        assert below.high_hz == above.low_hz
