"""Made sounds with regions as a detector would draw them, and the spectra of made normal ones."""

from collections.abc import Sequence

import numpy as np
from scipy.signal import butter, sosfilt, sosfiltfilt

from core.detectors.views.normal_spectrum import NormalSpectra
from core.explain.measured_sound import MeasuredSound
from core.spectral.spectrogram import SpectrogramSettings, spectrogram
from core.types import EVENT, AnomalyMap, Clip, Region, ViewFinding

RATE, SECONDS = 44_100, 5.0
SETTINGS = SpectrogramSettings()
TIME_S = np.arange(round(RATE * SECONDS)) / RATE


def noise(seed: int, rms: float = 0.02) -> np.ndarray:
    """White noise."""
    return np.random.default_rng(seed).normal(0.0, rms, TIME_S.size)


def band_noise(seed: int, low_hz: float, high_hz: float, rms: float) -> np.ndarray:
    """Noise between two frequencies."""
    sides = butter(6, [low_hz, high_hz], "bandpass", fs=RATE, output="sos")
    made = sosfilt(sides, noise(seed, 1.0))
    return rms * made / np.sqrt(np.mean(made**2))


def during(start_s: float, end_s: float) -> np.ndarray:
    """1 between two times, with edges of 5 ms."""
    edge = np.minimum(TIME_S - start_s, end_s - TIME_S) / 0.005
    return np.clip(edge, 0.0, 1.0)


def band_level_db(
    samples: np.ndarray, low_hz: float, high_hz: float, rate: int = RATE
) -> np.ndarray:
    """The level of a band in moments of 0.1 s, by a filter over the samples: no spectrogram."""
    low, high = max(low_hz, 5.0), min(high_hz, 0.499 * rate)
    filtered = sosfiltfilt(butter(6, [low, high], "bandpass", fs=rate, output="sos"), samples)
    n = round(0.1 * rate)
    total = np.concatenate([[0.0], np.cumsum(filtered**2)])
    power = (total[n:] - total[:-n]) / n
    return 10.0 * np.log10(np.maximum(power, 1e-12))


def measured(samples: np.ndarray) -> MeasuredSound:
    """A sound as findings are made of it."""
    clip = Clip.from_samples(np.clip(samples, -1, 1), RATE, "made")
    return MeasuredSound(spectrogram(clip, SETTINGS))


def normal_spectra(sounds: Sequence[np.ndarray]) -> NormalSpectra:
    """The spectra of normal recordings."""
    import torch

    values = (measured(sound).spectrogram.values for sound in sounds)
    return NormalSpectra.of(map(torch.from_numpy, values), SETTINGS)


def region(
    start_s: float,
    end_s: float,
    low_hz: float,
    high_hz: float,
    score: float = 9.0,
    view: str = EVENT,
) -> Region:
    """A region with its peak in the middle."""
    middle_s, middle_hz = (start_s + end_s) / 2, (low_hz + high_hz) / 2
    return Region(start_s, end_s, low_hz, high_hz, middle_s, middle_hz, score, 0.04, view)


def map_with(*regions: Region, views: Sequence[ViewFinding] = ()) -> AnomalyMap:
    """The map of a recording with these regions; of a normal one without any."""
    n_frames = SETTINGS.n_frames(TIME_S.size)
    score = max((one.score for one in regions), default=1.0)
    raw = np.ones((SETTINGS.n_mels, n_frames), np.float32)
    return AnomalyMap(
        "made", raw, raw / 10, SETTINGS.freq_hz, SETTINGS.time_s(n_frames), score, 0.04, 5.0,
        tuple(sorted(regions, key=lambda one: -one.score)), tuple(views),
    )  # fmt: skip
