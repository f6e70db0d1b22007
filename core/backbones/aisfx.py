"""aiSFX, the offline default: CNN14's first four blocks, trained on sound-effect libraries.

Ma and Lerch, "Representation Learning for the Automatic Indexing of Sound Effects Libraries",
ISMIR 2022; weights CC BY 4.0.
"""

from __future__ import annotations

import torch

from core.backbones.backbone import Backbone
from core.backbones.cnn14 import Cnn14
from core.backbones.weights import catalogue
from core.spectral.spectrogram import SpectrogramSettings

LAYERS = ("conv_block2", "conv_block3", "conv_block4")


def aisfx(device: torch.device) -> Backbone:
    """The aiSFX backbone on a device.

    Raises:
        WeightsError: its weights are not here or damaged.
    """
    network = Cnn14((64, 128, 256, 512), pooling="max", last_pooled=False)
    loaded = catalogue.load("aisfx")
    network.load_state_dict(loaded, strict=False)
    return Backbone(
        name="aisfx",
        settings=SpectrogramSettings(),
        default_layers=LAYERS,
        strides=network.strides,
        reach_frames=network.reach_frames,
        weights_sha256=catalogue.source_sha256("aisfx"),
        licence=catalogue.get("aisfx").licence,
        network=network.ready().to(device),
        device=device,
    )
