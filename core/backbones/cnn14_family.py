"""aiSFX, MS-CLAP and PANNs: CNN14's and CNN10's first four blocks behind their own front ends.

aiSFX, the offline default, was trained on sound-effect libraries (Ma and Lerch, "Representation
Learning for the Automatic Indexing of Sound Effects Libraries", ISMIR 2022). The published files
of MS-CLAP and PANNs bring their own mel filters, which are used as they are.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from core.backbones.backbone import Backbone, BackboneMaker
from core.backbones.front_ends import FRONT_ENDS
from core.backbones.networks.cnn14 import Cnn14, four_blocks
from core.backbones.weights import catalogue
from core.backbones.weights.torchlibrosa_layout import MEL_FILTERS
from core.spectral.spectrogram import log_mel_frames

LAYERS = ("conv_block2", "conv_block3", "conv_block4")


def cnn14(name: str, device: torch.device) -> Backbone:
    """Load a backbone of the family.

    Args:
        name: one of `MAKERS`
        device: where the network shall be

    Returns:
        The backbone, frozen.

    Raises:
        WeightsError: its weights are not here or damaged.
    """
    tensors = catalogue.load(name)
    filters = tensors.pop(MEL_FILTERS, None)
    network = four_blocks(name)
    network.load_state_dict(tensors, strict=False)
    return backbone_of(name, network, filters, catalogue.source_sha256(name), device)


def backbone_of(
    name: str, network: Cnn14, filters: Tensor | None, weights_sha256: str, device: torch.device
) -> Backbone:
    """Freeze a network of the family and put it behind its front end.

    Args:
        name: one of `MAKERS`
        network: the network with its weights
        filters: the file's own mel filters, [bin, freq]; None for those of the settings
        weights_sha256: what tells these weights from others
        device: where the network shall be

    Returns:
        The backbone.
    """
    settings = FRONT_ENDS[name]
    front_end = None
    if filters is not None:
        front_end = partial(log_mel_frames, settings=settings, filters=filters.to(device))
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
        front_end=front_end,
    )


MAKERS: dict[str, BackboneMaker] = {
    name: partial(cnn14, name)
    for name in ("aisfx", "clap-cnn14", "panns-cnn14", "panns-cnn14-16k", "panns-cnn10")
}
