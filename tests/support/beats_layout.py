"""A BEATs file with random weights, laid out as Microsoft publishes them: {"cfg", "model"}."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

# The published `cfg`, at a size for tests; what HearMap does not use is there too.
CFG: dict[str, Any] = {
    "encoder_layers": 3,
    "encoder_embed_dim": 32,
    "encoder_ffn_embed_dim": 48,
    "encoder_attention_heads": 4,
    "activation_fn": "gelu",
    "dropout": 0.0,
    "attention_dropout": 0.0,
    "activation_dropout": 0.0,
    "encoder_layerdrop": 0.05,
    "dropout_input": 0.0,
    "layer_norm_first": False,
    "conv_bias": False,
    "conv_pos": 16,
    "conv_pos_groups": 4,
    "relative_position_embedding": True,
    "num_buckets": 32,
    "max_distance": 80,
    "gru_rel_pos": True,
    "deep_norm": True,
    "input_patch_size": 16,
    "layer_wise_gradient_decay_ratio": 0.6,
    "embed_dim": 24,
    "finetuned_model": False,
}


def published_state(cfg: dict[str, Any] = CFG, seed: int = 0) -> dict[str, Tensor]:
    """Random tensors under every name of the published file."""
    generator = torch.Generator().manual_seed(seed)
    width, embed = cfg["encoder_embed_dim"], cfg["embed_dim"]
    heads, inner = cfg["encoder_attention_heads"], cfg["encoder_ffn_embed_dim"]
    kernel, size = cfg["conv_pos"], cfg["input_patch_size"]
    shapes: dict[str, tuple[int, ...]] = {
        "patch_embedding.weight": (embed, 1, size, size),
        "layer_norm.weight": (embed,),
        "layer_norm.bias": (embed,),
        "encoder.pos_conv.0.bias": (width,),
        "encoder.pos_conv.0.weight_g": (1, 1, kernel),
        "encoder.pos_conv.0.weight_v": (width, width // cfg["conv_pos_groups"], kernel),
        "encoder.layer_norm.weight": (width,),
        "encoder.layer_norm.bias": (width,),
    }
    if embed != width:
        shapes |= {
            "post_extract_proj.weight": (width, embed),
            "post_extract_proj.bias": (width,),
        }
    for i in range(cfg["encoder_layers"]):
        layer = f"encoder.layers.{i}"
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            shapes[f"{layer}.self_attn.{name}.weight"] = (width, width)
            shapes[f"{layer}.self_attn.{name}.bias"] = (width,)
        shapes[f"{layer}.self_attn.grep_a"] = (1, heads, 1, 1)
        shapes[f"{layer}.self_attn.grep_linear.weight"] = (8, width // heads)
        shapes[f"{layer}.self_attn.grep_linear.bias"] = (8,)
        shapes[f"{layer}.self_attn.relative_attention_bias.weight"] = (cfg["num_buckets"], heads)
        for name in ("self_attn_layer_norm", "final_layer_norm"):
            shapes[f"{layer}.{name}.weight"] = (width,)
            shapes[f"{layer}.{name}.bias"] = (width,)
        shapes[f"{layer}.fc1.weight"], shapes[f"{layer}.fc1.bias"] = (inner, width), (inner,)
        shapes[f"{layer}.fc2.weight"], shapes[f"{layer}.fc2.bias"] = (width, inner), (width,)
    state = {}
    for name, shape in shapes.items():
        values = torch.randn(shape, generator=generator)
        fan_in = values[0].numel() if values.ndim > 1 else 1
        scaled = values / fan_in**0.5
        near_one = name.endswith(("norm.weight", "weight_g", "grep_a"))
        state[name] = 1.0 + 0.1 * values if near_one else scaled
    shared = "self_attn.relative_attention_bias.weight"
    for i in range(1, cfg["encoder_layers"]):
        state[f"encoder.layers.{i}.{shared}"] = state[f"encoder.layers.0.{shared}"]
    return state


def write_published(path: Path, cfg: dict[str, Any] = CFG, seed: int = 0) -> Path:
    """The file."""
    torch.save({"cfg": dict(cfg), "model": published_state(cfg, seed)}, path)
    return path
