"""A long recording is drawn and heard by the minute around its strongest place."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from core.report.batch import BatchReport, drawn_part
from core.spectral.spectrogram import SpectrogramSettings
from core.types import Clip, Region
from tests.support.maps import planted_map

SETTINGS = SpectrogramSettings(sample_rate=8000, n_fft=2048, hop=1024, n_mels=60, f_max_hz=4000.0)


@pytest.mark.parametrize("peak_s", [5.0, 400.0, 798.0])
def test_a_minute_is_shown_with_its_strongest_place(peak_s: float) -> None:
    n_time = round(800 / SETTINGS.hop_seconds)
    region = Region(peak_s - 0.2, peak_s + 0.2, 500, 900, peak_s, 700, 9.0, 0.04)
    quiet = planted_map(quiet=True, n_freq=60, n_time=n_time)
    raw = quiet.raw.copy()
    raw[20:30, round(peak_s / SETTINGS.hop_seconds)] = 9.0
    found = dataclasses.replace(
        quiet, raw=raw, score=9.0, regions=(region,), time_s=SETTINGS.time_s(n_time)
    )
    start_s, stop_s = drawn_part(found)
    assert stop_s is not None and stop_s - start_s == 60.0
    assert max(0.0, start_s) == start_s <= peak_s <= stop_s <= 801.0
    # A click where the region is, and silence elsewhere.
    samples = np.zeros(60 * 8000, np.float32)
    samples[round((peak_s - start_s) * 8000)] = 0.9
    report = BatchReport("Recordings", SETTINGS, {}, "")
    report.add(found, Clip.from_samples(samples, 8000, "long.wav"))
    (entry,) = report._entries
    assert entry.shown is not None and entry.shown.sound_said == "The strongest part"
    assert entry.shown.sound.size < 2 * 8000
    assert entry.shown.sound.max() == pytest.approx(0.9)
    assert entry.shown.map_picture.startswith(b"\x89PNG")


def test_a_recording_of_up_to_ten_minutes_is_shown_whole() -> None:
    assert drawn_part(planted_map()) == (0.0, None)
