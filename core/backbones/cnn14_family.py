"""MS-CLAP's and PANNs' networks: CNN14's and CNN10's first four blocks, pooled by averages.

One network for all of them, `core.backbones.cnn14.Cnn14`; what differs is the front end: sample
rate, FFT and hop, with 64 Slaney mel bands in dB. The file's own mel filters are used.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from core.backbones.backbone import Backbone, BackboneMaker
from core.backbones.cnn14 import Cnn14
from core.backbones.weights import catalogue
from core.backbones.weights.checkpoint import needed
from core.backbones.weights.torchlibrosa_layout import MEL_FILTERS
from core.spectral.spectrogram import SpectrogramSettings, log_mel_frames

CHANNELS = (64, 128, 256, 512)
LAYERS = ("conv_block2", "conv_block3", "conv_block4")


def _settings(sample_rate: int, n_fft: int, hop: int, f_max_hz: float) -> SpectrogramSettings:
    return SpectrogramSettings(
        sample_rate=sample_rate,
        n_fft=n_fft,
        hop=hop,
        n_mels=64,
        f_min_hz=50.0,
        f_max_hz=f_max_hz,
        mel_scale="slaney",
        mel_norm="slaney",
        compression="decibel",
    )


# MS-CLAP's configuration says an FFT of 1028, which its code does not use.
SETTINGS: dict[str, SpectrogramSettings] = {
    "clap-cnn14": _settings(44_100, 1024, 320, 14_000.0),
    "panns-cnn14": _settings(32_000, 1024, 320, 14_000.0),
    "panns-cnn14-16k": _settings(16_000, 512, 160, 8_000.0),
    "panns-cnn10": _settings(32_000, 1024, 320, 14_000.0),
}


def new_network() -> Cnn14:
    """The four blocks with an untrained network's weights."""
    return Cnn14(CHANNELS, pooling="average", last_pooled=True, n_normalised_mels=64)


def shapes() -> dict[str, tuple[int, ...]]:
    """Names and shapes of the tensors the network needs."""
    with torch.device("meta"):
        return needed(new_network())


def cnn14(name: str, device: torch.device) -> Backbone:
    """The backbone of that name on a device.

    Raises:
        WeightsError: its weights are not here or damaged.
    """
    tensors = catalogue.load(name)
    filters = tensors.pop(MEL_FILTERS)
    network = new_network()
    network.load_state_dict(tensors, strict=False)
    return backbone_of(name, network, filters, catalogue.source_sha256(name), device)


def backbone_of(
    name: str, network: Cnn14, filters: Tensor, weights_sha256: str, device: torch.device
) -> Backbone:
    """A network of the family, frozen, behind the front end of that name with these filters."""
    settings = SETTINGS[name]
    return Backbone(
        name=name,
        settings=settings,
        default_layers=LAYERS,
        strides=network.strides,
        reach_frames=network.reach_frames,
        weights_sha256=weights_sha256,
        licence=catalogue.get(name).licence,
        network=network.ready().to(device),
        device=device,
        front_end=partial(log_mel_frames, settings=settings, filters=filters.to(device)),
    )


MAKERS: dict[str, BackboneMaker] = {name: partial(cnn14, name) for name in SETTINGS}
