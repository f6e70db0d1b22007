"""The level view says in dB what a sound-level meter would show, against the training clips."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from core.detectors.views.level import LevelFinding, LevelScores, LevelView
from core.spectral.band_levels import FLOOR_DB
from core.spectral.spectrogram import SpectrogramSettings, log_mel_frames
from core.types import FeatureMaps

SETTINGS = SpectrogramSettings(
    sample_rate=8000, n_fft=256, hop=128, n_mels=48, f_max_hz=4000.0, full_scale=4.0
)
SECONDS = 6


def noise(seed: int, level_db: float = -40.0, seconds: float = SECONDS) -> np.ndarray:
    samples = np.random.default_rng(seed).standard_normal(round(seconds * SETTINGS.sample_rate))
    return np.asarray(samples / samples.std() * 10 ** (level_db / 20))


def tone(hz: float, level_db: float, seconds: float = SECONDS) -> np.ndarray:
    time = np.arange(round(seconds * SETTINGS.sample_rate)) / SETTINGS.sample_rate
    return np.asarray(math.sqrt(2) * 10 ** (level_db / 20) * np.sin(2 * np.pi * hz * time))


def log_mel(samples: np.ndarray) -> Tensor:
    sound = torch.from_numpy(samples.astype(np.float32))
    return log_mel_frames(sound, 0, SETTINGS.n_frames(sound.numel()), SETTINGS).half().float()


def fitted(levels_db: list[float]) -> LevelView:
    view = LevelView(SETTINGS)
    view.use(torch.stack([view.levels(log_mel(noise(i, db))) for i, db in enumerate(levels_db)]))
    return view


@pytest.fixture(scope="module")
def view() -> LevelView:
    return fitted([-41.0, -40.5, -40.0, -40.0, -39.5, -39.0])


def scored(view: LevelView, samples: np.ndarray, window_seconds: float = SECONDS) -> LevelScores:
    gathered: list[tuple[Tensor, tuple[int, int]]] = []
    view.collect(FeatureMaps(log_mel(samples), {}), window_seconds, gathered)
    return view.compare(gathered)


def found(view: LevelView, samples: np.ndarray) -> LevelFinding:
    return view.finding(scored(view, samples))


def test_six_dB_of_gain_move_all_levels_by_six_dB(view: LevelView) -> None:  # noqa: N802
    before, after = (view.levels(log_mel(noise(9, db))) for db in (-50.0, -44.0))
    assert (after - before).numpy() == pytest.approx(6.0, abs=0.1)


def test_a_tone_raises_its_own_band_and_the_whole_only(view: LevelView) -> None:
    before = view.levels(log_mel(noise(9)))
    change = view.levels(log_mel(noise(9) + tone(1000.0, -30.0))) - before
    inside = [band.low_hz <= 1000.0 < band.high_hz for band in view.bands]
    assert (change[torch.tensor(inside)] > 9.0).all()
    assert change[~torch.tensor(inside)].abs().max() < 0.2


def test_an_event_of_a_second_changes_nothing_and_strokes_every_half_second_do(
    view: LevelView,
) -> None:
    quiet = noise(9)
    burst, strokes = quiet.copy(), quiet.copy()
    burst[8100:16000] += noise(1, -20.0, seconds=7900 / 8000)
    for start in range(0, len(quiet), 4000):
        strokes[start : start + 400] += noise(2, -20.0, seconds=0.05)
    levels = [view.levels(log_mel(samples)) for samples in (quiet, burst, strokes)]
    assert (levels[1] - levels[0]).abs().max() < 1.0
    assert (levels[2] - levels[0]).min() > 5.0


def test_the_score_rises_with_the_distance_either_way(view: LevelView) -> None:
    scores = [float(scored(view, noise(9, db)).stretches.max()) for db in (-40, -43, -46, -52)]
    assert scores == sorted(scores)
    scores = [float(scored(view, noise(9, db)).stretches.max()) for db in (-40, -37, -34, -28)]
    assert scores == sorted(scores)


def test_scores_do_not_depend_on_the_order_of_the_training_clips(view: LevelView) -> None:
    other = LevelView(SETTINGS)
    other.use(view.memory.flip(0))
    assert torch.equal(
        scored(view, noise(9, -30.0)).deviations, scored(other, noise(9, -30.0)).deviations
    )


def test_steady_training_clips_do_not_make_every_clip_anomalous() -> None:
    steady = fitted([-40.0] * 4)
    assert scored(steady, noise(9, -39.0)).stretches.max() < 3.0
    assert scored(steady, noise(9, -30.0)).stretches.max() > 15.0


def test_one_silent_training_clip_of_ten_hides_no_gain() -> None:
    spoilt = LevelView(SETTINGS)
    clean = fitted([-40.0 + 0.2 * i for i in range(11)])
    spoilt.use(torch.cat([clean.memory, torch.full((1, len(clean.bands)), FLOOR_DB)]))
    scores = [float(scored(one, noise(9, -33.0)).stretches.max()) for one in (clean, spoilt)]
    assert scores[1] > 0.7 * scores[0]


def test_a_gain_is_said_of_the_whole_with_its_dB_beyond_the_range(view: LevelView) -> None:  # noqa: N802
    assert found(view, noise(9, -30.0)).words == "9 dB louder than any normal recording"
    assert found(view, noise(9, -51.0)).words == "10 dB quieter than any normal recording"


def test_a_tone_is_said_of_its_band(view: LevelView) -> None:
    finding = found(view, noise(9) + tone(1000.0, -25.0))
    assert not finding.whole
    assert finding.band.low_hz < 1000.0 < finding.band.high_hz < 2000.0
    low, high = finding.band.low_hz / 1000, finding.band.high_hz / 1000
    assert finding.words.endswith(
        f"dB louder than any normal recording at {low:.1f}–{high:.1f} kHz"
    )


def test_than_any_is_said_only_where_it_is_true() -> None:
    view = fitted([-50.0, *([-40.0] * 11), -30.0])
    assert found(view, noise(9, -33.0)).words == "7 dB louder than normal recordings usually are"
    assert found(view, noise(9, -27.0)).words == "3 dB louder than any normal recording"


def test_silence_is_far_from_normal_and_called_so(view: LevelView) -> None:
    silence = np.zeros(SECONDS * SETTINGS.sample_rate)
    scores = scored(view, silence)
    assert torch.isfinite(scores.stretches).all() and scores.stretches.max() > 50.0
    assert (scores.levels_db == FLOOR_DB).all()
    said = "silent most of the time (the quietest normal recording has −41 dB)"
    assert view.finding(scores).words == said


def test_silence_among_silent_training_clips_is_normal() -> None:
    view = LevelView(SETTINGS)
    silence = np.zeros(SECONDS * SETTINGS.sample_rate)
    view.use(view.levels(log_mel(silence)).repeat(5, 1))
    scores = scored(view, silence)
    assert scores.stretches.max() == 0.0
    assert "silent" not in view.finding(scores).words


def test_padding_of_digital_silence_does_not_count(view: LevelView) -> None:
    padded = np.concatenate([noise(9), np.zeros(3 * SETTINGS.sample_rate)])
    difference = view.levels(log_mel(padded)) - view.levels(log_mel(noise(9)))
    assert difference.abs().max() < 0.5


def test_a_long_clip_is_judged_by_its_loudest_stretch_and_says_where(view: LevelView) -> None:
    long = np.concatenate([noise(9), noise(10), noise(11, -25.0), noise(12)])
    scores = scored(view, long)
    finding = view.finding(scores)
    middle = (finding.first_frame + finding.stop_frame) / 2 * SETTINGS.hop_seconds
    assert 2 * SECONDS < middle < 3 * SECONDS
    assert finding.words == "14 dB louder than any normal recording"
    assert scores.columns[0][0] == 0


def test_segments_lie_one_after_the_other(view: LevelView) -> None:
    gathered: list[tuple[Tensor, tuple[int, int]]] = []
    for seed in (1, 2):
        view.collect(FeatureMaps(log_mel(noise(seed)), {}), SECONDS, gathered)
    n_frames = log_mel(noise(1)).shape[1]
    assert [columns for _, columns in gathered] == [(0, n_frames), (n_frames, 2 * n_frames)]


@pytest.mark.parametrize("seed", range(20))
def test_distances_are_those_of_a_loop_over_bands(seed: int) -> None:
    rng = np.random.default_rng(seed)
    view = LevelView(SETTINGS)
    n_bands = len(view.bands)
    known = rng.normal(-50, rng.uniform(0.1, 10), (int(rng.integers(4, 100)), n_bands))
    view.use(torch.from_numpy(known))
    query = rng.normal(-50, 15, n_bands)
    scores = view.compare([(torch.from_numpy(query), (0, 4))])
    for band in range(n_bands):
        low, middle, high = np.quantile(known[:, band], [0.1, 0.5, 0.9])
        spread = math.hypot((high - low) / 2.563, 0.5)
        assert float(scores.deviations[band, 0]) == pytest.approx((query[band] - middle) / spread)
        beyond = max(query[band] - known[:, band].max(), 0.0) + min(
            query[band] - known[:, band].min(), 0.0
        )
        assert float(scores.beyond_db[band, 0]) == pytest.approx(beyond)
    finding = view.finding(scores)
    assert ("any" in finding.words) == (finding.beyond_db != 0.0)
