"""Facts about masking: ones give the sound back, a mask and its rest add up to the clip."""

import numpy as np
import pytest

from core.masking import apply_mask, filled, kept, removed
from core.spectrogram import SpectrogramSettings
from core.types import Clip

SETTINGS = SpectrogramSettings()


def clip_of(seconds: float, seed: int = 0) -> Clip:
    samples = np.random.default_rng(seed).uniform(-0.5, 0.5, round(44_100 * seconds))
    return Clip.from_samples(samples, 44_100, "noise")


def map_of(clip: Clip, value: float) -> np.ndarray:
    n_frames = SETTINGS.n_frames(clip.samples.size)
    return np.full((SETTINGS.n_mels, n_frames), value, dtype=np.float32)


@pytest.mark.parametrize("seconds", [0.1, 1.0, 2.345, 61.7])
def test_ones_give_the_input_back(seconds: float) -> None:
    clip = clip_of(seconds)
    again = apply_mask(clip.samples, map_of(clip, 1.0), SETTINGS)
    np.testing.assert_allclose(again, clip.samples, atol=1e-4)


def test_zeros_give_silence() -> None:
    clip = clip_of(1.0)
    assert np.abs(apply_mask(clip.samples, map_of(clip, 0.0), SETTINGS)).max() == 0.0


def test_kept_and_removed_add_up_to_the_clip() -> None:
    clip = clip_of(1.5)
    probability = np.random.default_rng(1).random(map_of(clip, 0).shape).astype(np.float32)
    total = kept(clip, probability, SETTINGS).samples + removed(clip, probability, SETTINGS).samples
    np.testing.assert_allclose(total, clip.samples, atol=1e-4)


def test_a_band_keeps_its_tone_and_loses_the_other() -> None:
    time_s = np.arange(44_100) / 44_100
    low, high = np.sin(2 * np.pi * 500 * time_s), np.sin(2 * np.pi * 6000 * time_s)
    clip = Clip.from_samples(0.4 * (low + high), 44_100, "two tones")
    probability = map_of(clip, 0.0)
    probability[SETTINGS.freq_hz > 2000] = 1.0
    sound = apply_mask(clip.samples, probability, SETTINGS)
    inner = slice(4410, -4410)
    np.testing.assert_allclose(sound[inner], 0.4 * high[inner], atol=0.01)


def test_the_background_fills_only_the_hole() -> None:
    clip, background = clip_of(2.0, 0), clip_of(0.7, 1)
    probability = map_of(clip, 0.0)
    probability[:, 40:50] = 1.0
    sound = filled(clip, background, probability, SETTINGS).samples
    np.testing.assert_allclose(sound[: 36 * 1024], clip.samples[: 36 * 1024], atol=1e-4)
    repeated = np.resize(background.samples, clip.samples.shape)
    inside = slice(42 * 1024, 47 * 1024)
    np.testing.assert_allclose(sound[inside], repeated[inside], atol=1e-4)


def test_a_map_of_another_size_is_refused() -> None:
    clip = clip_of(1.0)
    with pytest.raises(ValueError, match="spectrogram"):
        apply_mask(clip.samples, np.ones((96, 3), dtype=np.float32), SETTINGS)
