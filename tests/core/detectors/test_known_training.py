"""What is said of a recording beside those that a model was fitted on."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from core.audio import ClipInfo
from core.detectors.known_training import remember_training, top_hz, warnings_for
from core.spectral.spectrogram import SpectrogramSettings
from tests.support.fake_detector import FakeDetector

FULL = ClipInfo("new.wav", 10.0, 44_100, 1, "PCM_16", -6.0, -20.0, highest_hz=22_050.0)


class Fitted(FakeDetector):
    """A model of ten recordings at 44.1 kHz and of 10 s, full up to 22 kHz."""

    spectrogram_settings = SpectrogramSettings()

    def __init__(self, info: ClipInfo | None = FULL, **changes: Any) -> None:
        super().__init__()
        self.training = [
            {"name": f"n{i}.wav", "sha256": f"{i}", "seconds": 10.0} | changes for i in range(10)
        ]
        if info is not None:
            remember_training(self, {f"{i}": info for i in range(10)})  # type: ignore[arg-type]


def said(detector: FakeDetector, sha256: str = "", **changes: Any) -> str:
    info = dataclasses.replace(FULL, **changes)
    return " ".join(warnings_for(detector, info, sha256))  # type: ignore[arg-type]


def test_nothing_is_said_of_a_recording_like_those_of_the_fit() -> None:
    assert said(Fitted()) == ""
    assert said(Fitted(), sample_rate=48_000, highest_hz=24_000.0, duration_seconds=19.0) == ""


def test_a_training_recording_is_known_under_any_name() -> None:
    words = said(Fitted(), "3")
    assert "The model was fitted on this recording (as “n3.wav”)" in words
    assert said(Fitted(), "3", name="n3.wav").startswith("The model was fitted on this recording, ")
    assert said(Fitted(), "unknown") == ""


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 32_000])
def test_a_lower_sample_rate_leaves_bands_empty(rate) -> None:
    words = said(Fitted(), sample_rate=rate, highest_hz=rate / 2)
    assert f"({rate / 1000:g} kHz sampling); the model was fitted on recordings up to 22 kHz" in (
        words
    )
    assert "not to be trusted there" in words
    # Of a model of such recordings it is what it knows.
    same = dataclasses.replace(FULL, sample_rate=rate, highest_hz=rate / 2)
    assert said(Fitted(same), sample_rate=rate, highest_hz=rate / 2) == ""


def test_a_converted_recording_is_told_from_one_at_a_low_rate() -> None:
    words = said(Fitted(), highest_hz=4_000.0)
    assert "Nothing above 4 kHz" in words and "converted from a lower rate" in words
    assert "converted" not in said(Fitted(), sample_rate=8_000, highest_hz=4_000.0)


def test_a_recording_that_reaches_higher_than_those_of_the_fit_is_new_there() -> None:
    low = dataclasses.replace(FULL, sample_rate=16_000, highest_hz=8_000.0)
    words = said(Fitted(low))
    assert "reaches up to 22 kHz" in words and "recordings up to 8 kHz" in words


def test_silence_reaches_nowhere_and_is_not_compared() -> None:
    assert said(Fitted(), highest_hz=4_000.0, silent=True) == ""


def test_a_few_odd_training_recordings_are_not_what_the_model_knows() -> None:
    detector = Fitted()
    detector.training[0]["highest_hz"] = 4_000.0
    assert "Nothing above 4 kHz" in said(detector, sample_rate=8_000, highest_hz=4_000.0)


@pytest.mark.parametrize("info", [None, FULL])
def test_what_lies_above_the_network_s_range_is_said_where_it_is_news(info) -> None:
    words = said(Fitted(info), sample_rate=192_000, highest_hz=96_000.0, unheard_dbfs=-20.1)
    assert "The model hears nothing above 22 kHz, where 97.7%" in words
    for little in (-55.0, -90.0):
        assert said(Fitted(info), unheard_dbfs=little) == ""
    same = Fitted(dataclasses.replace(FULL, unheard_dbfs=-24.0))
    assert said(same, unheard_dbfs=-20.0) == ""
    assert "hears nothing above" in said(same, unheard_dbfs=-16.0)


def test_far_shorter_and_far_longer_recordings_are_told() -> None:
    assert "so little sound" in said(Fitted(), duration_seconds=4.0)
    assert said(Fitted(), duration_seconds=6.0) == ""
    words = said(Fitted(), duration_seconds=3600.0)
    assert "It lasts 3,600 s, those that the model was fitted on 10 s" in words
    detector = Fitted()
    detector.training[0]["seconds"] = 2.5
    assert "2.5 s to 10 s" in said(detector, duration_seconds=60.0)


def test_a_model_of_an_earlier_version_says_what_it_knows_and_no_more() -> None:
    old = Fitted(None)
    assert said(old, sample_rate=8_000, highest_hz=4_000.0) == ""
    assert "fitted on this recording" in said(old, "3")
    assert "It lasts" in said(old, duration_seconds=60.0)


def test_the_range_of_a_front_end_ends_at_its_highest_band_or_half_its_rate() -> None:
    assert top_hz(SpectrogramSettings()) == 22_050
    assert top_hz(SpectrogramSettings(f_max_hz=14_000.0)) == 14_000
