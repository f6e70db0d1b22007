"""Names say what is new in a recording, and nothing where nothing is."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.backbones.yamnet import load_network
from core.detectors import Detector
from core.detectors.presets import preset_settings
from core.explain.explanation import explain
from core.explain.sound_families import FAMILY, SCENES
from core.explain.sound_names import (
    MOST_CLIPS,
    MOST_NAMES,
    UsualSounds,
    new_sounds,
    usual_sounds,
)
from core.types import Clip
from core.workflows.fit import fit
from core.workflows.source import FileSource

RATE = 16_000
SECONDS = 5.0
MOMENT = (2.0, 3.0)


def noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.0, 0.02, round(SECONDS * RATE))


def clip(samples: np.ndarray, name: str = "made") -> Clip:
    return Clip.from_samples(np.clip(samples, -1, 1), RATE, name)


def beeping(samples: np.ndarray) -> tuple[Clip, Clip]:
    """The sound with three beeps in the moment, and the beeps alone."""
    time = np.arange(samples.size) / RATE
    on = (time >= MOMENT[0]) & (time < MOMENT[1]) & ((time * 3) % 1 < 0.6)
    beeps = np.where(on, 0.2 * np.sin(2 * np.pi * 1500 * time), 0.0)
    return clip(samples + beeps), clip(beeps)


@pytest.fixture(scope="module")
def usual(yamnet_weights: Path) -> np.ndarray:
    return usual_sounds(clip(noise(seed)) for seed in range(3))


def test_beeps_in_noise_are_named(usual: np.ndarray) -> None:
    found = new_sounds(*beeping(noise(10)), [MOMENT], usual)
    assert {one.name for one in found} & {"Telephone", "Beep, bleep", "Reversing beeps", "Alarm"}
    assert 1 <= len(found) <= MOST_NAMES
    assert [one.excess for one in found] == sorted((one.excess for one in found), reverse=True)
    assert all(0.0 < one.score < 1.0 for one in found)


def test_more_of_the_same_noise_has_no_name(usual: np.ndarray) -> None:
    for seed in range(20, 26):
        sound = noise(seed)
        assert new_sounds(clip(sound), clip(0.5 * sound), [MOMENT], usual) == ()


def test_without_an_anomalous_moment_there_is_no_name(usual: np.ndarray) -> None:
    assert new_sounds(*beeping(noise(11)), [], usual) == ()


def test_what_normal_recordings_have_too_is_not_new(usual: np.ndarray) -> None:
    known = usual_sounds(beeping(noise(seed))[0] for seed in range(30, 33))
    named = {one.name for one in new_sounds(*beeping(noise(12)), [MOMENT], usual)}
    still = {one.name for one in new_sounds(*beeping(noise(12)), [MOMENT], known)}
    assert named and not named & still


def test_a_moment_or_a_recording_shorter_than_a_patch_is_heard(usual: np.ndarray) -> None:
    whole, part = beeping(noise(13))
    assert new_sounds(whole, part, [(2.05, 2.1)], usual)
    short = [clip(one.samples[2 * RATE : 2 * RATE + RATE // 4]) for one in (whole, part)]
    new_sounds(short[0], short[1], [(0.0, 0.2)], usual)


def test_families_are_those_of_the_class_map(yamnet_weights: Path) -> None:
    _, names = load_network()
    assert len(FAMILY) == len(names)
    assert set(names) >= SCENES
    index = names.index
    for together in (
        *(("Dog", "Bark", "Canidae, dogs, wolves"), ("Guitar", "Techno"), ("Rain", "Waterfall")),
        *(("Engine", "Chainsaw", "Idling"), ("Police car (siren)", "Emergency vehicle")),
    ):
        assert len({FAMILY[index(name)] for name in together}) == 1
    for one, other in (("Cough", "Sneeze"), ("Dog", "Cat"), ("Squeak", "Tap"), ("Hum", "Rumble")):
        assert FAMILY[index(one)] != FAMILY[index(other)]


def test_which_recordings_a_model_is_told_of_does_not_depend_on_their_order(
    yamnet_weights: Path,
) -> None:
    clips = [clip(noise(seed)[: RATE * 2]) for seed in range(MOST_CLIPS + 4)]
    found = []
    for order in (clips, clips[::-1]):
        passing = UsualSounds(len(clips))
        for one in order:
            passing.pass_on(one)
        found.append(passing.highest())
    first, second = found
    assert first is not None and second is not None and first.shape == (len(FAMILY),)
    np.testing.assert_array_equal(first, second)


def test_a_fit_keeps_what_is_usual_and_an_explanation_names_what_is_new(
    aisfx_weights: Path, yamnet_weights: Path, tmp_path: Path, hearmap_home: Path
) -> None:
    for seed in range(6):
        soundfile.write(tmp_path / f"normal {seed}.wav", noise(seed), RATE)
    beeps = beeping(noise(10))[0]
    detector = Detector("padim", **preset_settings("padim", "recommended"))
    fit(detector, [FileSource(path=path) for path in sorted(tmp_path.glob("*.wav"))])
    detector.save(tmp_path / "model")
    loaded = Detector.load(tmp_path / "model")
    assert loaded.usual_sounds is not None and detector.usual_sounds is not None
    np.testing.assert_allclose(loaded.usual_sounds, detector.usual_sounds, atol=0.02)
    explained = explain(loaded, beeps)
    assert explained.names and explained.findings
    loaded.usual_sounds = None
    assert explain(loaded, beeps).names == ()


def test_without_weights_a_model_has_no_usual_sounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.backbones.weights.catalogue.find", lambda name: None)
    passing = UsualSounds(1)
    passing.pass_on(clip(noise(1)))
    assert passing.highest() is None
