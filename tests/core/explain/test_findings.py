"""Sentences are true: each number is recomputed from the samples, by a filter over them."""

import dataclasses
import re

import numpy as np
import pytest
import torch

from core.backbones.front_ends import FRONT_ENDS
from core.detectors.views.normal_spectrum import NormalSpectra
from core.explain.finding import BAND, BURST, CHANGE, GAP, HUM, MOTION, SILENCE, TIMBRE, TONE
from core.explain.finding_sound import finding_clip
from core.explain.findings import MOST_FINDINGS, findings
from core.explain.measured_sound import MeasuredSound
from core.report.finding_words import NO_SPECTRA, finding_details, finding_sentence
from core.spectral.spectrogram import spectrogram
from core.types import LEVEL, STATIONARY, Clip, ViewFinding
from tests.support.found_regions import (
    RATE,
    SECONDS,
    TIME_S,
    band_level_db,
    band_noise,
    during,
    map_with,
    measured,
    noise,
    normal_spectra,
    region,
)

WITHIN_DB = 1.5
N_NORMAL = 12


@pytest.fixture(scope="module")
def normals() -> NormalSpectra:
    return normal_spectra([noise(seed) for seed in range(N_NORMAL)])


def burst(seed: int, start_s: float, end_s: float, low: float, high: float, above_db: float):
    """Noise that stands so far above `noise` in its band."""
    rms = 0.02 * np.sqrt((high - low) / (RATE / 2)) * 10 ** (above_db / 20)
    return during(start_s, end_s) * band_noise(seed, low, high, rms)


def lasting(low_hz: float, high_hz: float):
    return region(0.0, SECONDS, low_hz, high_hz, view=STATIONARY)


def test_two_bursts_are_one_finding_with_their_times_and_level(normals: NormalSpectra) -> None:
    sound = noise(90) + burst(1, 2.4, 2.6, 2000, 6000, 14) + burst(2, 4.3, 4.5, 2000, 6000, 14)
    found = map_with(region(2.37, 2.63, 300, 9000), region(4.27, 4.53, 1000, 9400, score=8))
    (one,) = findings(found, measured(sound), normals)
    assert one.kind == BURST and len(one.boxes) == 2
    assert one.moments_s == pytest.approx((2.5, 4.4), abs=0.06)
    # Noise at 14 dB is added to noise at 0 dB.
    assert one.above_background_db == pytest.approx(14.2, abs=WITHIN_DB)
    assert 1600 < one.low_hz < 2200 and 5500 < one.high_hz < 7000
    assert re.fullmatch(
        r"Two short bursts, 2\.5 and 4\.4 s, [\d.]+–[\d.]+ kHz, up to 1[3-6] dB above this "
        rf"recording’s background; none of {N_NORMAL} normal recordings has one\.",
        finding_sentence(one),
    )


@pytest.mark.parametrize("seed", range(8))
def test_levels_of_random_events_are_those_of_a_filter(seed: int, normals: NormalSpectra) -> None:
    rng = np.random.default_rng(seed)
    start = rng.uniform(0.2, 3.5)
    end = start + rng.uniform(0.15, 1.2)
    low = 10 ** rng.uniform(2.5, 3.7)
    high = low * 2 ** rng.uniform(0.7, 2)
    sound = noise(100 + seed) + burst(seed, start, end, low, high, rng.uniform(6, 30))
    found = map_with(region(start - 0.05, end + 0.05, low / 1.3, min(1.3 * high, 20_000)))
    (one,) = findings(found, measured(sound), normals)
    by_filter = band_level_db(sound, one.low_hz, one.high_hz)
    box = one.boxes[0]
    inside = by_filter[max(0, round((box.start_s - 0.1) * RATE)) : round(box.end_s * RATE)]
    background = float(np.median(by_filter))
    assert one.background_db == pytest.approx(background, abs=WITHIN_DB)
    assert one.level_db == pytest.approx(float(inside.max()), abs=WITHIN_DB)
    assert f"{one.above_background_db:.0f} dB above" in finding_sentence(one)
    of_normals = [band_level_db(noise(k), one.low_hz, one.high_hz) for k in range(N_NORMAL)]
    levels = [10 * np.log10(np.mean(10 ** (level / 10))) for level in of_normals]
    assert one.normals
    assert one.normals.median_db == pytest.approx(float(np.median(levels)), abs=WITHIN_DB)
    # Never fewer than there are: the bound is on the safe side.
    rises = np.array([level.max() - np.median(level) for level in of_normals])
    assert one.normals.n_alike >= int((rises >= one.above_background_db + 0.5).sum())


def test_how_many_normal_recordings_have_one_is_counted() -> None:
    with_one = [noise(k) + burst(k, 1.0, 1.2, 2000, 6000, 20) for k in range(3)]
    normals = normal_spectra([*with_one, *(noise(k) for k in range(3, 10))])
    sound = noise(90) + burst(1, 2.4, 2.6, 2000, 6000, 14)
    (one,) = findings(map_with(region(2.4, 2.6, 2000, 6000)), measured(sound), normals)
    assert one.normals and one.normals.n_alike == 3 and one.normals.n_clips == 10
    assert finding_sentence(one).endswith("; at most 3 of 10 normal recordings have one as strong.")
    louder = noise(90) + burst(1, 2.4, 2.6, 2000, 6000, 30)
    (one,) = findings(map_with(region(2.4, 2.6, 2000, 6000)), measured(louder), normals)
    assert one.normals and one.normals.n_alike == 0


@pytest.mark.parametrize("hz", [120.0, 900.0, 3300.0])
def test_a_hum_has_its_frequency_and_its_level(hz: float, normals: NormalSpectra) -> None:
    sound = noise(90) + 0.006 * np.sin(2 * np.pi * hz * TIME_S)
    (one,) = findings(map_with(lasting(hz / 3, hz * 3)), measured(sound), normals)
    assert one.kind == HUM and one.throughout
    assert one.tone_hz == pytest.approx(hz, rel=0.01)
    level = float(np.median(band_level_db(sound, one.low_hz, one.high_hz)))
    usual = [np.median(band_level_db(noise(k), one.low_hz, one.high_hz)) for k in range(N_NORMAL)]
    expected = level - float(np.quantile(usual, 0.95))
    assert one.beyond_db == pytest.approx(expected, abs=WITHIN_DB)
    said = finding_sentence(one)
    assert f"{one.beyond_db:.0f} dB above the range of {N_NORMAL} normal recordings." in said
    assert said.startswith({120.0: "120 Hz hum", 900.0: "900 Hz hum"}.get(hz, "3.3 kHz tone"))


def test_harmonics_of_one_tone_are_one_finding(normals: NormalSpectra) -> None:
    hum = sum(0.008 * np.sin(2 * np.pi * 300 * k * TIME_S + k) for k in range(1, 5))
    made = findings(map_with(lasting(100, 2000)), measured(noise(90) + hum), normals)
    (one,) = [found for found in made if found.kind == HUM]
    assert one.tone_hz == pytest.approx(300, rel=0.01) and one.has_harmonics
    assert len(one.boxes) == 4
    assert finding_sentence(one).startswith("300 Hz hum and its harmonics throughout, up to ")


def test_a_tone_of_a_moment_and_its_harmonics(normals: NormalSpectra) -> None:
    tone = during(1.0, 1.8) * 0.05 * np.sin(2 * np.pi * 2100 * TIME_S)
    (one,) = findings(map_with(region(0.95, 1.85, 1200, 3700)), measured(noise(90) + tone), normals)
    assert one.kind == TONE and one.tone_hz == pytest.approx(2100, rel=0.01)
    assert finding_sentence(one).startswith("A 2.1 kHz tone at 1.4 s, ")


@pytest.mark.parametrize("seed", range(8))
def test_noise_is_no_tone(seed: int, normals: NormalSpectra) -> None:
    low = [300, 700, 1500, 3000][seed % 4]
    for octaves in (0.5, 2):
        sound = noise(90) + burst(seed, 2.0, 2.3, low, low * 2**octaves, 20)
        found = map_with(region(1.95, 2.35, low / 1.5, low * 2**octaves * 1.5))
        (one,) = findings(found, measured(sound), normals)
        assert one.kind == BURST


def test_a_gap_is_below_the_background(normals: NormalSpectra) -> None:
    sound = noise(90) * (1.0 - 0.95 * during(2.0, 2.6))
    (one,) = findings(map_with(region(1.9, 2.7, 30, 21_000)), measured(sound), normals)
    assert one.kind == GAP
    assert one.above_background_db == pytest.approx(20 * np.log10(0.05), abs=WITHIN_DB)
    assert "26 dB below this recording’s background; none of" in finding_sentence(one)


def test_an_event_that_is_no_louder_is_said_to_be_another_sound(normals: NormalSpectra) -> None:
    (one,) = findings(map_with(region(2.0, 2.5, 500, 3000)), measured(noise(90)), normals)
    assert one.kind == CHANGE and abs(one.above_background_db) < 3
    assert "within 1 dB" in finding_sentence(one) or "within 2 dB" in finding_sentence(one)


@pytest.mark.parametrize(
    ("gain", "word", "side"), [(2.0, "Louder", "above"), (0.5, "Quieter", "below")]
)
def test_another_level_in_a_band_or_everywhere(
    gain: float, word: str, side: str, normals: NormalSpectra
) -> None:
    (one,) = findings(map_with(lasting(20, 20_000)), measured(gain * noise(90)), normals)
    assert one.kind == BAND and abs(one.beyond_db or 0.0) == pytest.approx(6, abs=0.7)
    said = finding_sentence(one)
    assert said.startswith(f"{word} throughout, at all frequencies, ") and f"dB {side} the" in said


def test_a_louder_band_has_its_edges(normals: NormalSpectra) -> None:
    sound = noise(90) + band_noise(3, 1000, 3000, 0.03)
    (one,) = findings(map_with(lasting(400, 6000)), measured(sound), normals)
    assert one.kind == BAND and 700 < one.low_hz < 1050 and 2900 < one.high_hz < 3700
    level = float(np.median(band_level_db(sound, one.low_hz, one.high_hz)))
    assert one.level_db == pytest.approx(level, abs=WITHIN_DB)


def test_what_moves_more_is_said_to_fluctuate(normals: NormalSpectra) -> None:
    sound = noise(90) * (1 + 0.6 * np.sin(2 * np.pi * 1.3 * TIME_S))
    (one,) = findings(map_with(lasting(1000, 20_000)), measured(sound), normals)
    assert one.kind == MOTION
    level = band_level_db(sound, one.low_hz, one.high_hz)
    assert one.above_background_db == pytest.approx(level.max() - np.median(level), abs=WITHIN_DB)
    assert finding_sentence(one).startswith("Fluctuates more than normal recordings throughout")


def test_an_event_is_said_to_be_one_where_the_whole_was_found_to_differ(
    normals: NormalSpectra,
) -> None:
    sound = noise(90) + burst(1, 1.2, 1.3, 2000, 6000, 25) + burst(2, 3.0, 3.1, 2000, 6000, 22)
    (one,) = findings(map_with(lasting(1500, 8000)), measured(sound), normals)
    assert one.kind == BURST and one.moments_s == pytest.approx((1.25, 3.05), abs=0.06)
    assert finding_sentence(one).startswith("Two short bursts, 1.")


def test_where_no_level_differs_that_is_said_and_true(normals: NormalSpectra) -> None:
    (one,) = findings(map_with(lasting(400, 3000)), measured(noise(90)), normals)
    assert one.kind == TIMBRE
    assert "No band is more than 2 dB beyond the range of 12 normal recordings" in finding_sentence(
        one
    )


def test_silence_is_said(normals: NormalSpectra) -> None:
    (one,) = findings(map_with(lasting(400, 3000)), measured(np.zeros(TIME_S.size)), normals)
    assert one.kind == SILENCE and finding_sentence(one) == "Silence throughout."


def test_the_level_view_speaks_in_its_own_words(normals: NormalSpectra) -> None:
    view = ViewFinding(LEVEL, 9.0, 0.04, True, "9 dB louder than any normal recording")
    found = map_with(region(0, SECONDS, 20, 21_000, view=LEVEL), views=[view])
    (one,) = findings(found, measured(2.8 * noise(90)), normals)
    assert finding_sentence(one) == "9 dB louder than any normal recording."


def test_a_model_without_spectra_says_so_and_counts_nothing() -> None:
    sound = noise(90) + burst(1, 2.4, 2.6, 2000, 6000, 14)
    event, hum = region(2.4, 2.6, 2000, 6000), lasting(300, 900)
    first, second = findings(map_with(event, hum), measured(sound), None)
    assert finding_sentence(first).endswith("dB above this recording’s background.")
    assert NO_SPECTRA in finding_sentence(second)
    assert not finding_details(first) and not finding_details(second)


@pytest.mark.parametrize("seed", range(6))
def test_invariants(seed: int, normals: NormalSpectra) -> None:
    rng = np.random.default_rng(seed)
    sound, regions = noise(seed), []
    for k in range(7):
        start, low = rng.uniform(-0.1, 4.9), 10 ** rng.uniform(1.5, 4)
        end, high = start + rng.uniform(0.02, 2.0), min(low * 2 ** rng.uniform(0.3, 4), 21_000)
        sound += burst(k, start, end, min(low, 15_000), min(max(high, 1.3 * low), 21_500), 15)
        view = STATIONARY if k % 3 == 0 else "event"
        regions.append(region(max(start, 0.0), min(end, SECONDS), low, high, 9 - k / 10, view))
    found = map_with(*regions)
    made = findings(found, measured(sound), normals)
    assert 1 <= len(made) <= MOST_FINDINGS
    assert [one.score for one in made] == sorted((one.score for one in made), reverse=True)
    for one in made:
        assert one.boxes and finding_sentence(one).endswith(".")
        for box in one.boxes:
            assert 0 <= box.start_s < box.end_s <= SECONDS + 0.05
            assert 0 <= box.low_hz < box.high_hz <= RATE / 2
    # The gain of the whole recording changes nothing above its own background.
    softer = findings(found, measured(0.25 * sound), None)
    same = findings(found, measured(sound), None)
    assert [one.boxes for one in softer] == [one.boxes for one in same]
    for one, other in zip(same, softer, strict=True):
        assert one.above_background_db == pytest.approx(other.above_background_db, abs=0.1)


def test_a_normal_recording_has_no_findings(normals: NormalSpectra) -> None:
    assert findings(map_with(), measured(noise(90)), normals) == ()
    weak = map_with(region(1, 2, 300, 900, score=4.0))
    assert findings(weak, measured(noise(90)), normals) == ()


def test_a_part_has_the_findings_of_its_own_regions(normals: NormalSpectra) -> None:
    sound = noise(90) + burst(1, 2.4, 2.6, 2000, 6000, 14)
    found = map_with(region(2.4, 2.6, 2000, 6000), region(4.4, 4.6, 2000, 6000, score=8))
    part = measured(sound[: 3 * RATE])
    (one,) = findings(found, part, normals)
    assert one.moments_s == pytest.approx((2.5,), abs=0.06)


@pytest.mark.parametrize("name", sorted(FRONT_ENDS))
@pytest.mark.parametrize("seconds", [0.1, 0.7, 3.0])
def test_every_front_end_and_length_has_findings_with_true_levels(
    name: str, seconds: float
) -> None:
    settings = FRONT_ENDS[name]
    rate = settings.sample_rate
    rng = np.random.default_rng(1)

    def sound(level: float) -> MeasuredSound:
        samples = rng.normal(0.0, 0.02, round(seconds * rate)).astype(np.float32)
        samples[samples.size // 3 : samples.size // 3 + samples.size // 10] *= level
        clip = Clip.from_samples(np.clip(samples, -1, 1), rate, "made")
        return MeasuredSound(spectrogram(clip, settings))

    usual = NormalSpectra.of(
        (torch.from_numpy(sound(1.0).spectrogram.values) for _ in range(4)), settings
    )
    top = float(settings.freq_hz[-1])
    moment = region(seconds / 3, seconds / 3 + seconds / 10, 200, top)
    loud = sound(8.0)
    for drawn in (moment, region(0.0, seconds, 200, top, view=STATIONARY)):
        n_frames = loud.spectrogram.time_s.size
        found = dataclasses.replace(
            map_with(drawn), time_s=settings.time_s(n_frames), freq_hz=settings.freq_hz
        )
        for one in findings(found, loud, usual):
            assert finding_sentence(one) and finding_clip(one, loud).duration_seconds > 0.1
            assert all(0 <= box.start_s < box.end_s <= seconds + 0.1 for box in one.boxes)
            assert all(0 <= box.low_hz < box.high_hz <= rate / 2 for box in one.boxes)
    if seconds == 3.0:
        (one,) = findings(dataclasses.replace(found, regions=(moment,)), loud, usual)
        assert one.above_background_db == pytest.approx(20 * np.log10(8.0), abs=WITHIN_DB)
