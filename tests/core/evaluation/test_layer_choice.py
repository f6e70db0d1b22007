"""Layers are judged on sounds made of normal clips, and what is made is where it should be."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.audio import wav_bytes
from core.backbones import registry
from core.cli import main
from core.errors import FitError
from core.evaluation.layer_choice import (
    KINDS,
    band_stopped,
    choose_layers,
    mixed,
    sentence,
    time_cut,
)
from core.types import Clip, TrainingClip
from tests.support.fake_features import LAYERS, noise, small_backbone


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    two = dataclasses.replace(small_backbone(), default_layers=LAYERS[:2])
    monkeypatch.setitem(registry.BACKBONES, "small", lambda device: two)
    registry._load.cache_clear()
    yield
    registry._load.cache_clear()


@pytest.mark.parametrize("kind", list(KINDS))
def test_what_is_made_differs_for_a_moment_only_and_is_repeatable(kind: str) -> None:
    clip, other = noise(0, 2.0), noise(1, 2.0)
    made = KINDS[kind](clip, [other], np.random.default_rng(3))
    again = KINDS[kind](clip, [other], np.random.default_rng(3))
    assert made.sha256 == again.sha256 != clip.sha256
    changed = np.flatnonzero(np.abs(made.samples - clip.samples) > 1e-4)
    assert 0.25 <= (changed[-1] - changed[0]) / clip.sample_rate <= 0.8


def test_a_cut_is_silent_a_stopped_band_is_missing_and_a_mix_is_louder() -> None:
    clip, other = noise(0, 2.0), noise(1, 2.0)
    time_s = np.arange(clip.samples.size) / clip.sample_rate
    toned = clip.samples + 0.3 * np.sin(2 * np.pi * 700 * time_s)
    clip = Clip.from_samples(toned, clip.sample_rate, "toned")

    def moment(made: Clip) -> np.ndarray:
        changed = np.flatnonzero(np.abs(made.samples - clip.samples) > 1e-4)
        edge = round(0.03 * clip.sample_rate)
        return np.arange(changed[0] + edge, changed[-1] - edge)

    cut = time_cut(clip, [other], np.random.default_rng(0))
    assert np.abs(cut.samples[moment(cut)]).max() < 1e-6
    louder = mixed(clip, [other], np.random.default_rng(0))
    where = moment(louder)
    gained = louder.samples[where].std() / clip.samples[where].std()
    assert gained == pytest.approx(np.sqrt(1 + 10**0.6), rel=0.15)
    tones = []
    for seed in range(8):
        stopped = band_stopped(clip, [other], np.random.default_rng(seed))
        where = moment(stopped)
        kernel = np.exp(2j * np.pi * 700 * time_s[where])
        tones.append(abs(stopped.samples[where] @ kernel) / abs(clip.samples[where] @ kernel))
    assert min(tones) < 0.1 and max(tones) > 0.9, "the octave of the tone, or one beside it"


def test_every_layer_and_set_is_judged_and_ordered() -> None:
    clips = [TrainingClip(noise(seed)) for seed in range(8)]
    seen: list[float] = []
    standings = choose_layers(
        clips,
        backbone="small",
        device="cpu",
        progress=lambda stage, fraction: seen.append(fraction),
    )
    assert {one.layers for one in standings} == {(layer,) for layer in LAYERS} | {LAYERS[:2]}
    areas = [one.roc_auc.value for one in standings]
    assert areas == sorted(areas, reverse=True)
    assert areas[0] > 0.8
    assert set(standings[0].by_kind) == set(KINDS)
    assert seen == sorted(seen) and seen[-1] == 1.0
    assert "Made-up anomalies are a guess" in sentence(standings)


def test_one_recording_is_not_enough() -> None:
    with pytest.raises(FitError, match="at least two"):
        choose_layers([TrainingClip(noise(0))], backbone="small", device="cpu")


def test_the_command_prints_a_table_and_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for seed in range(6):
        clip = noise(seed)
        (tmp_path / f"{seed}.wav").write_bytes(wav_bytes(clip.samples, clip.sample_rate))
    given = ["layers", str(tmp_path), "--backbone", "small", "--device", "cpu"]
    assert main(given) == 0
    said = capsys.readouterr().out
    assert "conv_block1 + conv_block2 " in said
    assert "mixing  band stop  time cut" in said
    assert "--set layers=" in said
    assert main(["layers", str(tmp_path / "nowhere")]) == 1
