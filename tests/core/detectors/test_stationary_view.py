"""The stationary view: what a clip's seconds are like, and how far from any training clip's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.profiler import ProfilerActivity, profile

from core.detectors.views.stationary import Gathered, StationaryView
from core.runtime.spool import Spool
from core.spectral.spectrogram import SpectrogramSettings
from core.types import Clip, FeatureMaps
from tests.support.fake_features import (
    SAMPLE_RATE,
    SETTINGS,
    features_of,
    maps_of,
    noise,
    small_backbone,
)

LAYERS = FINE, COARSE = "conv_block1", "conv_block2"
# Of `small_backbone`: frames to a column of the two layers, and to a second and half of one.
FINE_STRIDE, STRIDE = 2, 4
SECOND = round(1.0 / SETTINGS.hop_seconds / STRIDE) * STRIDE
STEP = SECOND // 2 // STRIDE * STRIDE


def new_view() -> StationaryView:
    return StationaryView(FINE, COARSE, SETTINGS)


def made_up(n_frames: int, seed: int) -> FeatureMaps:
    """Random maps in the shape of the small backbone's, loud everywhere; the fine one far off 0."""
    generator = torch.Generator().manual_seed(seed)

    def rand(*shape: int) -> torch.Tensor:
        return torch.rand(*shape, generator=generator)

    fine = 30.0 + 0.1 * rand(8, 12, n_frames // FINE_STRIDE)
    layers = {FINE: fine, COARSE: rand(12, 6, n_frames // STRIDE)}
    return FeatureMaps(rand(24, n_frames) + 0.5, layers)


def distance(a: np.ndarray, b: np.ndarray) -> float:
    return 1.0 - float(a @ b) / float(np.linalg.norm(a) * np.linalg.norm(b))


def middle_third(values: list[np.ndarray]) -> np.ndarray:
    channels = [sorted(channel) for channel in np.stack(values).T]
    left_out = len(values) // 3
    return np.array([np.mean(one[left_out : len(one) - left_out]) for one in channels])


def naive(segments: list[FeatureMaps], window: tuple[float, float]) -> dict[str, np.ndarray]:
    """What a window is like, by loops over its seconds, channels, rows and columns."""
    seconds: dict[str, list[np.ndarray]] = {"fluctuation": [], "texture": [], "motion": []}
    columns = []
    first = 0
    for maps in segments:
        log_mel = maps.log_mel.double().numpy()
        fine, coarse = (maps.layers[name].double().numpy() for name in (FINE, COARSE))
        n_frames = log_mel.shape[1]
        width = min(SECOND, n_frames)
        for start in range(0, n_frames - width + 1, STEP):
            stop = start + width
            if not window[0] <= first + (start + stop) / 2 <= window[1]:
                continue
            seconds["fluctuation"].append(np.array([row[start:stop].std() for row in log_mel]))
            of_fine = slice(start // FINE_STRIDE, stop // FINE_STRIDE)
            seconds["texture"].append(
                np.array([np.mean([row[of_fine].std() for row in channel]) for channel in fine])
            )
            changes = []
            for channel in coarse:
                steps = [
                    abs(row[k + 1] - row[k])
                    for row in channel
                    for k in range(start // STRIDE, stop // STRIDE - 1)
                ]
                changes.append(np.mean(steps))
            seconds["motion"].append(np.array(changes))
        for start in range(0, n_frames, SECOND):
            stop = min(start + SECOND, n_frames)
            if window[0] <= first + (start + stop) / 2 <= window[1]:
                columns += list(coarse[..., start // STRIDE : stop // STRIDE].transpose(2, 1, 0))
        first += n_frames
    return {name: middle_third(values) for name, values in seconds.items()} | {
        "rows": np.mean(columns, axis=0)
    }


def test_a_window_is_what_loops_over_its_seconds_say() -> None:
    segments = [made_up(10 * STEP, 1), made_up(6 * STEP + 8, 2)]
    known = [made_up(8 * STEP, seed) for seed in range(10, 15)]
    view, gathered = new_view(), Gathered()
    for maps in segments:
        view.collect(maps, gathered)
    memory = [naive([maps], (0, maps.log_mel.shape[1])) for maps in known]
    view.use(
        {name: torch.tensor(np.stack([m[name] for m in memory])).float() for name in memory[0]}
    )
    whole = (0, gathered.n_frames)
    windows = [whole, (0, 4 * STEP), (5 * STEP, 13 * STEP), (12 * STEP, gathered.n_frames - 2)]
    found = view.compare(gathered, windows)
    for i, window in enumerate(windows):
        expected = naive(segments, window)
        for k, name in enumerate(("fluctuation", "texture", "motion")):
            nearest = min(distance(expected[name], one[name]) for one in memory)
            assert float(found.distances[i, k]) == pytest.approx(nearest, abs=2e-6), name
        for row in range(6):
            nearest = min(distance(expected["rows"][row], one["rows"][row]) for one in memory)
            assert float(found.rows[i, row]) == pytest.approx(nearest, abs=2e-6)


@pytest.mark.parametrize("seconds", [0.1, 0.5, 1.0, 1.37, 3.0])
def test_a_training_clip_is_at_distance_zero_to_its_last_frame(
    seconds: float, tmp_path: Path
) -> None:
    backbone, view = small_backbone(), new_view()
    clips = [noise(seed, seconds) for seed in range(3)]
    view.fit(features_of(clips, tmp_path, backbone))
    gathered = Gathered()
    view.collect(maps_of(clips[1], backbone), gathered)
    found = view.compare(gathered, [(0, gathered.n_frames)])
    assert float(found.distances.max()) < 1e-5 and float(found.rows.max()) < 1e-5
    other = Gathered()
    view.collect(maps_of(noise(9, seconds), backbone), other)
    assert float(view.compare(other, [(0, other.n_frames)]).distances.min()) > 1e-5


def test_how_a_sound_moves_tells_beats_from_steady_noise_of_equal_power(tmp_path: Path) -> None:
    """All three see noise that swells four times a second, which an average over time does not."""
    backbone, view = small_backbone(), new_view()
    view.fit(features_of([noise(seed, 3.0) for seed in range(6)], tmp_path, backbone))

    def distances(clip: Clip) -> torch.Tensor:
        gathered = Gathered()
        view.collect(maps_of(clip, backbone), gathered)
        return view.compare(gathered, [(0, gathered.n_frames)]).distances[0]

    steady = noise(50, 3.0)
    swell = 1.0 + 0.9 * np.sin(2 * np.pi * 4.0 * np.arange(steady.samples.size) / SAMPLE_RATE)
    swell *= np.sqrt(1.0 / np.mean(swell**2))
    beats = Clip.from_samples(steady.samples * swell, SAMPLE_RATE, "beats")
    assert bool((distances(beats) > 3.0 * distances(steady)).all())


def test_padding_of_digital_silence_says_nothing() -> None:
    """After six seconds and a quarter of sound; seconds of which half is sound still count."""
    view, padded, alone = new_view(), Gathered(), Gathered()
    quarter = SECOND // 4 // STRIDE * STRIDE
    sound, silence = made_up(6 * SECOND + quarter, 1), made_up(6 * SECOND - quarter, 2)
    silence.log_mel.zero_()
    layers = {name: torch.cat([sound.layers[name], silence.layers[name]], 2) for name in LAYERS}
    both = FeatureMaps(torch.cat([sound.log_mel, silence.log_mel], dim=1), layers)
    view.collect(both, padded)
    view.collect(sound, alone)
    n_frames = sound.log_mel.shape[1]
    starts = range(0, 12 * SECOND - SECOND + 1, STEP)
    counted = [start for start in starts if min(SECOND, n_frames - start) >= SECOND / 2]
    assert padded.middles == [start + SECOND / 2 for start in counted]
    for name, values in alone.statistics.items():
        np.testing.assert_allclose(padded.statistics[name][: len(values)], values[:], rtol=2e-6)
        assert len(padded.statistics[name]) == len(counted)
    assert padded.n_columns == alone.n_columns + [0] * 5
    np.testing.assert_allclose(padded.row_sums[:7], alone.row_sums[:], rtol=2e-6)
    assert not padded.row_sums[7:].any()


def remembering(n_clips: int, seed: int = 0) -> StationaryView:
    view = StationaryView(FINE, COARSE, SpectrogramSettings())
    generator = torch.Generator().manual_seed(seed)
    sizes = {"fluctuation": (96,), "texture": (64,), "motion": (128,), "rows": (6, 64)}
    view.use(
        {name: torch.rand(n_clips, *size, generator=generator) for name, size in sizes.items()}
    )
    return view


def test_scoring_a_clip_copies_nothing_of_what_is_remembered() -> None:
    # A normalised copy for each clip left holes in the heap: scoring the 250 calibration clips
    # of a fit on 1,000 took 5 GiB, and a third of the time.
    view, few = remembering(300), remembering(3)
    gathered = Gathered(
        {
            name: Spool.of(np.random.default_rng(0).random((5, n), np.float32))
            for name, n in (("fluctuation", 96), ("texture", 64), ("motion", 128))
        },
        [10.0, 20.0, 30.0, 40.0, 50.0],
        Spool.of(np.random.default_rng(1).random((3, 6, 64), np.float32)),
        [5, 5, 5],
        [10.0, 30.0, 50.0],
        60,
    )

    def taken(by: StationaryView) -> int:
        with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen:
            by.compare(gathered, [(0, 60)])
        return sum(max(0, event.self_cpu_memory_usage) for event in seen.events())

    remembered = sum(value.numel() * 4 for value in view.memory.values())
    assert 0 < taken(few) <= taken(view) < taken(few) + remembered / 20
