"""BEATs' published files, {"cfg", "model"}, and what is saved of them: the encoder and its shape.

The shape goes with the tensors, as the bytes of its JSON, so that a network of any size can be
made of what is saved.

The files' links are on a page (of a file host that wants a browser), so they are brought by hand.
No hash of the pre-trained files is known to us; what is found is saved beside the weights. The
size is that of 90 million 32-bit numbers.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from core.backbones.weights.checkpoint import (
    read_checkpoint,
    select_tensors,
    tensor_shapes,
    tensors_below,
)
from core.backbones.weights.published_file import PublishedFile
from core.errors import WeightsError

if TYPE_CHECKING:
    from torch import Tensor

    from core.backbones.networks.beats import BeatsConfig, BeatsNetwork

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
    """Translate the name of a tensor of `BeatsNetwork` to the published file's.

    Args:
        name: our name

    Returns:
        The published name.

    >>> published_name("layers.3.attention.q_proj.bias")
    'encoder.layers.3.self_attn.q_proj.bias'
    """
    for ours, theirs in _PUBLISHED:
        match = re.fullmatch(ours, name)
        if match:
            return match.expand(theirs)
    return name


def convert(checkpoint: Path) -> dict[str, Tensor]:
    """Read the encoder's tensors and its shape.

    Args:
        checkpoint: the published file

    Returns:
        What `pack_network` makes of them.

    Raises:
        WeightsError: it is no pre-trained BEATs; what is missing or of another shape is named.
    """
    # PyTorch waits, in these functions, for the first conversion: listing weights does not need it.
    import torch

    from core.backbones.networks.beats import BeatsConfig, BeatsNetwork

    held = read_checkpoint(checkpoint)
    if not isinstance(held, Mapping) or not isinstance(held.get("cfg"), Mapping):
        raise WeightsError("It has no “cfg” that says what its network is like, as BEATs' have.")
    if held["cfg"].get("finetuned_model"):
        raise WeightsError("It is a fine-tuned BEATs; bring the pre-trained one.")
    config = BeatsConfig.from_published(held["cfg"])
    with torch.device("meta"):
        shapes = tensor_shapes(BeatsNetwork(config))
    published = select_tensors(
        tensors_below(held.get("model"), ""),
        {published_name(name): shape for name, shape in shapes.items()},
    )
    return pack_network(config, {name: published[published_name(name)] for name in shapes})


def pack_network(config: BeatsConfig, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Put a network's shape and tensors together in one set of tensors.

    Args:
        config: the shape
        tensors: the tensors by our names

    Returns:
        The tensors, and the shape under `CONFIG`.
    """
    import torch

    described = json.dumps(dataclasses.asdict(config)).encode()
    return {CONFIG: torch.tensor(list(described), dtype=torch.uint8), **tensors}


def load_network(tensors: Mapping[str, Tensor]) -> BeatsNetwork:
    """Make the network that `pack_network` put together.

    Args:
        tensors: what it returned

    Returns:
        The network, in training mode.

    Raises:
        KeyError: its shape or a tensor is missing.
        RuntimeError: a tensor has another shape.
    """
    from core.backbones.networks.beats import BeatsConfig, BeatsNetwork

    config = BeatsConfig(**json.loads(bytes(tensors[CONFIG].tolist())))
    network = BeatsNetwork(config)
    network.load_state_dict({name: tensors[name] for name in network.state_dict()})
    return network


def _beats(name: str, title: str, file: str) -> PublishedFile:
    page = "https://github.com/microsoft/unilm/tree/master/beats"
    return PublishedFile(
        name=name,
        title=title,
        licence="MIT",
        citation=(
            "Sanyuan Chen et al., BEATs: Audio Pre-Training with Acoustic Tokenizers, ICML 2023"
        ),
        published=f"{file}, linked from {page}",
        size_bytes=361_000_000,
        sha256=None,
        hash_source="the size is rounded; no hash is known",
        bring=f"{file} (linked from {page})",
        convert=convert,
        browser_page=page,
    )


BEATS = _beats("beats", "BEATs, iteration 3: pre-trained on AudioSet, AnoPatch's", "BEATs_iter3.pt")
BEATS_PLUS = _beats(
    "beats-iter3plus",
    "BEATs, iteration 3+: its tokenizer fine-tuned on AudioSet's labels",
    "BEATs_iter3_plus_AS2M.pt",
)
