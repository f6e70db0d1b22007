"""aiSFX, PANNs and both CLAPs: CNN14's and CNN10's first four blocks, and HTSAT.

aiSFX, the offline default, was trained on sound-effect libraries (Ma and Lerch, "Representation
Learning for the Automatic Indexing of Sound Effects Libraries", ISMIR 2022). The published files
of MS-CLAP, PANNs and LAION-CLAP (HTSAT-tiny, Wu et al., ICASSP 2023; weights CC0) bring their own
mel filters, which are used as they are.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from core.backbones.backbone import Backbone, BackboneMaker
from core.backbones.front_ends import FRONT_ENDS
from core.backbones.networks.cnn14 import Cnn14, four_blocks
from core.backbones.networks.htsat import Htsat
from core.backbones.weights import catalogue
from core.backbones.weights.torchlibrosa_layout import MEL_FILTERS
from core.spectral.spectrogram import log_mel_frames


def clap_or_panns(name: str, device: torch.device) -> Backbone:
    """Load a backbone of the family.

    Args:
        name: one of `MAKERS`
        device: where the network shall be

    Returns:
        The backbone, frozen.

    Raises:
        WeightsError: its weights are not here or damaged, or laion-clap does not work here.
    """
    tensors = catalogue.load(name)
    filters = tensors.pop(MEL_FILTERS, None)
    network = untrained(name)
    module = network.tower if isinstance(network, Htsat) else network
    module.load_state_dict(tensors, strict=False)
    return backbone_of(name, network, filters, catalogue.source_sha256(name), device)


def untrained(name: str) -> Cnn14 | Htsat:
    """Make the network of a backbone of the family.

    Args:
        name: one of `MAKERS`

    Returns:
        The network, with random weights.

    Raises:
        WeightsError: laion-clap does not work here.
    """
    return Htsat() if name == "laion-htsat" else four_blocks(name)


def backbone_of(
    name: str,
    network: Cnn14 | Htsat,
    filters: Tensor | None,
    weights_sha256: str,
    device: torch.device,
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
    frozen = network.ready() if isinstance(network, Cnn14) else network.eval()
    return Backbone(
        name=name,
        settings=settings,
        default_layers=network.default_layers,
        strides=network.strides,
        reach_frames=network.reach_frames,
        weights_sha256=weights_sha256,
        licence=catalogue.get(name).licence,
        network=frozen.requires_grad_(False).to(device),
        device=device,
        front_end=front_end,
        window_frames=network.window_frames,
    )


MAKERS: dict[str, BackboneMaker] = {
    name: partial(clap_or_panns, name)
    for name in (
        *("aisfx", "clap-cnn14", "panns-cnn14", "panns-cnn14-16k", "panns-cnn10"),
        "laion-htsat",
    )
}
