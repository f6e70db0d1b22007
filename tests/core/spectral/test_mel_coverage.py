"""Bands that a recording's rate leaves empty are counted as a noise of that rate shows them."""

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from core.audio import read_clip, wav_bytes
from core.backbones import front_end
from core.cli import main
from core.spectral.mel_coverage import band_limit_warning, n_empty_bands
from core.spectral.spectrogram import spectrogram


@pytest.mark.parametrize("name", ["aisfx", "clap-cnn14", "panns-cnn14", "laion-htsat"])
@pytest.mark.parametrize("rate", [8_000, 16_000])
def test_the_bands_that_are_empty_are_those_counted(name: str, rate: int, tmp_path: Path) -> None:
    settings = front_end(name)
    samples = np.random.default_rng(0).normal(0, 0.1, 2 * rate)
    (tmp_path / "noise.wav").write_bytes(wav_bytes(samples, rate))
    clip = read_clip(tmp_path / "noise.wav", sample_rate=settings.sample_rate)
    level = spectrogram(clip, settings).level_db.mean(axis=1)
    n_empty = n_empty_bands(settings, rate)
    # The resampler's slope, and a window's side lobes, reach a little beyond.
    assert level[-n_empty + 2 :].max() < level[: -n_empty - 2].min() - 20
    assert n_empty_bands(settings, settings.sample_rate) == 0


def test_clap_hears_nothing_in_ten_of_its_bands_at_16_khz() -> None:
    """The figure that reference works give for MIMII and DCASE."""
    assert n_empty_bands(front_end("clap-cnn14"), 16_000) in (9, 10, 11)


def test_the_sentence_says_how_many_and_from_where() -> None:
    settings = front_end("clap-cnn14")
    said = band_limit_warning(settings, [16_000] * 3, "clap-cnn14")
    assert said is not None
    n_empty = n_empty_bands(settings, 16_000)
    assert said.startswith("The recordings are at 16 kHz and hold nothing above 8 kHz")
    assert f"{n_empty} of the 64 mel bands of clap-cnn14" in said
    some = band_limit_warning(settings, [16_000, 44_100, 48_000], "clap-cnn14")
    assert some is not None and some.startswith("1 of the recordings are at 16 kHz")
    assert band_limit_warning(settings, [44_100, 48_000], "clap-cnn14") is None
    assert band_limit_warning(settings, [], "clap-cnn14") is None
    assert band_limit_warning(front_end("panns-cnn14-16k"), [16_000], "x") is None


def test_the_command_line_says_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.backbones import registry
    from tests.support.fake_features import small_backbone

    monkeypatch.setitem(registry.BACKBONES, "small", lambda device: small_backbone(str(device)))
    registry._load.cache_clear()
    for seed in range(6):
        samples = np.random.default_rng(seed).normal(0, 0.1, 4000)
        sf.write(tmp_path / f"{seed}.wav", samples, 4000)
    arguments = ["fit", str(tmp_path), "--out", str(tmp_path / "model"), "--backbone", "small"]
    assert main([*arguments, "--head", "autoencoder", "--set", "epochs=1"]) == 0
    registry._load.cache_clear()
    assert "at 4 kHz and hold nothing above 2 kHz" in capsys.readouterr().err
