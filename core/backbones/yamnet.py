"""YAMNet, 16 kHz: a small network that was taught AudioSet's classes; weights Apache-2.0."""

from __future__ import annotations

import torch

from core.backbones.backbone import Backbone, BackboneMaker
from core.backbones.front_ends import FRONT_ENDS
from core.backbones.networks.yamnet import Yamnet
from core.backbones.weights import catalogue
from core.backbones.weights.yamnet import CLASS_NAMES


def load_network() -> tuple[Yamnet, list[str]]:
    """Load the network, to be asked for its classes or its maps.

    Returns:
        The network on the CPU, frozen, and the names of its classes.

    Raises:
        WeightsError: its weights are not here or damaged.
    """
    tensors = catalogue.load("yamnet")
    names = bytes(tensors.pop(CLASS_NAMES).tolist()).decode().split("\n")
    network = Yamnet()
    network.load_state_dict(tensors)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network.eval().requires_grad_(False), names


def backbone_of(network: Yamnet, weights_sha256: str, device: torch.device) -> Backbone:
    """Put the network behind its front end.

    Args:
        network: with its weights
        weights_sha256: what tells these weights from others
        device: where the network shall be

    Returns:
        The backbone.
    """
    return Backbone(
        name="yamnet",
        settings=FRONT_ENDS["yamnet"],
        default_layers=network.default_layers,
        strides=network.strides,
        reach_frames=network.reach_frames,
        weights_sha256=weights_sha256,
        licence=catalogue.get("yamnet").licence,
        network=network.to(device),
        device=device,
    )


def yamnet(device: torch.device) -> Backbone:
    """Load YAMNet.

    Args:
        device: where the network shall be

    Returns:
        The backbone, frozen.

    Raises:
        WeightsError: its weights are not here or damaged.
    """
    return backbone_of(load_network()[0], catalogue.source_sha256("yamnet"), device)


MAKERS: dict[str, BackboneMaker] = {"yamnet": yamnet}
