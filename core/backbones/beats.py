"""BEATs, 16 kHz: a transformer pre-trained on AudioSet, and a small untrained one for trials.

Chen et al., "BEATs: Audio Pre-Training with Acoustic Tokenizers", ICML 2023; weights MIT.
"""

from __future__ import annotations

import hashlib
from functools import partial

import torch

from core.backbones.backbone import Backbone, BackboneMaker
from core.backbones.beats_network import BeatsConfig, BeatsNetwork
from core.backbones.weights import catalogue
from core.backbones.weights.beats_checkpoint import network_of
from core.spectral.spectrogram import KALDI

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


def beats(device: torch.device, name: str) -> Backbone:
    """A pre-trained BEATs on a device.

    Raises:
        WeightsError: its weights are not here or damaged.
    """
    network = network_of(catalogue.load(name))
    licence = catalogue.get(name).licence
    return backbone_of(name, network, catalogue.source_sha256(name), licence, device)


def beats_small(device: torch.device) -> Backbone:
    """A small BEATs with random weights: nothing to download, and nothing learned yet.

    A head that trains it (AnoPatch) can be tried on a CPU; as a frozen network it knows nothing.
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
    """A BEATs network, frozen, with its front end; the usual layers are those at each third."""
    names = network.layer_names
    n_layers = len(names)
    usual = tuple(names[round(n_layers * third / 3) - 1] for third in (1, 2, 3))
    return Backbone(
        name=name,
        settings=KALDI,
        default_layers=usual,
        strides=dict.fromkeys(names, network.config.input_patch_size),
        reach_frames=WINDOW_FRAMES,
        weights_sha256=weights_sha256,
        licence=licence,
        network=network.eval().requires_grad_(False).to(device),
        device=device,
        window_frames=WINDOW_FRAMES,
    )


MAKERS: dict[str, BackboneMaker] = {
    "beats": partial(beats, name="beats"),
    "beats-iter3plus": partial(beats, name="beats-iter3plus"),
    "beats-small": beats_small,
}
