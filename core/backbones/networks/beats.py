"""BEATs: a transformer over 16x16 patches of a log-mel, with gated relative positions.

Chen et al., "BEATs: Audio Pre-Training with Acoustic Tokenizers", ICML 2023, section 3; the gated
relative position bias is that of WavLM (Chen et al. 2022, section 3.1), the residuals are DeepNet's
(Wang et al. 2022). Parity with an independent implementation is tested to 1e-4.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm
from torch.utils.checkpoint import checkpoint

from core.errors import WeightsError


@dataclass(frozen=True)
class BeatsConfig:
    """The network's shape, by the names a published file gives it; the defaults are BEATs iter3's.

    Attributes:
        input_patch_size: log-mel rows and columns of a patch
        embed_dim: channels of the patch embedding
        encoder_layers: blocks
        encoder_embed_dim: channels of a token
        encoder_ffn_embed_dim: channels inside a block's dense layers
        encoder_attention_heads: heads of a block's attention
        deep_norm: whether residuals are scaled by (2 `encoder_layers`) ** 0.25
        conv_pos: tokens under the kernel of the convolution over positions
        conv_pos_groups: groups of that convolution
        num_buckets: distances that the position bias tells apart
        max_distance: tokens beyond which all distances are one
        dropout: share of values dropped after a layer; dropouts act in training only
        attention_dropout: the same of attention weights
        activation_dropout: the same inside a block's dense layers
    """

    input_patch_size: int = 16
    embed_dim: int = 512
    encoder_layers: int = 12
    encoder_embed_dim: int = 768
    encoder_ffn_embed_dim: int = 3072
    encoder_attention_heads: int = 12
    deep_norm: bool = True
    conv_pos: int = 128
    conv_pos_groups: int = 16
    num_buckets: int = 320
    max_distance: int = 800
    dropout: float = 0.0
    attention_dropout: float = 0.0
    activation_dropout: float = 0.0

    # What the published networks have in common and this one always does.
    _FIXED = {  # noqa: RUF012 - not a field
        "layer_norm_first": False,
        "activation_fn": "gelu",
        "relative_position_embedding": True,
        "gru_rel_pos": True,
        "conv_bias": False,
    }

    @classmethod
    def from_published(cls, values: Mapping[str, Any]) -> BeatsConfig:
        """Read the shape from a published file.

        Args:
            values: the file's `cfg`

        Returns:
            The shape.

        Raises:
            WeightsError: it describes a network that is not built like the published BEATs.
        """
        for name, expected in cls._FIXED.items():
            if values.get(name, expected) != expected:
                raise WeightsError(
                    f"The file's network is no published BEATs: {name} is {values[name]}, "
                    f"not {expected}."
                )
        known = [field.name for field in dataclasses.fields(cls)]
        missing = [name for name in known if name not in values]
        if missing:
            raise WeightsError(f"The file does not say its network's {', '.join(missing[:3])}.")
        try:
            kinds = {name: type(getattr(cls, name)) for name in known}
            typed = {name: kind(values[name]) for name, kind in kinds.items()}
        except (TypeError, ValueError):
            raise WeightsError("The file describes its network in values of other types.") from None
        return cls(**typed)


class BeatsNetwork(nn.Module):
    """Log-mels [batch, freq, time] to tokens, one a patch of 16x16 cells.

    Layers by name, coarse ones last, all of one grid: "layer1" to "layer12" for BEATs. Tokens are
    time-major, t * rows + f.

    Args:
        config: the network's shape
    """

    def __init__(self, config: BeatsConfig) -> None:
        super().__init__()
        self.config = config
        size, width = config.input_patch_size, config.encoder_embed_dim
        self.patch_embedding = nn.Conv2d(1, config.embed_dim, size, stride=size, bias=False)
        self.layer_norm = nn.LayerNorm(config.embed_dim)
        self.post_extract_proj = (
            nn.Linear(config.embed_dim, width) if config.embed_dim != width else nn.Identity()
        )
        kernel, groups = config.conv_pos, config.conv_pos_groups
        convolution = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=groups)
        self.pos_conv = weight_norm(convolution, dim=2)
        self.encoder_norm = nn.LayerNorm(width)
        self.position_bias = PositionBias(config)
        self.layers = nn.ModuleList(Block(config) for _ in range(config.encoder_layers))
        # Each block's insides are computed again on the way back: less memory, about a third more
        # time. Set by whoever trains a large one.
        self.frugal = False
        self._initialise()

    @property
    def layer_names(self) -> tuple[str, ...]:
        """The layers, in order."""
        return tuple(f"layer{i}" for i in range(1, len(self.layers) + 1))

    def forward(self, log_mel: Tensor, layers: tuple[str, ...]) -> dict[str, Tensor]:
        """Compute the maps of some layers; layers after the last one named are not computed.

        Args:
            log_mel: [batch, freq, time]; rows and columns are multiples of the patch
            layers: "layer1" and so on

        Returns:
            Each layer's map, [batch, channel, freq, time].
        """
        rows = log_mel.shape[1] // self.config.input_patch_size
        maps: dict[str, Tensor] = {}
        tokens = self.patches(log_mel)
        bias = self.position_bias(tokens.shape[1])
        for name, block in zip(self.layer_names, self.layers, strict=True):
            if self.frugal and torch.is_grad_enabled():
                tokens = checkpoint(block, tokens, bias, use_reentrant=False)
            else:
                tokens = block(tokens, bias)
            if name in layers:
                maps[name] = unfolded(tokens, rows)
            if len(maps) == len(layers):
                break
        return maps

    def tokens(self, log_mel: Tensor) -> Tensor:
        """Compute the last layer's tokens.

        Args:
            log_mel: [batch, freq, time]; rows and columns are multiples of the patch

        Returns:
            [batch, token, channel]
        """
        (last,) = self(log_mel, self.layer_names[-1:]).values()
        return folded(last)

    def patches(self, log_mel: Tensor) -> Tensor:
        """Compute what enters the first block: patches with their positions.

        Args:
            log_mel: [batch, freq, time]; rows and columns are multiples of the patch

        Returns:
            [batch, token, channel]
        """
        embedded = self.patch_embedding(log_mel.transpose(1, 2)[:, None])
        tokens: Tensor = self.post_extract_proj(
            self.layer_norm(embedded.flatten(2).transpose(1, 2))
        )
        around = self.pos_conv(tokens.transpose(1, 2))
        if self.config.conv_pos % 2 == 0:
            around = around[..., :-1]
        tokens = tokens + F.gelu(around).transpose(1, 2)
        return F.dropout(self.encoder_norm(tokens), self.config.dropout, self.training)

    def _initialise(self) -> None:
        """Draw random weights as BEATs' own training starts from."""
        config = self.config
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=0.02)
                nn.init.zeros_(module.bias)
        spread = math.sqrt(4.0 / (config.conv_pos * config.encoder_embed_dim))
        self.pos_conv.weight = torch.randn_like(self.pos_conv.weight) * spread
        nn.init.zeros_(self.pos_conv.bias)
        gain = (8 * config.encoder_layers) ** -0.25 if config.deep_norm else 1.0
        for block in self.layers:
            assert isinstance(block, Block)
            for linear in (block.attention.q_proj, block.attention.k_proj):
                nn.init.xavier_normal_(linear.weight)
            for linear in (block.attention.v_proj, block.attention.out_proj, block.fc1, block.fc2):
                nn.init.xavier_normal_(linear.weight, gain=gain)


class PositionBias(nn.Module):
    """One number a head for each distance between tokens, near ones apart, far ones together.

    Args:
        config: the network's shape
    """

    def __init__(self, config: BeatsConfig) -> None:
        super().__init__()
        self.config = config
        self.relative_attention_bias = nn.Embedding(
            config.num_buckets, config.encoder_attention_heads
        )
        nn.init.normal_(self.relative_attention_bias.weight, std=0.02)

    def forward(self, n_tokens: int) -> Tensor:
        """Look up the bias of each pair of tokens.

        Args:
            n_tokens: tokens of a clip

        Returns:
            [head, token, token], of the key's place less the query's
        """
        device = self.relative_attention_bias.weight.device
        distance = torch.arange(1 - n_tokens, n_tokens, device=device)
        by_distance = self.relative_attention_bias(self.buckets(distance)).T
        place = torch.arange(n_tokens, device=device)
        bias: Tensor = by_distance[:, place[None, :] - place[:, None] + n_tokens - 1]
        return bias

    def buckets(self, distance: Tensor) -> Tensor:
        """Sort distances into T5's buckets: half exact, half in equal ratios, for either side.

        Args:
            distance: the key's place less the query's, [n]

        Returns:
            The bucket of each, [n].
        """
        half = self.config.num_buckets // 2
        exact = half // 2
        away = distance.abs()
        ratio = torch.log(away.clamp(min=1).float() / exact) / math.log(
            self.config.max_distance / exact
        )
        far = (exact + (ratio * (half - exact)).long()).clamp(max=half - 1)
        return torch.where(away < exact, away, far) + (distance > 0).long() * half


class Block(nn.Module):
    """Self-attention and two dense layers, each added to what came in and normalised after.

    Args:
        config: the network's shape
    """

    def __init__(self, config: BeatsConfig) -> None:
        super().__init__()
        width = config.encoder_embed_dim
        self.config = config
        self.attention = Attention(config)
        self.attention_norm = nn.LayerNorm(width)
        self.fc1 = nn.Linear(width, config.encoder_ffn_embed_dim)
        self.fc2 = nn.Linear(config.encoder_ffn_embed_dim, width)
        self.final_norm = nn.LayerNorm(width)
        self.residual_scale = (2 * config.encoder_layers) ** 0.25 if config.deep_norm else 1.0

    def forward(self, tokens: Tensor, bias: Tensor) -> Tensor:
        """Compute the block.

        Args:
            tokens: [batch, token, channel]
            bias: [head, token, token]

        Returns:
            [batch, token, channel]
        """
        shares = self.config
        attended = F.dropout(self.attention(tokens, bias), shares.dropout, self.training)
        tokens = self.attention_norm(tokens * self.residual_scale + attended)
        inner = F.dropout(F.gelu(self.fc1(tokens)), shares.activation_dropout, self.training)
        outer = F.dropout(self.fc2(inner), shares.dropout, self.training)
        normed: Tensor = self.final_norm(tokens * self.residual_scale + outer)
        return normed


class Attention(nn.Module):
    """Multi-head attention whose position bias is gated by each query.

    Args:
        config: the network's shape
    """

    def __init__(self, config: BeatsConfig) -> None:
        super().__init__()
        width, self.n_heads = config.encoder_embed_dim, config.encoder_attention_heads
        self.dropout = config.attention_dropout
        self.q_proj = nn.Linear(width, width)
        self.k_proj = nn.Linear(width, width)
        self.v_proj = nn.Linear(width, width)
        self.out_proj = nn.Linear(width, width)
        self.grep_linear = nn.Linear(width // self.n_heads, 8)
        self.grep_a = nn.Parameter(torch.ones(1, self.n_heads, 1, 1))

    def forward(self, tokens: Tensor, bias: Tensor) -> Tensor:
        """Compute the attention.

        Args:
            tokens: [batch, token, channel]
            bias: [head, token, token]

        Returns:
            [batch, token, channel]
        """
        query, key, value = (
            project(tokens).reshape(*tokens.shape[:2], self.n_heads, -1).transpose(1, 2)
            for project in (self.q_proj, self.k_proj, self.v_proj)
        )
        dropout = self.dropout if self.training else 0.0
        mask = self._gate(query) * bias
        attended = F.scaled_dot_product_attention(query, key, value, mask, dropout)
        mixed: Tensor = self.out_proj(attended.transpose(1, 2).flatten(2))
        return mixed

    def _gate(self, query: Tensor) -> Tensor:
        # How much the bias counts for each query, [batch, head, token, 1].
        linear = self.grep_linear(query)
        opened = torch.sigmoid(linear.reshape(*linear.shape[:3], 2, 4).sum(dim=4))
        first, second = opened.chunk(2, dim=3)
        gate: Tensor = first * (second * self.grep_a - 1.0) + 2.0
        return gate


def unfolded(tokens: Tensor, rows: int) -> Tensor:
    """Put time-major tokens on the axes of maps.

    Args:
        tokens: [batch, token, channel]
        rows: patches in frequency

    Returns:
        [batch, channel, freq, time]
    """
    n_clips, _, n_channels = tokens.shape
    return tokens.reshape(n_clips, -1, rows, n_channels).permute(0, 3, 2, 1)


def folded(maps: Tensor) -> Tensor:
    """Put maps in a row of time-major tokens.

    Args:
        maps: [batch, channel, freq, time]

    Returns:
        [batch, token, channel]
    """
    return maps.permute(0, 3, 2, 1).flatten(1, 2)
