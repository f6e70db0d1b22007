"""Facts about features: parity with aiSFX's own blocks, long clips exact, the cache invisible."""

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from core.backbones import load_backbone
from core.backbones.weights import catalogue
from core.errors import AudioError, SettingError
from core.features.cache import LOG_MEL, CacheMissError, FeatureCache
from core.features.extractor import FeatureExtractor
from core.spectral.spectrogram import spectrogram
from core.types import Clip, FeatureMaps, TrainingClip

pytestmark = pytest.mark.usefixtures("aisfx_weights")


def noise(seconds: float, seed: int = 0) -> Clip:
    generator = np.random.default_rng(seed)
    samples = generator.normal(0, 0.1, round(44_100 * seconds)).clip(-1, 1)
    return Clip.from_samples(samples, 44_100, f"noise {seed}")


def joined(segments: list[FeatureMaps], layer: str) -> torch.Tensor:
    return torch.cat([maps.layers[layer] for maps in segments], dim=-1)


def test_the_network_computes_what_aisfx_does_block_by_block() -> None:
    """An independent forward pass straight from the stored tensors, normalisation not folded."""
    backbone = load_backbone("aisfx", "cpu")
    stored = catalogue.load("aisfx")
    log_mel = torch.from_numpy(spectrogram(noise(1.5), backbone.settings).values)[None, :, :64]
    x = log_mel.transpose(1, 2)[:, None]
    expected = {}
    for block in range(1, 5):
        for i in (1, 2):
            key = f"conv_block{block}"
            x = F.conv2d(x, stored[f"{key}.conv{i}.weight"], padding=1)
            names = ("running_mean", "running_var", "weight", "bias")
            mean, var, scale, shift = (stored[f"{key}.bn{i}.{name}"] for name in names)
            x = F.relu(F.batch_norm(x, mean, var, scale, shift))
        if block < 4:
            x = F.max_pool2d(x, 2)
        expected[f"conv_block{block}"] = x.transpose(2, 3)
    maps = backbone.maps(log_mel, tuple(expected))
    for layer, values in expected.items():
        torch.testing.assert_close(maps[layer], values, atol=1e-4, rtol=1e-4)
    assert [values.shape[1:] for values in maps.values()] == [
        (64, 48, 32),
        (128, 24, 16),
        (256, 12, 8),
        (512, 12, 8),
    ]


def test_a_tone_lands_in_its_row_and_a_click_in_its_column(tmp_path) -> None:
    extractor = FeatureExtractor(load_backbone("aisfx"), ("conv_block2",), FeatureCache(tmp_path))
    samples = np.random.default_rng(0).normal(0, 1e-3, 3 * 44_100)
    quiet = Clip.from_samples(samples, 44_100, "quiet")
    time_s = np.arange(samples.size) / 44_100
    tone = Clip.from_samples(samples + 0.3 * np.sin(2 * np.pi * 3000 * time_s), 44_100, "tone")
    click = samples.copy()
    click[round(1.2 * 44_100) :][:40] += 0.9
    clicked = Clip.from_samples(click, 44_100, "click")
    settings = extractor.backbone.settings
    clips = (quiet, tone, clicked)
    base, with_tone, with_click = (
        next(iter(extractor.segments(clip))).layers["conv_block2"] for clip in clips
    )
    rows = (with_tone - base).abs().mean(dim=(0, 2))
    expected_row = int(np.abs(settings.freq_hz - 3000).argmin()) // 4
    assert abs(int(rows.argmax()) - expected_row) <= 1
    columns = (with_click - base).abs().mean(dim=(0, 1))
    assert abs(int(columns.argmax()) - 1.2 / settings.hop_seconds / 4) <= 1


def test_a_long_clip_cut_into_segments_has_the_maps_of_the_whole(tmp_path) -> None:
    backbone = load_backbone("aisfx")
    extractor = FeatureExtractor(backbone, backbone.default_layers, FeatureCache(tmp_path))
    clip = noise(8.0)
    (whole,) = extractor.segments(clip)
    extractor.segment_frames = 96
    parts = list(extractor.segments(clip))
    assert len(parts) == 4
    for layer in backbone.default_layers:
        # Both are rounded to 16 bits, so a value on the edge may fall either way.
        torch.testing.assert_close(joined(parts, layer), whole.layers[layer], atol=2e-3, rtol=2e-3)


def test_the_cache_changes_no_value_and_saves_the_network(tmp_path, monkeypatch) -> None:
    backbone = load_backbone("aisfx")
    extractor = FeatureExtractor(backbone, backbone.default_layers, FeatureCache(tmp_path))
    clips = [noise(1.0, seed) for seed in range(3)]
    fresh = [next(iter(extractor.segments(clip))) for clip in clips]
    first = [segments[0] for segments in extractor.extract(clips)]
    monkeypatch.setattr(type(backbone), "maps", lambda *_: pytest.fail("computed again"))
    second = [segments[0] for segments in extractor.extract(clips)]
    for a, b, c in zip(fresh, first, second, strict=True):
        assert torch.equal(b.log_mel, c.log_mel)
        assert list(b.layers) == list(backbone.default_layers)
        for layer in backbone.default_layers:
            assert torch.equal(b.layers[layer], c.layers[layer])
            torch.testing.assert_close(a.layers[layer], b.layers[layer], atol=2e-3, rtol=2e-3)


def test_other_layers_are_cached_apart(tmp_path) -> None:
    backbone = load_backbone("aisfx")
    for layers in (("conv_block2",), ("conv_block2", "conv_block3")):
        extractor = FeatureExtractor(backbone, layers, FeatureCache(tmp_path))
        assert tuple(extractor.extract([noise(0.5)])[0][0].layers) == layers


SMALL = FeatureMaps(torch.rand(2, 4), {"a": torch.rand(3, 1, 2)})
SHAPES = {LOG_MEL: (2, 4), "a": (1, 2)}


def test_the_cache_throws_out_what_was_used_longest_ago(tmp_path) -> None:
    import os

    cache = FeatureCache(tmp_path)
    for age, key in enumerate(["old", "middle", "new"]):
        cache.write(key, SMALL)
        os.utime(tmp_path / f"{key}.safetensors", (1000 + age, 1000 + age))
    cache.limit_bytes = 2 * (tmp_path / "new.safetensors").stat().st_size
    cache.trim()
    assert [cache.has(key, SHAPES) for key in ("old", "middle", "new")] == [False, True, True]


def flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)


DAMAGE = {
    "no tensors": lambda path: path.write_bytes(b"not tensors"),
    "empty": lambda path: path.write_bytes(b""),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-7]),
    "one bit": flipped,
    "another shape": lambda path: save_file(
        {"0": torch.rand(2, 8).half(), "1:a": torch.rand(3, 1, 2).half()}, path
    ),
    "another layer": lambda path: save_file(
        {"0": torch.rand(2, 4).half(), "1:b": torch.rand(3, 1, 2).half()}, path
    ),
    "a folder": lambda path: (path.unlink(), path.mkdir(), (path / "x").touch()),
    "a link to nothing": lambda path: (path.unlink(), path.symlink_to("nowhere")),
    "gone": lambda path: path.unlink(),
}


@pytest.mark.parametrize("damage", list(DAMAGE))
def test_what_is_damaged_counts_as_missing_and_is_made_anew(tmp_path, damage: str) -> None:
    cache = FeatureCache(tmp_path)
    cache.write("a", SMALL)
    assert cache.has("a", SHAPES)
    DAMAGE[damage](tmp_path / "a.safetensors")
    assert not cache.has("a", SHAPES)
    cache.write("a", SMALL)
    assert cache.has("a", SHAPES)
    torch.testing.assert_close(cache.read("a").layers, SMALL.layers, rtol=1e-3, atol=1e-3)


def test_a_file_of_an_earlier_version_is_used(tmp_path) -> None:
    cache = FeatureCache(tmp_path)
    tmp_path.mkdir(exist_ok=True)
    save_file(
        {"0": SMALL.log_mel.half(), "1:a": SMALL.layers["a"].half()}, tmp_path / "a.safetensors"
    )
    assert cache.has("a", SHAPES)


def test_what_is_damaged_while_in_use_is_a_sentence(tmp_path) -> None:
    cache = FeatureCache(tmp_path)
    cache.write("a", SMALL)
    (tmp_path / "a.safetensors").write_bytes(b"not tensors")
    with pytest.raises(CacheMissError, match="start again"):
        cache.read("a")
    assert not cache.has("a", SHAPES)


@pytest.mark.parametrize("seconds", [0.3, 1.0, 2.57, 31.0])
@pytest.mark.parametrize("name", ["aisfx", "beats-small"])
def test_what_was_written_is_found_again(tmp_path, monkeypatch, name: str, seconds: float) -> None:
    backbone = load_backbone(name, "cpu")
    rate = backbone.settings.sample_rate
    samples = np.random.default_rng(0).normal(0, 0.1, round(rate * seconds)).clip(-1, 1)
    extractor = FeatureExtractor(backbone, backbone.default_layers[:2], FeatureCache(tmp_path))
    clip = Clip.from_samples(samples, rate, "noise")
    extractor.extract([clip])
    monkeypatch.setattr(type(backbone), "maps", lambda *_: pytest.fail("computed again"))
    extractor.extract([clip])


def test_unknown_layers_are_named_with_those_there_are() -> None:
    with pytest.raises(SettingError, match=r"conv_block7.*conv_block1, conv_block2"):
        load_backbone("aisfx").check_layers(("conv_block7",))
    with pytest.raises(SettingError, match="no backbone “vgg”"):
        load_backbone("vgg")


def test_a_batch_too_large_for_memory_is_halved_and_changes_nothing(tmp_path, monkeypatch) -> None:
    backbone = load_backbone("aisfx", "cpu")
    extractor = FeatureExtractor(backbone, ("conv_block2",), FeatureCache(tmp_path))
    extractor.seconds_together = 40.0  # as on a GPU
    clips = [TrainingClip(noise(0.5, seed)) for seed in range(5)]
    expected = [next(iter(segments)) for segments in extractor.batch(clips)]
    sizes: list[int] = []
    forward = type(backbone).maps

    def short_of_memory(self, log_mel, layers):
        sizes.append(len(log_mel))
        if len(log_mel) > 2:
            raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory")
        return forward(self, log_mel, layers)

    monkeypatch.setattr(type(backbone), "maps", short_of_memory)
    found = [next(iter(segments)) for segments in extractor.batch(clips)]
    assert sizes == [5, 2, 2, 1]
    for a, b in zip(expected, found, strict=True):
        torch.testing.assert_close(a.layers, b.layers, atol=2e-3, rtol=2e-3)
    list(extractor.batch(clips))
    assert sizes[4:] == [2, 2, 1], "what was too large once is not tried again"


def test_one_clip_too_large_for_memory_is_a_sentence(tmp_path, monkeypatch) -> None:
    backbone = load_backbone("aisfx", "cpu")
    extractor = FeatureExtractor(backbone, ("conv_block2",), FeatureCache(tmp_path))

    def no_memory(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(type(backbone), "maps", no_memory)
    with pytest.raises(AudioError, match="not enough memory for “noise 0”"):
        list(extractor.segments(noise(0.5)))


def test_a_long_clip_gives_back_what_each_segment_freed(tmp_path, monkeypatch) -> None:
    released = []
    monkeypatch.setattr("core.runtime.memory.trim", lambda: released.append(1))
    extractor = FeatureExtractor(load_backbone("aisfx"), ("conv_block2",), FeatureCache(tmp_path))
    extractor.segment_frames = 8
    n_segments = len(list(extractor.segments(noise(1.0))))
    assert n_segments > 3 and len(released) == n_segments
    extractor.segment_frames = 10_000
    list(extractor.segments(noise(1.0)))
    assert len(released) == n_segments, "a clip of one segment has no holes to close"
