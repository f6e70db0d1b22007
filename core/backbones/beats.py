"""BEATs, 16 kHz: a transformer pre-trained on AudioSet, and a small untrained one for trials.

Chen et al., "BEATs: Audio Pre-Training with Acoustic Tokenizers", ICML 2023; weights MIT.
"""

from __future__ import annotations

import hashlib
from functools import partial

import torch

from core.backbones.backbone import Backbone, BackboneMaker
from core.backbones.front_ends import FRONT_ENDS
from core.backbones.networks.beats import BeatsConfig, BeatsNetwork
from core.backbones.weights import catalogue
from core.backbones.weights.beats import load_network

# A clip of 10 s, which BEATs was trained on, is one window of 63 columns.
WINDOW_FRAMES = 1008
SMALL = BeatsConfig(
    embed_dim=48,
    encoder_layers=3,
    encoder_embed_dim=64,
    encoder_ffn_embed_dim=128,
    encoder_attention_heads=4,
    conv_pos=16,
    conv_pos_groups=4,
    num_buckets=32,
    max_distance=128,
)
SMALL_SEED = 0


def beats(name: str, device: torch.device) -> Backbone:
    """Load a pre-trained BEATs.

    Args:
        name: "beats" or "beats-iter3plus"
        device: where the network shall be

    Returns:
        The backbone, frozen.

    Raises:
        WeightsError: its weights are not here or damaged.
    """
    network = load_network(catalogue.load(name))
    licence = catalogue.get(name).licence
    return backbone_of(name, network, catalogue.source_sha256(name), licence, device)


def beats_small(device: torch.device) -> Backbone:
    """Make a small BEATs with random weights: nothing to download, and nothing learned yet.

    A head that trains it (AnoPatch) can be tried on a CPU; as a frozen network it knows nothing.

    Args:
        device: where the network shall be

    Returns:
        The backbone, frozen; its weights are the same every time.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SMALL_SEED)
        network = BeatsNetwork(SMALL)
    digest = hashlib.sha256()
    for values in network.state_dict().values():
        digest.update(values.numpy().tobytes())
    return backbone_of("beats-small", network, digest.hexdigest(), "MIT", device)


def backbone_of(
    name: str, network: BeatsNetwork, weights_sha256: str, licence: str, device: torch.device
) -> Backbone:
    """Freeze a BEATs network and put it behind its front end.

    Args:
        name: the backbone's name; one that is not in `FRONT_ENDS` has BEATs' front end too
        network: the network with its weights
        weights_sha256: what tells these weights from others
        licence: that of the weights
        device: where the network shall be

    Returns:
        The backbone; its default layers are those at each third of the network.
    """
    names = network.layer_names
    thirds = tuple(names[round(len(names) * third / 3) - 1] for third in (1, 2, 3))
    return Backbone(
        name=name,
        settings=FRONT_ENDS["beats"],
        default_layers=thirds,
        strides=dict.fromkeys(names, network.config.input_patch_size),
        reach_frames=WINDOW_FRAMES,
        weights_sha256=weights_sha256,
        licence=licence,
        network=network.eval().requires_grad_(False).to(device),
        device=device,
        window_frames=WINDOW_FRAMES,
    )


MAKERS: dict[str, BackboneMaker] = {
    "beats": partial(beats, "beats"),
    "beats-iter3plus": partial(beats, "beats-iter3plus"),
    "beats-small": beats_small,
}
