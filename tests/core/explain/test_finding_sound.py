"""What is played of a finding is its band and its times, and nothing else."""

import numpy as np
import pytest

from core.explain.finding import BURST, Finding
from core.explain.finding_sound import PAUSE_SECONDS, finding_clip
from core.types import Box
from tests.support.found_regions import RATE, SECONDS, TIME_S, measured, noise


def energy_db(samples: np.ndarray, low_hz: float, high_hz: float) -> float:
    power = np.abs(np.fft.rfft(samples)) ** 2 / samples.size
    hz = np.fft.rfftfreq(samples.size, 1 / RATE)
    return float(10 * np.log10(power[(hz >= low_hz) & (hz <= high_hz)].sum() + 1e-12))


def finding(*boxes: Box) -> Finding:
    return Finding(BURST, boxes, (1.0,), 500, 900, False, 9.0, -30.0, -50.0)


@pytest.mark.parametrize("start_s", [0.0, 2.0, SECONDS - 0.5])
def test_only_its_band_is_there_as_loud_as_it_is(start_s: float) -> None:
    sound = noise(1) + 0.1 * np.sin(2 * np.pi * 2000 * TIME_S)
    box = Box(start_s, start_s + 0.5, 1500, 2500)
    alone = finding_clip(finding(box), measured(sound)).samples
    assert 0.5 <= alone.size / RATE - 2 * PAUSE_SECONDS <= 0.65
    inside = slice(round(start_s * RATE), round((start_s + 0.5) * RATE))
    own = energy_db(sound[inside], 1700, 2300)
    assert energy_db(alone, 1700, 2300) == pytest.approx(own, abs=1)
    assert energy_db(alone, 1700, 2300) - energy_db(alone, 5000, 20_000) > 30


def test_boxes_follow_each_other_with_a_pause_and_partials_sound_together() -> None:
    first, second = Box(0.5, 0.8, 400, 800), Box(3.0, 3.4, 400, 800)
    alone = finding_clip(finding(second, first), measured(noise(1)))
    start = PAUSE_SECONDS + 0.42
    pause = alone.samples[round(start * RATE) : round((start + 0.03) * RATE)]
    assert np.abs(pause).max() < 1e-6
    assert alone.duration_seconds == pytest.approx(0.7 + 3 * PAUSE_SECONDS, abs=0.22)
    together = finding_clip(finding(first, Box(0.5, 0.8, 3000, 4000)), measured(noise(1))).samples
    gap = energy_db(together, 1300, 2200)
    assert min(energy_db(together, 450, 750), energy_db(together, 3100, 3900)) - gap > 20


def test_a_part_of_a_recording_has_the_sound_of_its_own_time() -> None:
    sound = noise(1)
    whole = finding_clip(finding(Box(3.0, 3.5, 400, 4000)), measured(sound))
    part = measured(sound[2 * 44_032 :])  # 86 columns
    moved = type(part)(part.spectrogram, 2 * 44_032 / RATE)
    again = finding_clip(finding(Box(3.0, 3.5, 400, 4000)), moved)
    # Either may begin a column earlier.
    middle = whole.samples[round(0.3 * RATE) : round(0.6 * RATE)]
    assert np.correlate(again.samples, middle, "valid").max() == pytest.approx(
        float(middle @ middle), rel=0.02
    )
