"""A small backbone with random weights, and features of made-up sound: heads without downloads."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from core.backbones import Backbone
from core.backbones.beats import backbone_of
from core.backbones.networks.beats import BeatsConfig, BeatsNetwork
from core.backbones.networks.cnn14 import Cnn14
from core.features.cache import FeatureCache
from core.features.extractor import FeatureExtractor, Features, SourceClip
from core.spectral.spectrogram import SpectrogramSettings
from core.types import Clip, FeatureMaps

SAMPLE_RATE = 8000
SETTINGS = SpectrogramSettings(
    sample_rate=SAMPLE_RATE, n_fft=256, hop=128, n_mels=24, f_max_hz=4000.0, full_scale=4.0
)
LAYERS = ("conv_block1", "conv_block2", "conv_block3")
N_CHANNELS = 8 + 12 + 16


def small_backbone(device: str = "cpu") -> Backbone:
    generator = torch.Generator().manual_seed(1)
    network = Cnn14((8, 12, 16), pooling="max", last_pooled=False)
    for name, weight in network.named_parameters():
        if "conv" in name and weight.ndim == 4:
            fan_in = weight[0].numel()
            weight.data = torch.randn(weight.shape, generator=generator) * (2 / fan_in) ** 0.5
    return Backbone(
        name="small",
        settings=SETTINGS,
        default_layers=LAYERS,
        strides=network.strides,
        reach_frames=network.reach_frames,
        weights_sha256="none",
        licence="none",
        network=network.ready().to(device),
        device=torch.device(device),
    )


def small_beats(device: str = "cpu") -> Backbone:
    """A BEATs of two layers that hears the same clips, as if they were at its own rate."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        network = BeatsNetwork(
            BeatsConfig(
                embed_dim=12,
                encoder_layers=2,
                encoder_embed_dim=16,
                encoder_ffn_embed_dim=24,
                encoder_attention_heads=2,
                conv_pos=8,
                conv_pos_groups=2,
                num_buckets=16,
                max_distance=64,
                dropout=0.1,
            )
        )
    return backbone_of("beats-small", network, "none", "none", torch.device(device))


def noise(seed: int, seconds: float = 1.0, tone: tuple[float, float] | None = None) -> Clip:
    """Pink-like noise; `tone` adds a burst of 0.15 s at (start in seconds, frequency in Hz)."""
    rng = np.random.default_rng(seed)
    n = round(seconds * SAMPLE_RATE)
    spectrum = np.fft.rfft(rng.standard_normal(n))
    samples = np.fft.irfft(spectrum / np.sqrt(1.0 + np.arange(spectrum.size) / seconds / 200.0), n)
    samples = 0.05 * samples / samples.std()
    if tone is not None:
        start, hz = round(tone[0] * SAMPLE_RATE), tone[1]
        time = np.arange(round(0.15 * SAMPLE_RATE)) / SAMPLE_RATE
        samples[start : start + time.size] += 0.3 * np.sin(2 * np.pi * hz * time)
    return Clip.from_samples(samples, SAMPLE_RATE, f"noise {seed}")


def features_of(clips: Sequence[Clip], folder: Path, backbone: Backbone) -> Features:
    layers = backbone.default_layers
    return FeatureExtractor(backbone, layers, FeatureCache(folder)).extract(clips)


def classified(features: Features, classes: Sequence[str], banks: Sequence[str] = ()) -> Features:
    """The same features, of clips whose classes and banks are known."""
    clips = [
        replace(clip, class_name=name, bank=bank)
        for clip, name, bank in zip(
            features.clips, classes, banks or [""] * len(features), strict=True
        )
    ]
    return Features(clips, features._keys, features._cache)


def maps_of(clip: Clip, backbone: Backbone) -> FeatureMaps:
    """The feature maps of a clip that is one segment long."""
    layers = backbone.default_layers
    (maps,) = FeatureExtractor(backbone, layers, FeatureCache(Path("unused"))).segments(clip)
    return maps


def constant_maps(n_columns: int = 16, value: float = 0.5) -> FeatureMaps:
    """Features of a sound that never changes at all."""
    layers = {
        "conv_block1": torch.full((8, 12, 2 * n_columns), value),
        "conv_block2": torch.full((12, 6, n_columns), value),
        "conv_block3": torch.full((16, 6, n_columns), value),
    }
    return FeatureMaps(torch.full((24, 4 * n_columns), value), layers)


def constant_beats(n_columns: int = 4, value: float = 0.5) -> FeatureMaps:
    """The same for `small_beats`."""
    layers = {f"layer{i}": torch.full((16, 8, n_columns), value) for i in (1, 2)}
    return FeatureMaps(torch.full((128, 16 * n_columns), value), layers)


def stored(maps: Sequence[FeatureMaps], folder: Path) -> Features:
    """Features of given maps, one clip each."""
    cache = FeatureCache(folder)
    clips = []
    for i, one in enumerate(maps):
        cache.write(f"clip-{i}", one)
        n_frames = one.log_mel.shape[1]
        clips.append(SourceClip(f"clip {i}", str(i), n_frames * SETTINGS.hop_seconds, n_frames))
    return Features(clips, [[f"clip-{i}"] for i in range(len(clips))], cache)
