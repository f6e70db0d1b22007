"""Made machines: their tones and strokes are where they should be, and so are their faults."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import find_peaks

from core.errors import SettingError
from core.evaluation.datasets import machines
from core.evaluation.datasets.machines import (
    FAULTS,
    MACHINES,
    MadeRecording,
    fan,
    pump,
    valve,
)
from core.evaluation.datasets.machines.take import Take, at_level, band_rms

RATE = 44_100
ALL = [(machine, fault) for machine in MACHINES for fault in FAULTS[machine]]
LASTING = {"imbalance", "clogging"}
ABSENT = {"missed stroke"}

make = cache(machines.make)


def band(sound: NDArray[np.floating], low: float, high: float, rate: int = RATE) -> NDArray:
    spectrum = np.fft.rfft(sound)
    axis = np.fft.rfftfreq(sound.size, 1 / rate)
    spectrum[(axis < low) | (axis > high)] = 0
    return np.fft.irfft(spectrum, sound.size)


def spectrum_of_envelope(sound: NDArray, low: float, high: float) -> tuple[NDArray, NDArray]:
    """The envelope's spectrum relative to its mean, and its axis in Hz."""
    envelope = np.square(sound)
    envelope = np.abs(np.fft.rfft(envelope * np.hanning(sound.size))) / envelope.sum()
    axis = np.fft.rfftfreq(sound.size, 1 / RATE)
    inside = (axis >= low) & (axis <= high)
    return axis[inside], envelope[inside]


def during(made: MadeRecording, sound: NDArray, after: float = 0.0) -> NDArray[np.bool_]:
    """Which samples lie in the fault's times, each made longer by `after` seconds."""
    time = np.arange(sound.size) / made.clip.sample_rate
    return np.any([(a <= time) & (time < b + after) for a, b in made.fault_times], axis=0)


def level_db(sound: NDArray) -> float:
    return float(10 * np.log10(np.square(sound, dtype=np.float64).mean()))


@pytest.mark.parametrize("machine", MACHINES)
def test_a_seed_gives_one_clip_and_another_seed_another(machine) -> None:
    first, again, other = (machines.make(machine, seed=s).clip for s in (2, 2, 3))
    assert first.sha256 == again.sha256 != other.sha256
    assert first.name == f"{machine} normal 0002.wav"
    assert first.duration_seconds == 5.0
    alike = np.corrcoef(first.samples, other.samples)[0, 1]
    assert abs(alike) < 0.5


@pytest.mark.parametrize(("machine", "fault"), ALL)
def test_the_fault_is_all_that_sets_a_faulty_clip_apart(machine, fault) -> None:
    for seed in range(3):
        normal = make(machine, seed=seed)
        faulty = make(machine, seed=seed, fault=fault)
        assert normal.fault_times == () and not normal.fault_stem.any()
        assert faulty.fault == fault and faulty.fault_stem.any()
        assert np.abs(faulty.clip.samples).max() < 0.98, "clipped: the sum no longer holds"
        np.testing.assert_allclose(
            faulty.clip.samples - faulty.fault_stem, normal.clip.samples, atol=1e-6
        )


@pytest.mark.parametrize(("machine", "fault"), ALL)
def test_the_fault_is_within_its_times(machine, fault) -> None:
    for seed in range(3):
        made = make(machine, seed=seed, fault=fault)
        stem = made.fault_stem.astype(np.float64)
        assert all(0 <= a < b <= 5.0 for a, b in made.fault_times)
        assert sorted(made.fault_times) == list(made.fault_times)
        starts_after = [b for _, b in made.fault_times][:-1]
        assert all(a >= b for (a, _), b in zip(made.fault_times[1:], starts_after, strict=True))
        if fault in LASTING:
            assert made.fault_times == ((0.0, 5.0),)
            continue
        inside, with_room = during(made, stem), during(made, stem, after=0.25)
        assert np.square(stem[inside]).sum() > 0.9 * np.square(stem).sum()
        assert np.square(stem[~with_room]).sum() < 1e-3 * np.square(stem).sum()
        for start, stop in made.fault_times:
            part = stem[round(start * RATE) : round(stop * RATE)]
            assert np.square(part).sum() > 0.02 * np.square(stem).sum(), "an interval of nothing"


def test_events_are_scaled_to_0_to_6_db_above_their_background() -> None:
    levels = []
    times = ((0.5, 0.9), (1.2, 1.3))
    for seed in range(20):
        take = Take((seed,), 2 * RATE, RATE)
        event = take.band_noise(2_000, 6_000) * take.gate(times, 0.01)
        normal = 3 * take.noise([(20, 0), (20_000, -30)])
        scaled = at_level(event, normal, take, (2_000.0, 6_000.0), times)
        loudness = [band_rms(s, RATE, (2_000.0, 6_000.0), times) for s in (scaled, normal)]
        levels.append(20 * np.log10(loudness[0] / loudness[1]))
    assert 0.0 <= min(levels) < 1.5
    assert 4.5 < max(levels) <= 6.0 + 1e-9


@pytest.mark.parametrize(("machine", "fault"), [p for p in ALL if p[1] not in LASTING | ABSENT])
def test_an_event_does_not_show_in_the_level_of_the_clip(machine, fault) -> None:
    for seed in range(3):
        faulty = level_db(make(machine, seed=seed, fault=fault).clip.samples)
        assert abs(faulty - level_db(make(machine, seed=seed).clip.samples)) < 1.5


@pytest.mark.parametrize("machine", MACHINES)
def test_normal_clips_vary_in_level_as_recordings_do(machine) -> None:
    levels = [level_db(make(machine, seed=seed).clip.samples) for seed in range(10)]
    assert 1.5 < max(levels) - min(levels) < 6.0
    assert -40 < np.mean(levels) < -20


def test_a_fan_sounds_its_blades_at_a_speed_of_its_own() -> None:
    expected = fan.N_BLADES * fan.ROTATION_HZ
    found = []
    for seed in range(5):
        samples = make("fan", seed=seed).clip.samples
        spectrum = np.abs(np.fft.rfft(samples * np.hanning(samples.size)))
        axis = np.fft.rfftfreq(samples.size, 1 / RATE)
        found.append(axis[np.where((axis > 104) | (axis < 96), spectrum, 0).argmax()])
    assert np.abs(np.array(found) / expected - 1).max() < 0.035
    assert np.ptp(found) / expected > 0.01


def test_imbalance_beats_once_a_turn() -> None:
    for seed in range(3):
        beats = []
        for fault in (None, "imbalance"):
            sound = band(make("fan", seed=seed, fault=fault).clip.samples, 800, 4_000)
            axis, envelope = spectrum_of_envelope(sound, 10, 30)
            beats.append(envelope.max())
        assert axis[envelope.argmax()] == pytest.approx(fan.ROTATION_HZ, rel=0.035)
        assert beats[1] > 4 * beats[0]


def test_bearing_knocks_come_as_often_as_balls_pass_the_defect() -> None:
    made = make("fan", seed=1, fault="bearing knock")
    start, stop = max(made.fault_times, key=lambda span: span[1] - span[0])
    part = made.fault_stem[round(start * RATE) : round(stop * RATE)]
    axis, envelope = spectrum_of_envelope(part, 50, 100)
    expected = fan.RACE_ORDER * fan.ROTATION_HZ
    assert axis[envelope.argmax()] == pytest.approx(expected, rel=0.06)


def test_a_pump_pulses_once_a_piston_and_clogging_takes_its_water_away() -> None:
    for seed in range(3):
        normal = make("pump", seed=seed).clip.samples
        axis, envelope = spectrum_of_envelope(band(normal, 300, 4_000), 4, 30)
        expected = pump.N_PISTONS * pump.STROKE_HZ
        assert axis[envelope.argmax()] == pytest.approx(expected, rel=0.05)
        clogged = make("pump", seed=seed, fault="clogging").clip.samples
        assert level_db(band(clogged, 800, 4_000)) < level_db(band(normal, 800, 4_000)) - 3
        assert level_db(band(clogged, 150, 500)) > level_db(band(normal, 150, 500)) + 2


def test_knocks_start_where_they_are_said_to() -> None:
    made = make("pump", seed=2, fault="knocking")
    envelope = np.abs(made.fault_stem)
    peaks, _ = find_peaks(envelope, height=0.3 * envelope.max(), distance=int(0.2 * RATE))
    starts = np.array([start for start, _ in made.fault_times])
    assert len(peaks) == len(starts) >= 2
    assert np.abs(peaks / RATE - starts).max() < 0.01


def thump_times(samples: NDArray) -> NDArray:
    envelope = np.convolve(np.abs(band(samples, 80, 250)), np.ones(900) / 900, "same")
    peaks, _ = find_peaks(envelope, height=0.5 * envelope.max(), distance=int(0.5 * RATE))
    return peaks / RATE


def test_a_rail_hits_its_stop_after_every_stroke_but_a_missed_one() -> None:
    for seed in range(3):
        made = make("slide rail", seed=seed, fault="missed stroke")
        normal = make("slide rail", seed=seed).clip.samples
        thumps = thump_times(normal)
        assert np.diff(thumps) == pytest.approx(0.84, abs=0.06)
        ((start, stop),) = made.fault_times
        assert sum(start < t < stop for t in thumps) == 1
        missed = during(made, normal)
        before, after = (
            level_db(band(s, 1_000, 8_000)[missed]) for s in (normal, made.clip.samples)
        )
        assert after < before - 12


def click_times(samples: NDArray) -> NDArray:
    envelope = np.abs(band(samples, 2_500, 8_000))
    peaks, _ = find_peaks(envelope, height=0.4 * envelope.max(), distance=int(0.03 * RATE))
    return peaks / RATE


def test_a_valve_clicks_every_period_except_where_it_sticks() -> None:
    for seed in range(3):
        clicks = click_times(make("valve", seed=seed).clip.samples)
        assert np.diff(clicks) == pytest.approx(valve.PERIOD_SECONDS, rel=0.08)
        made = make("valve", seed=seed, fault="missed stroke")
        left = click_times(made.clip.samples)
        assert len(left) == len(clicks) - len(made.fault_times)
        assert not any(a <= t < b for t in left for a, b in made.fault_times)


def test_a_double_click_follows_an_opening() -> None:
    for seed in range(3):
        made = make("valve", seed=seed, fault="double click")
        clicks = click_times(make("valve", seed=seed).clip.samples)
        for start, _ in made.fault_times:
            assert 0.06 < min(start - t for t in clicks if t < start) < 0.13


@pytest.mark.parametrize(("machine", "fault"), ALL)
@pytest.mark.parametrize(("rate", "seconds"), [(8_000, 2.0), (16_000, 3.7)])
def test_every_fault_exists_at_other_rates_and_lengths(machine, fault, rate, seconds) -> None:
    for seed in range(3):
        made = make(machine, seed=seed, fault=fault, sample_rate=rate, duration_seconds=seconds)
        assert made.clip.samples.size == made.fault_stem.size == round(rate * seconds)
        assert made.fault_times and made.fault_times[-1][1] <= seconds
        assert np.square(made.fault_stem).sum() > 0


def test_what_cannot_be_made_is_said() -> None:
    with pytest.raises(SettingError, match="fan, pump, slide rail, valve"):
        make("toaster", seed=0)
    with pytest.raises(SettingError, match="leak, knocking, clogging"):
        make("pump", seed=0, fault="scrape")
    with pytest.raises(SettingError, match="at least 2"):
        make("fan", seed=0, duration_seconds=0.5)
    with pytest.raises(SettingError, match="8,000 Hz"):
        make("fan", seed=0, sample_rate=4_000)
    with pytest.raises(SettingError, match="seed"):
        make("fan", seed=-1)
