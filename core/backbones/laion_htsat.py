"""LAION-CLAP's audio tower, HTSAT-tiny (Wu et al., ICASSP 2023; weights CC0)."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from core.backbones.backbone import Backbone
from core.backbones.front_ends import FRONT_ENDS
from core.backbones.networks.htsat import STRIDES, WINDOW_FRAMES, Htsat
from core.backbones.weights import catalogue
from core.backbones.weights.torchlibrosa_layout import MEL_FILTERS
from core.spectral.spectrogram import log_mel_frames

NAME = "laion-htsat"
LAYERS = ("stage1", "stage2", "stage3")


def laion_htsat(device: torch.device) -> Backbone:
    """Load the backbone laion-htsat.

    Args:
        device: where the network shall be

    Returns:
        The backbone, frozen.

    Raises:
        WeightsError: its weights are not here or damaged, or laion-clap does not work here.
    """
    tensors = catalogue.load(NAME)
    filters = tensors.pop(MEL_FILTERS)
    network = Htsat()
    network.tower.load_state_dict(tensors, strict=False)
    return backbone_of(network, filters, catalogue.source_sha256(NAME), device)


def backbone_of(
    network: Htsat, filters: Tensor, weights_sha256: str, device: torch.device
) -> Backbone:
    """Freeze the network and put it behind its front end.

    Args:
        network: the network with its weights
        filters: the file's own mel filters, [bin, freq]
        weights_sha256: what tells these weights from others
        device: where the network shall be

    Returns:
        The backbone.
    """
    settings = FRONT_ENDS[NAME]
    return Backbone(
        name=NAME,
        settings=settings,
        default_layers=LAYERS,
        strides=STRIDES,
        reach_frames=WINDOW_FRAMES,
        weights_sha256=weights_sha256,
        licence=catalogue.get(NAME).licence,
        network=network.eval().requires_grad_(False).to(device),
        device=device,
        front_end=partial(log_mel_frames, settings=settings, filters=filters.to(device)),
        window_frames=WINDOW_FRAMES,
    )
