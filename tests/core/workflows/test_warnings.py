"""Fit and score say what is to be known of the recordings, and which channel was heard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from core.workflows.fit import fit
from core.workflows.grouped_warnings import grouped_warnings
from core.workflows.score import Outcome, highest_of_channels, score
from core.workflows.source import FileSource
from tests.support.fake_detector import FakeDetector

RATE = 8_000


@pytest.fixture
def written(tmp_path: Path) -> Any:
    def write(name: str, *channels: float, seed: int = 0, seconds: float = 1.0) -> FileSource:
        random = np.random.default_rng([seed, len(channels)])
        sound = random.standard_normal((round(seconds * RATE), len(channels))) * channels
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        sf.write(path, sound, RATE)
        return FileSource(path=path)

    return write


@pytest.fixture
def fitted(written: Any) -> FakeDetector:
    detector = FakeDetector()
    fit(detector, [written(f"n{seed}.wav", 0.05, seed=seed) for seed in range(6)])  # type: ignore[arg-type]
    return detector


def outcomes(detector: Any, *sources: FileSource, **given: Any) -> list[Outcome[FileSource]]:
    return list(score(detector, list(sources), **given))


def test_a_fit_groups_what_it_says_by_kind_and_names_recordings(written) -> None:
    loud = [written(f"loud{seed}.wav", 2.0, seed=seed) for seed in range(6)]
    rest = [written(f"n{seed}.wav", 0.05, seed=seed) for seed in range(4)]
    twin = [written("twin.wav", 0.05, seed=0)]
    said = fit(FakeDetector(), [*loud, *rest, *twin]).warnings  # type: ignore[arg-type]
    (clipping,) = (one for one in said if "Clipping" in one)
    assert clipping.startswith("6 of 11 recordings, such as “loud0.wav”: Clipping: ")
    assert clipping.endswith("The others: “loud1.wav”, “loud2.wav”, “loud3.wav” and 2 more.")
    assert "“twin.wav”: The same sound as “n0.wav”." in said
    assert len(fit(FakeDetector(), rest).warnings) == 1  # type: ignore[arg-type]


def test_a_model_knows_what_its_recordings_are_like(fitted) -> None:
    assert all(clip["highest_hz"] == RATE / 2 for clip in fitted.training)


def test_scoring_says_nothing_of_clean_recordings_and_the_same_of_a_batch_as_of_one(
    fitted, written
) -> None:
    clean = [written(f"c{seed}.wav", 0.05, seed=seed) for seed in range(10, 14)]
    odd = [
        written("known.wav", 0.05, seed=2),
        written("silent.wav", 0.0),
        written("loud.wav", 2.0),
        written("quiet.wav", 1e-4, 0.1),
        written("long.wav", 0.05, seed=20, seconds=5.0),
    ]
    together = outcomes(fitted, *clean, *odd)
    assert [one.warnings for one in together[:4]] == [()] * 4
    for one, words in zip(
        together[4:], ("fitted on", "digital silence", "Clipping", "second is", "It lasts"),
        strict=True,
    ):  # fmt: skip
        assert words in " ".join(one.warnings) and one.found is not None
        (alone,) = outcomes(fitted, one.source)
        assert alone.warnings == one.warnings


def test_a_sound_that_was_given_before_is_named_by_its_path(fitted, written) -> None:
    first = written("day1/0001.wav", 0.05, seed=30)
    second = written("day2/0001.wav", 0.05, seed=30)
    before, after = outcomes(fitted, first, second)
    assert before.warnings == ()
    assert after.warnings == (f"The same sound as “{first.path}”, which was given too.",)
    silent = [written(f"silent{i}.wav", 0.0) for i in range(2)]
    assert all("same sound" not in " ".join(one.warnings) for one in outcomes(fitted, *silent))


@pytest.mark.parametrize(("channel", "heard"), [(None, 0), (1, 1), ("mean", "mean")])
def test_the_channel_that_was_scored_is_told(fitted, written, channel, heard) -> None:
    (one,) = outcomes(fitted, written("both.wav", 0.05, 0.05), channel=channel)
    assert (one.channel, one.n_channels) == (heard, 2)


def test_the_loudest_channel_is_chosen_for_each_recording(fitted, written) -> None:
    sources = [
        written("left.wav", 0.2, 0.1),
        written("right.wav", 0.1, 0.2),
        written("mono.wav", 1),
    ]
    assert [one.channel for one in outcomes(fitted, *sources, channel="loudest")] == [0, 1, 0]


def test_a_model_scores_the_channel_that_it_was_fitted_on(written) -> None:
    detector: Any = FakeDetector()
    both = [written(f"n{seed}.wav", 0.01, 0.05, seed=seed) for seed in range(4)]
    fit(detector, both, channel="loudest")
    assert detector.channel == "loudest"
    assert outcomes(detector, written("new.wav", 0.3, 0.1))[0].channel == 0


def test_a_recording_that_is_silent_on_the_channel_of_the_fit_is_left_out_and_said(written) -> None:
    rest = [written(f"n{seed}.wav", 0.05, 0.05, seed=seed) for seed in range(3)]
    left = fit(FakeDetector(), [*rest, written("right.wav", 0.0, 0.05)]).left_out  # type: ignore[arg-type]
    assert left == ["“right.wav” is silent on its first channel: nothing to learn from."]


def test_each_channel_is_scored_in_turn_and_errors_come_once(fitted, written, tmp_path) -> None:
    gone = FileSource(path=tmp_path / "gone.wav")
    three, mono = written("three.wav", 0.05, 0.3, 0.1), written("mono.wav", 0.05, seed=40)
    fractions: list[float] = []
    found = outcomes(
        fitted, three, gone, mono, channel="each", progress=lambda _, done: fractions.append(done)
    )
    assert [(one.source.path.name, one.channel) for one in found] == [
        ("three.wav", 0), ("three.wav", 1), ("three.wav", 2), ("gone.wav", None), ("mono.wav", 0),
    ]  # fmt: skip
    assert fractions == sorted(fractions) and fractions[-1] == 1.0
    best = list(highest_of_channels(found))
    assert [one.channel for one in best] == [1, None, 0]
    assert "All 3 channels were scored; this is the second" in best[0].warnings[0]
    assert best[1].error and best[2].warnings == found[4].warnings


def test_a_channel_that_is_not_there_is_an_error_of_that_recording_alone(fitted, written) -> None:
    mono, both = outcomes(fitted, written("m.wav", 0.1), written("b.wav", 0.1, 0.1), channel=1)
    assert mono.found is None and "there is no channel 1" in mono.error
    assert both.found is not None


def test_sentences_that_differ_in_numbers_and_names_are_one_kind() -> None:
    warned = [
        (f"{i}.wav", [f"The same sound as “{i}”.", f"Very quiet (-{i}.5 dBFS)."]) for i in "123"
    ]
    assert grouped_warnings(warned, 3) == [
        "3 of 3 recordings, such as “1.wav”: The same sound as “1”. The others: “2.wav”, “3.wav”.",
        "3 of 3 recordings, such as “1.wav”: Very quiet (-1.5 dBFS). The others: “2.wav”, “3.wav”.",
    ]
    assert grouped_warnings([("a", ["x."]), ("b", ["y."]), ("c", [])], 3) == ["“a”: x.", "“b”: y."]
