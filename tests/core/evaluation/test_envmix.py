"""Facts about mixes: the SNR that was asked for, the event where the truth says it is."""

import numpy as np
import pytest

from core.evaluation.datasets.mixing import mix, trim
from core.spectral.spectrogram import SpectrogramSettings, spectrogram
from core.types import Clip

RATE = 44_100
SETTINGS = SpectrogramSettings()


def noise(seconds: float, seed: int, level: float = 0.05) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, level, round(RATE * seconds)).clip(-1, 1)


def event_clip(start_s: float = 1.0, seconds: float = 1.4, total_s: float = 5.0) -> Clip:
    """A tone burst in digital silence, as padded ESC-50 clips have it."""
    samples = np.zeros(round(RATE * total_s))
    n = round(RATE * seconds)
    first = round(RATE * start_s)
    samples[first : first + n] = 0.5 * np.sin(2 * np.pi * 2000 * np.arange(n) / RATE)
    return Clip.from_samples(samples, RATE, "event")


def rms(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


@pytest.mark.parametrize("snr_db", [6.0, 0.0, -6.0])
def test_the_snr_holds_over_the_event(snr_db: float) -> None:
    normal = Clip.from_samples(noise(5.0, 0), RATE, "normal")
    made = mix(normal, event_clip(), snr_db, seed=3)
    under = slice(round(made.start_s * RATE), round(made.end_s * RATE))
    measured = 20 * np.log10(rms(made.event[under]) / rms(made.background[under]))
    assert measured == pytest.approx(snr_db, abs=1e-3)
    np.testing.assert_allclose(made.event + made.background, made.clip.samples, atol=1e-6)
    assert np.abs(made.event[: under.start]).max(initial=0) == 0
    assert np.abs(made.event[under.stop :]).max(initial=0) == 0


def test_a_loud_mix_does_not_clip_and_keeps_its_snr() -> None:
    normal = Clip.from_samples(noise(5.0, 0, level=0.3), RATE, "normal")
    made = mix(normal, event_clip(), 20.0, seed=3)
    assert np.abs(made.clip.samples).max() <= 1.0
    under = slice(round(made.start_s * RATE), round(made.end_s * RATE))
    assert 20 * np.log10(rms(made.event[under]) / rms(made.background[under])) == pytest.approx(
        20.0, abs=1e-3
    )


def test_one_seed_gives_one_mix_and_other_clips_move_no_onset() -> None:
    normal = Clip.from_samples(noise(5.0, 0), RATE, "normal")
    event = event_clip()
    first, again, other = (mix(normal, event, 0.0, seed=s) for s in (1, 1, 2))
    assert first.start_s == again.start_s != other.start_s
    np.testing.assert_array_equal(first.clip.samples, again.clip.samples)
    assert mix(normal, event, 6.0, seed=1).start_s == first.start_s


@pytest.mark.parametrize("seconds", [0.3, 1.4, 4.0])
def test_an_event_is_trimmed_to_its_sound_between_one_second_and_two_and_a_half(
    seconds: float,
) -> None:
    trimmed = trim(event_clip(seconds=seconds))
    assert trimmed.size / RATE == pytest.approx(min(2.5, max(1.0, seconds)), abs=0.05)
    assert rms(trimmed) > 0.1


def test_the_truth_lies_where_the_event_is() -> None:
    normal = Clip.from_samples(noise(5.0, 0), RATE, "normal")
    made = mix(normal, event_clip(), 6.0, seed=5)
    power, columns = made.stem_power(SETTINGS), made.columns(SETTINGS)
    assert power.shape == spectrogram(made.clip, SETTINGS).values.shape
    assert abs(SETTINGS.freq_hz[power[:, columns].sum(axis=1).argmax()] - 2000.0) < 60
    share_inside = power[:, columns].sum() / power.sum()
    assert share_inside > 0.95


def test_an_event_never_lands_in_digital_silence() -> None:
    samples = noise(5.0, 0)
    samples[: 3 * RATE] = 0.0
    normal = Clip.from_samples(samples, RATE, "padded")
    for seed in range(20):
        made = mix(normal, event_clip(), 0.0, seed=seed)
        assert np.abs(made.event).max() > 0
        assert made.end_s > 3.0
