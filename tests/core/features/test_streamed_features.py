"""A recording that passes block by block has the feature maps of the whole clip."""

import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from core.audio.stream import SoundStream
from core.backbones import Backbone
from core.features.cache import FeatureCache
from core.features.extractor import FeatureExtractor
from core.features.sliding_samples import SlidingSamples
from core.types import Clip, Float32Array, TrainingClip
from tests.support.fake_features import small_backbone, small_beats


def clip_of(backbone: Backbone, n_samples: int, seed: int = 0) -> Clip:
    samples = np.random.default_rng(seed).normal(0, 0.1, n_samples).clip(-1, 1)
    return Clip.from_samples(samples, backbone.settings.sample_rate, "clip")


def streamed(clip: Clip, n_block: int) -> SoundStream:
    blocks = (clip.samples[i : i + n_block] for i in range(0, clip.samples.size, n_block))
    return SoundStream(blocks, clip.sample_rate, clip.name, clip.duration_seconds)


@pytest.mark.parametrize("n_block", [700, 10**6])
@pytest.mark.parametrize("more", [0, 1, -1, 517])
@pytest.mark.parametrize("backbone", [small_backbone(), small_beats()], ids=lambda one: one.name)
def test_a_stream_has_the_maps_of_the_whole_clip(
    backbone: Backbone, more: int, n_block: int, tmp_path: Path
) -> None:
    """Whatever its blocks are, and wherever it ends."""
    extractor = FeatureExtractor(backbone, backbone.default_layers, FeatureCache(tmp_path))
    if not backbone.window_frames:
        extractor.segment_frames = 64
    clip = clip_of(backbone, 3 * extractor.segment_frames * backbone.settings.hop + more)
    stream = streamed(clip, n_block)
    whole, passed = list(extractor.segments(clip)), list(extractor.segments(stream))
    assert len(whole) >= 3
    for one, other in zip(whole, passed, strict=True):
        assert torch.equal(one.log_mel, other.log_mel)
        assert all(torch.equal(one.layers[name], other.layers[name]) for name in one.layers)
    assert extractor.stream_info(stream) == extractor.info(TrainingClip(clip))


def test_clips_longer_than_a_window_are_whole_beside_others_of_their_length(
    tmp_path: Path,
) -> None:
    """BEATs and HTSAT take 10 s at a time; clips of 12 s went through them by threes, and of all
    but the first 10 s nothing came back."""
    backbone = small_beats()
    extractor = FeatureExtractor(backbone, backbone.default_layers, FeatureCache(tmp_path))
    clips = [clip_of(backbone, 12 * 16_000, seed) for seed in range(3)]
    features = extractor.extract(clips)
    for clip, found in zip(clips, features, strict=True):
        alone = list(extractor.segments(clip))
        assert [one.log_mel.shape for one in found] == [one.log_mel.shape for one in alone]
        assert len(found) == 2


def test_no_more_of_a_sound_is_held_than_asked_for() -> None:
    sliding = SlidingSamples(np.full(10, i, np.float32) for i in range(100))
    sliding.reach(95)
    assert (sliding.first, sliding.stop, sliding.ended) == (0, 100, False)
    sliding.drop(93)
    sliding.reach(120)
    assert (sliding.first, sliding.stop) == (93, 120)
    assert sliding.samples.tolist() == [9.0] * 7 + [10.0] * 10 + [11.0] * 10
    sliding.reach(2000)
    assert (sliding.stop, sliding.ended) == (1000, True)


@pytest.mark.parametrize("backbone", [small_backbone(), small_beats()], ids=lambda one: one.name)
def test_what_has_passed_of_a_stream_is_let_go(
    backbone: Backbone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Held are two segments of sound and what the network sees around them, at any length."""
    extractor = FeatureExtractor(backbone, backbone.default_layers[:1], FeatureCache(tmp_path))
    if not backbone.window_frames:
        extractor.segment_frames = 64
    held: list[int] = []
    reach = SlidingSamples.reach

    def watched(sliding: SlidingSamples, stop: int) -> None:
        reach(sliding, stop)
        held.append(sliding.samples.size)

    monkeypatch.setattr(SlidingSamples, "reach", watched)
    around = 2 * extractor.context_frames + 10
    most = (2 * extractor.segment_frames + around) * backbone.settings.hop + 1000
    clip = clip_of(backbone, 6 * extractor.segment_frames * backbone.settings.hop)
    alive: list[weakref.ref[Float32Array]] = []

    def blocks() -> Iterator[Float32Array]:
        for start in range(0, clip.samples.size, 1000):
            block = clip.samples[start : start + 1000].copy()
            alive.append(weakref.ref(block))
            yield block
            del block
            assert sum(one() is not None for one in alive) * 1000 <= most

    stream = SoundStream(blocks(), clip.sample_rate, "clip", clip.duration_seconds)
    assert len(list(extractor.segments(stream))) == 7
    assert max(held) <= most
