"""Facts about the spectrogram: librosa's values, its own axes, one column at a time."""

from dataclasses import replace

import librosa
import numpy as np
import pytest
import torch

from core.spectral.spectrogram import (
    SpectrogramSettings,
    log_mel_frames,
    mel_filter_bank,
    spectrogram,
)
from core.types import Clip

AISFX = SpectrogramSettings()
CLAP = SpectrogramSettings(
    n_fft=1024,
    hop=320,
    n_mels=64,
    f_min_hz=50.0,
    f_max_hz=14_000.0,
    mel_scale="slaney",
    mel_norm="slaney",
    compression="decibel",
)


def noise(seconds: float, seed: int = 0) -> Clip:
    samples = np.random.default_rng(seed).normal(0, 0.1, round(44_100 * seconds)).clip(-1, 1)
    return Clip.from_samples(samples, 44_100, "noise")


@pytest.mark.parametrize("settings", [AISFX, CLAP], ids=["aisfx", "clap"])
def test_filter_bank_and_values_are_librosas(settings: SpectrogramSettings) -> None:
    bank = librosa.filters.mel(
        sr=settings.sample_rate,
        n_fft=settings.n_fft,
        n_mels=settings.n_mels,
        fmin=settings.f_min_hz,
        fmax=settings.f_max_hz,
        htk=settings.mel_scale == "htk",
        norm=1.0 if settings.mel_norm == "sum" else "slaney",
    )
    np.testing.assert_allclose(mel_filter_bank(settings).numpy().T, bank, atol=1e-4)

    clip = noise(1.0)
    power = np.abs(librosa.stft(clip.samples, n_fft=settings.n_fft, hop_length=settings.hop)) ** 2
    # librosa pads with zeros by default, PANNs and we reflect.
    inner = slice(2, -2)
    if settings.compression == "decibel":
        expected = 10 * np.log10(np.maximum(bank @ power, 1e-10))
    else:
        expected = np.log10(1 + 10_000 * bank @ power) / settings.full_scale
    values = spectrogram(clip, settings).values
    np.testing.assert_allclose(values[:, inner], expected[:, inner], atol=1e-4)


@pytest.mark.parametrize("settings", [AISFX, CLAP], ids=["aisfx", "clap"])
@pytest.mark.parametrize("hz", [200.0, 1000.0, 4000.0, 12_000.0])
def test_a_tone_lands_in_its_row(settings: SpectrogramSettings, hz: float) -> None:
    time_s = np.arange(44_100) / 44_100
    made = spectrogram(
        Clip.from_samples(0.5 * np.sin(2 * np.pi * hz * time_s), 44_100, "tone"), settings
    )
    loudest = int(made.values.mean(axis=1).argmax())
    assert abs(loudest - int(np.abs(made.freq_hz - hz).argmin())) <= 1


def test_a_click_lands_in_its_column() -> None:
    samples = np.zeros(44_100)
    samples[round(0.6 * 44_100)] = 1.0
    made = spectrogram(Clip.from_samples(samples, 44_100, "click"), AISFX)
    assert abs(made.time_s[made.values.mean(axis=0).argmax()] - 0.6) <= AISFX.hop_seconds


def test_axes_rise_and_match_the_values() -> None:
    made = spectrogram(noise(0.73), AISFX)
    assert made.values.shape == (made.freq_hz.size, made.time_s.size)
    assert (np.diff(made.freq_hz) > 0).all() and (np.diff(made.time_s) > 0).all()
    assert made.stft.shape == (AISFX.bin_hz.size, made.time_s.size)


def test_a_part_of_the_frames_equals_that_part_of_the_whole() -> None:
    clip = noise(3.0)
    samples = torch.from_numpy(clip.samples)
    whole = log_mel_frames(samples, 0, AISFX.n_frames(clip.samples.size), AISFX)
    for start, stop in [(0, 1), (0, 40), (37, 90), (100, whole.shape[-1])]:
        piece = log_mel_frames(samples, start, stop, AISFX)
        torch.testing.assert_close(piece, whole[:, start:stop], atol=1e-6, rtol=0)


def test_a_batch_equals_its_clips_one_by_one() -> None:
    clips = [noise(1.0, seed) for seed in range(3)]
    batch = torch.stack([torch.from_numpy(clip.samples) for clip in clips])
    together = log_mel_frames(batch, 0, 44, AISFX)
    for i, clip in enumerate(clips):
        alone = torch.from_numpy(spectrogram(clip, AISFX).values)
        torch.testing.assert_close(together[i], alone, atol=1e-5, rtol=0)


def test_twice_the_amplitude_is_six_decibels() -> None:
    clip = noise(1.0)
    half = Clip.from_samples(clip.samples / 2, 44_100, "half")
    difference = spectrogram(clip, AISFX).level_db - spectrogram(half, AISFX).level_db
    np.testing.assert_allclose(difference, 20 * np.log10(2), atol=0.05)


def test_another_sample_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="44100 Hz"):
        spectrogram(noise(1.0), replace(AISFX, sample_rate=16_000))
