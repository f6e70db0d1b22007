"""BEATs is the published network on the published input: parity, and sound where it belongs."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.backbones import load_backbone
from core.backbones.beats import MAKERS, WINDOW_FRAMES, backbone_of, beats_small
from core.backbones.networks.beats import BeatsConfig, BeatsNetwork, folded, unfolded
from core.backbones.weights import catalogue, store
from core.backbones.weights.beats import load_network, pack_network, published_name
from core.errors import WeightsError
from core.features.cache import FeatureCache
from core.features.extractor import FeatureExtractor
from core.spectral import kaldi
from core.spectral.spectrogram import KALDI, log_mel_frames, mel_power, spectrogram
from core.spectral.torchaudio_import import torchaudio
from core.types import Clip
from tests.support.beats_layout import CFG, published_state, write_published
from tests.support.speechbrain import import_or_skip

RATE = 16_000


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    return 0.03 * np.random.default_rng(seed).standard_normal(round(seconds * RATE))


def clip(samples: np.ndarray, name: str = "clip") -> Clip:
    return Clip.from_samples(samples, RATE, name)


def network(cfg: dict[str, Any] = CFG, seed: int = 0) -> BeatsNetwork:
    config = BeatsConfig.from_published(cfg)
    state = published_state(cfg, seed)
    names = BeatsNetwork(config).state_dict()
    return load_network(
        pack_network(config, {name: state[published_name(name)] for name in names})
    ).eval()


# The front end


def test_frames_are_kaldis() -> None:
    samples = torch.from_numpy(noise(1.3)).float()
    theirs = torchaudio.compliance.kaldi.fbank(
        samples[None] * 2**15,
        num_mel_bins=128,
        sample_frequency=16000,
        frame_length=25,
        frame_shift=10,
    )
    expected = ((theirs - 15.41663) / (2 * 6.55582)).T
    ours = log_mel_frames(samples, 1, 1 + expected.shape[1], KALDI)
    torch.testing.assert_close(ours, expected, atol=1e-4, rtol=1e-4)


def test_frames_are_those_of_a_window_computed_by_hand() -> None:
    """One frame from the formulas alone: mean, pre-emphasis, window, power, triangles."""
    samples = noise(0.2).astype(np.float32)
    frame = samples[160 * 4 : 160 * 4 + 400].astype(np.float64) * 2**15
    frame = frame - frame.mean()
    frame = frame - 0.97 * np.concatenate([frame[:1], frame[:-1]])
    frame *= (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 399)) ** 0.85
    power = np.abs(np.fft.rfft(frame, 512)) ** 2
    mel = 1127 * np.log(1 + np.arange(257) * 31.25 / 700)
    edges = np.linspace(1127 * np.log(1 + 20 / 700), 1127 * np.log(1 + 8000 / 700), 130)
    rise = (mel - edges[:-2, None]) / np.diff(edges)[:-1, None]
    fall = (edges[2:, None] - mel) / np.diff(edges)[1:, None]
    energy = np.clip(np.minimum(rise, fall), 0, None) @ power
    expected = (np.log(np.maximum(energy, 1.1920928955078125e-07)) - 15.41663) / (2 * 6.55582)
    ours = log_mel_frames(torch.from_numpy(samples), 5, 6, KALDI)[:, 0].numpy()
    np.testing.assert_allclose(ours, expected, atol=1e-4)


def test_a_stretch_of_frames_is_that_of_the_whole() -> None:
    samples = torch.from_numpy(np.stack([noise(1.0, 1), noise(1.0, 2)])).float()
    n_frames = KALDI.n_frames(samples.shape[1])
    whole = log_mel_frames(samples, 0, n_frames, KALDI)
    assert whole.shape == (2, 128, n_frames) == (2, 128, 101)
    parts = [log_mel_frames(samples, a, b, KALDI) for a, b in ((0, 7), (7, 90), (90, n_frames))]
    torch.testing.assert_close(torch.cat(parts, dim=-1), whole, atol=1e-6, rtol=1e-6)


def test_power_comes_back_from_the_values() -> None:
    samples = torch.from_numpy(noise(0.5)).float()
    quiet, loud = (
        mel_power(log_mel_frames(scale * samples, 3, 40, KALDI), KALDI) for scale in (0.1, 1.0)
    )
    torch.testing.assert_close(loud[20:], 100 * quiet[20:], rtol=1e-3, atol=0.0)


@pytest.mark.parametrize("hz", [300.0, 1000.0, 3400.0])
def test_a_tone_is_highest_in_its_band_and_a_click_in_its_frame(hz: float) -> None:
    time = np.arange(RATE) / RATE
    picture = spectrogram(clip(0.3 * np.sin(2 * np.pi * hz * time)), KALDI)
    loudest_hz = picture.freq_hz[picture.values.mean(axis=1).argmax()]
    assert abs(loudest_hz - hz) < max(0.03 * hz, RATE / 512)
    click = np.zeros(RATE)
    click[8000] = 0.9
    picture = spectrogram(clip(click), KALDI)
    assert abs(picture.time_s[picture.values.mean(axis=0).argmax()] - 0.5) <= 0.013


# The network


def speechbrain_beats(path: Path) -> Any:
    beats = import_or_skip("speechbrain.lobes.models.beats")
    return beats.BEATs(str(path), output_all_hiddens=True)


@pytest.mark.parametrize("changes", [{}, {"embed_dim": 32}, {"deep_norm": False}, {"conv_pos": 15}])
def test_every_layer_equals_speechbrains(tmp_path: Path, changes: dict[str, Any]) -> None:
    """From the waveform on, with random weights in the published layout."""
    cfg = CFG | changes
    theirs = speechbrain_beats(write_published(tmp_path / "beats.pt", cfg))
    samples = torch.from_numpy(np.stack([noise(2.5, seed) for seed in range(2)])).float()
    # It gives [1 + layer, token, batch, channel].
    expected = theirs(samples, torch.ones(2))[0].transpose(1, 2)
    n_columns = expected.shape[2] // 8
    assert expected.shape == (4, 2, 15 * 8, 32)
    log_mel = log_mel_frames(samples, 1, 1 + 16 * n_columns, KALDI)
    ours = network(cfg)
    with torch.inference_mode():
        maps = ours(log_mel, ours.layer_names)
    assert list(maps) == ["layer1", "layer2", "layer3"]
    for i, values in enumerate(maps.values(), start=1):
        torch.testing.assert_close(folded(values), expected[i], atol=1e-4, rtol=1e-4)


def test_the_published_shape_has_90_million_weights() -> None:
    with torch.device("meta"):
        n_weights = sum(p.numel() for p in BeatsNetwork(BeatsConfig()).parameters())
    assert 89e6 < n_weights < 91e6


def test_tokens_and_maps_are_each_others_unfolding() -> None:
    tokens = torch.arange(2 * 24 * 3).reshape(2, 24, 3)
    maps = unfolded(tokens, rows=8)
    assert maps.shape == (2, 3, 8, 3)
    assert maps[1, 2, 5, 1] == tokens[1, 1 * 8 + 5, 2]
    assert torch.equal(folded(maps), tokens)


def test_less_memory_gives_the_same_gradients() -> None:
    log_mel = torch.randn(2, 128, 48, generator=torch.Generator().manual_seed(0))
    gradients = []
    for frugal in (False, True):
        ours = network()
        ours.frugal = frugal
        ours.tokens(log_mel).square().sum().backward()
        gradients.append([p.grad for p in ours.parameters()])
    for a, b in zip(*gradients, strict=True):
        torch.testing.assert_close(a, b)


# The backbone


@pytest.fixture(scope="module")
def extractor(tmp_path_factory: pytest.TempPathFactory) -> FeatureExtractor:
    backbone = backbone_of("beats", network(), "none", "MIT", torch.device("cpu"))
    cache = FeatureCache(tmp_path_factory.mktemp("features"))
    return FeatureExtractor(backbone, backbone.default_layers, cache)


def test_a_tone_lands_in_its_row_and_a_click_in_its_column(extractor: FeatureExtractor) -> None:
    """What a tone or a click changes, it changes most where it sounds, in every layer."""
    rest = noise(4.0)
    time = np.arange(rest.size) / RATE
    tone = rest + 0.2 * np.sin(2 * np.pi * 1000.0 * time)
    click = rest.copy()
    click[32_000:32_040] += 0.5
    (calm,), (toned,), (clicked,) = (
        list(extractor.segments(clip(samples))) for samples in (rest, tone, click)
    )
    row = int(np.abs(KALDI.freq_hz - 1000.0).argmin()) // 16
    for layer, values in calm.layers.items():
        assert values.shape == (32, 8, 26)
        change = (toned.layers[layer] - values).norm(dim=0)
        assert change.mean(dim=1).argmax() == row
        change = (clicked.layers[layer] - values).norm(dim=0)
        assert change.mean(dim=0).argmax() == 200 // 16


def test_clips_of_any_length_are_heard_in_windows(extractor: FeatureExtractor) -> None:
    ten_seconds = list(extractor.segments(clip(noise(10.0))))
    assert [maps.log_mel.shape[1] for maps in ten_seconds] == [WINDOW_FRAMES]
    longer = list(extractor.segments(clip(noise(25.3))))
    assert [maps.log_mel.shape[1] for maps in longer] == [1008, 1008, 528]
    assert all(m.layers["layer3"].shape[-1] * 16 == m.log_mel.shape[1] for m in longer)
    shortest = list(extractor.segments(clip(noise(0.1))))
    assert shortest[0].layers["layer3"].shape == (32, 8, 1)


def test_the_small_one_is_the_same_every_time() -> None:
    first, second = (beats_small(torch.device("cpu")) for _ in range(2))
    assert first.weights_sha256 == second.weights_sha256
    assert first.default_layers == ("layer1", "layer2", "layer3")
    assert kaldi.N_MELS % 16 == 0


# The published file


def test_a_brought_file_becomes_the_backbone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(WeightsError, match=r"fetch beats.*weights add beats FILE"):
        load_backbone("beats", "cpu")
    with pytest.raises(WeightsError, match=r"in a browser.*weights add beats FILE"):
        store.fetch("beats")
    # The published size is checked where the file's own is not known otherwise.
    store.add("beats", write_published(tmp_path / "BEATs_iter3.pt"))
    backbone = MAKERS["beats"](torch.device("cpu"))
    log_mel = torch.randn(1, 128, 64, generator=torch.Generator().manual_seed(0))
    expected = network()
    with torch.inference_mode():
        wanted = expected(log_mel, ("layer2",))["layer2"]
    torch.testing.assert_close(backbone.maps(log_mel, ("layer2",))["layer2"], wanted)
    assert backbone.licence == "MIT" and len(backbone.weights_sha256) == 64


def without(name: str) -> dict[str, Any]:
    return {"cfg": CFG, "model": {k: v for k, v in published_state().items() if name not in k}}


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (without("grep_a"), r"lacks encoder.layers.0.self_attn.grep_a, encoder.layers.1"),
        ({"cfg": CFG | {"num_buckets": 40}, "model": published_state()}, "another shape in .*bias"),
        ({"cfg": CFG | {"layer_norm_first": True}, "model": {}}, "layer_norm_first is True"),
        ({"cfg": CFG | {"finetuned_model": True}, "model": published_state()}, "fine-tuned BEATs"),
        ({"cfg": {"conv_pos": 128}, "model": {}}, "input_patch_size, embed_dim"),
        ({"cfg": CFG | {"encoder_layers": "many"}, "model": {}}, "values of other types"),
        ({"model": published_state()}, "no “cfg”"),
        ([torch.ones(3)], "no “cfg”"),
    ],
)
def test_another_file_is_refused_and_says_why(tmp_path: Path, held: object, said: str) -> None:
    torch.save(held, tmp_path / "other.pt")
    with pytest.raises(WeightsError, match=said):
        store.add("beats", tmp_path / "other.pt")
    assert catalogue.find("beats") is None


def test_a_file_cut_off_is_refused(tmp_path: Path) -> None:
    whole = write_published(tmp_path / "BEATs_iter3.pt").read_bytes()
    (tmp_path / "cut.pt").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(WeightsError, match="cut off"):
        store.add("beats", tmp_path / "cut.pt")
