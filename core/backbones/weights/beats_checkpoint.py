"""BEATs' published files, {"cfg", "model"}, and what is kept of them: the encoder and its shape.

The shape goes with the tensors, as the bytes of its JSON, so that a network of any size can be
made of what is kept.

The files' links are on a page (of a file host that wants a browser), so they are brought by hand.
No hash of the pre-trained files is known to us; what is found is kept beside the weights. The size
is that of 90 million 32-bit numbers.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from core.backbones.weights.checkpoint import chosen, needed, read_checkpoint, tensors_below
from core.backbones.weights.weights_file import WeightsFile
from core.errors import WeightsError
from core.runtime.progress import Progress

if TYPE_CHECKING:
    from torch import Tensor

    from core.backbones.beats_network import BeatsConfig, BeatsNetwork

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


def convert(checkpoint: Path) -> dict[str, Tensor]:
    """The encoder's tensors by our names, and its shape.

    Raises:
        WeightsError: it is no pre-trained BEATs; what is missing or of another shape is named.
    """
    import torch

    from core.backbones.beats_network import BeatsConfig, BeatsNetwork

    held = read_checkpoint(checkpoint)
    if not isinstance(held, Mapping) or not isinstance(held.get("cfg"), Mapping):
        raise WeightsError("It has no “cfg” that says what its network is like, as BEATs' have.")
    if held["cfg"].get("finetuned_model"):
        raise WeightsError("It is a fine-tuned BEATs; bring the pre-trained one.")
    config = BeatsConfig.from_published(held["cfg"])
    with torch.device("meta"):
        network = BeatsNetwork(config)
    shapes = {published_name(name): shape for name, shape in needed(network).items()}
    published = chosen(tensors_below(held.get("model"), ""), shapes)
    return kept(config, {name: published[published_name(name)] for name in needed(network)})


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
    from core.backbones.beats_network import BeatsConfig, BeatsNetwork

    config = BeatsConfig(**json.loads(bytes(tensors[CONFIG].tolist())))
    network = BeatsNetwork(config)
    network.load_state_dict({name: tensors[name] for name in network.state_dict()})
    return network


def _by_hand(folder: Path, progress: Progress) -> Path:
    raise WeightsError(
        f"BEATs' files cannot be downloaded by a program: open {_PAGE} in a browser."
    )


_PAGE = "https://github.com/microsoft/unilm/tree/master/beats"


def _file(name: str, title: str, file: str) -> WeightsFile:
    return WeightsFile(
        name=name,
        title=title,
        licence="MIT",
        citation=(
            "Sanyuan Chen et al., BEATs: Audio Pre-Training with Acoustic Tokenizers, ICML 2023"
        ),
        published=f"{file}, linked from {_PAGE}",
        size_bytes=361_000_000,
        sha256=None,
        told="the size rounded; no hash is told",
        bring=f"{file} (linked from {_PAGE})",
        convert=convert,
        obtain=_by_hand,
        by_hand=True,
    )


BEATS = _file("beats", "BEATs, iteration 3: pre-trained on AudioSet, AnoPatch's", "BEATs_iter3.pt")
BEATS_PLUS = _file(
    "beats-iter3plus",
    "BEATs, iteration 3+: its tokenizer fine-tuned on AudioSet's labels",
    "BEATs_iter3_plus_AS2M.pt",
)
