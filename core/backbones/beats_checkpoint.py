"""BEATs' published files, {"cfg", "model"}, and what is kept of them: the encoder and its shape.

The shape goes with the tensors, as the bytes of its JSON, so that a network of any size can be
made of what is kept. A fine-tuned file's classifier is left out.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.backbones.beats_network import BeatsConfig, BeatsNetwork

if TYPE_CHECKING:
    from torch import Tensor

CONFIG = "config"
# Our names, as patterns, and the published ones; others are the same.
_PUBLISHED = (
    (r"pos_conv\.parametrizations\.weight\.original0", r"encoder.pos_conv.0.weight_g"),
    (r"pos_conv\.parametrizations\.weight\.original1", r"encoder.pos_conv.0.weight_v"),
    (r"pos_conv\.bias", r"encoder.pos_conv.0.bias"),
    (r"encoder_norm\.(.+)", r"encoder.layer_norm.\1"),
    (r"position_bias\.(.+)", r"encoder.layers.0.self_attn.\1"),
    (r"layers\.(\d+)\.attention\.(.+)", r"encoder.layers.\1.self_attn.\2"),
    (r"layers\.(\d+)\.attention_norm\.(.+)", r"encoder.layers.\1.self_attn_layer_norm.\2"),
    (r"layers\.(\d+)\.final_norm\.(.+)", r"encoder.layers.\1.final_layer_norm.\2"),
    (r"layers\.(\d+)\.(fc[12]\..+)", r"encoder.layers.\1.\2"),
)


def published_name(name: str) -> str:
    """What the published file calls a tensor of `BeatsNetwork`.

    >>> published_name("layers.3.attention.q_proj.bias")
    'encoder.layers.3.self_attn.q_proj.bias'
    """
    for ours, theirs in _PUBLISHED:
        match = re.fullmatch(ours, name)
        if match:
            return match.expand(theirs)
    return name


def kept(config: BeatsConfig, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A network's shape and tensors as one set of tensors."""
    import torch

    described = json.dumps(dataclasses.asdict(config)).encode()
    return {CONFIG: torch.tensor(list(described), dtype=torch.uint8), **tensors}


def network_of(tensors: Mapping[str, Tensor]) -> BeatsNetwork:
    """The network that `kept` describes.

    Raises:
        KeyError: its shape or a tensor is missing.
        RuntimeError: a tensor has another shape.
    """
    config = BeatsConfig(**json.loads(bytes(tensors[CONFIG].tolist())))
    network = BeatsNetwork(config)
    network.load_state_dict({name: tensors[name] for name in network.state_dict()})
    return network
