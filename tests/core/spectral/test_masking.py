"""Facts about masking: ones give the sound back, a mask and its rest add up to the clip."""

import numpy as np
import pytest

from core.errors import SettingError
from core.spectral.masking import (
    apply_mask,
    boxes_mask,
    filled,
    kept,
    kept_and_removed,
    removed,
    with_magnitude,
)
from core.spectral.spectrogram import SpectrogramSettings, spectrogram
from core.types import Box, Clip

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


@pytest.mark.parametrize("seconds", [0.1, 1.5, 61.7])
def test_both_parts_at_once_are_the_parts(seconds: float) -> None:
    clip = clip_of(seconds)
    probability = np.random.default_rng(1).random(map_of(clip, 0).shape).astype(np.float32)
    alone, rest = kept_and_removed(clip, probability, SETTINGS)
    np.testing.assert_array_equal(alone.samples, kept(clip, probability, SETTINGS).samples)
    expected = removed(clip, probability, SETTINGS)
    np.testing.assert_allclose(rest.samples, expected.samples, atol=1e-4)
    assert rest.name == expected.name


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


def test_with_its_own_magnitude_a_tone_comes_back_and_with_none_there_is_silence() -> None:
    clip = clip_of(1.0)
    n_bins = SETTINGS.n_fft // 2 + 1
    silent = with_magnitude(clip.samples, np.zeros(n_bins, np.float32), SETTINGS)
    assert np.abs(silent).max() < 1e-6
    # Noise of one mean magnitude at each frequency keeps its level, within a decibel or so.
    magnitude = np.abs(spectrogram(clip, SETTINGS).stft).mean(axis=1).astype(np.float32)
    again = with_magnitude(clip.samples, magnitude, SETTINGS)
    assert again.shape == clip.samples.shape
    assert 0.75 < again.std() / clip.samples.std() < 1.1
    assert np.corrcoef(again, clip.samples)[0, 1] > 0.8


def test_boxes_cover_the_cells_whose_middle_they_hold_and_are_cut_at_the_edges() -> None:
    freq_hz, time_s = np.array([100.0, 200.0, 400.0, 800.0]), np.arange(10) / 10
    mask = boxes_mask([Box(0.15, 0.35, 150.0, 500.0)], freq_hz, time_s)
    expected = np.zeros((4, 10), np.float32)
    expected[1:3, 2:4] = 1.0
    np.testing.assert_array_equal(mask, expected)
    whole = boxes_mask([Box(-1.0, 99.0, 0.0, 1e6)], freq_hz, time_s)
    assert whole.min() == 1.0
    tiny = boxes_mask([Box(0.52, 0.53, 410.0, 420.0)], freq_hz, time_s)
    assert tiny.sum() == 1.0 == tiny[2, 5]


@pytest.mark.parametrize(
    ("boxes", "said"),
    [
        ([], "no box yet"),
        ([Box(1.0, 1.0, 100.0, 200.0)], "no area"),
        ([Box(2.0, 3.0, 100.0, 200.0)], "outside the map"),
    ],
)
def test_boxes_that_say_nothing_are_refused_in_a_sentence(boxes: list[Box], said: str) -> None:
    with pytest.raises(SettingError, match=said):
        boxes_mask(boxes, np.array([100.0, 200.0]), np.arange(10) / 10)
