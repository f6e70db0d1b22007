"""One fully convolutional CNN serves aiSFX, CLAP and PANNs: blocks of two 3x3 convolutions.

CNN14 of Kong et al., "PANNs" (2020), table 2; aiSFX of Ma and Lerch (ISMIR 2022) has its first
four blocks with maximum pooling and none after the last.
"""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from core.backbones.networks.winograd import WinogradConv

# What a block makes of a few clips at a time on the CPU: it stays in the cache and in memory the
# process has already, where whole batches would be given fresh pages every time.
CPU_BYTES_AT_ONCE = 8_000_000


class ConvBlock(nn.Module):
    """Two times 3x3 convolution, batch normalisation, ReLU; the size stays the same.

    Args:
        n_in: channels of the input
        n_out: channels of the output
    """

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.conv1: nn.Module = nn.Conv2d(n_in, n_out, 3, padding=1, bias=False)
        self.conv2: nn.Module = nn.Conv2d(n_out, n_out, 3, padding=1, bias=False)
        self.bn1: nn.Module = nn.BatchNorm2d(n_out)
        self.bn2: nn.Module = nn.BatchNorm2d(n_out)

    def forward(self, x: Tensor) -> Tensor:
        """Compute the block.

        Args:
            x: [batch, n_in, time, freq]

        Returns:
            [batch, n_out, time, freq]
        """
        x = F.relu_(self.bn1(self.conv1(x)))
        return F.relu_(self.bn2(self.conv2(x)))

    def make_ready(self) -> None:
        """Fold each normalisation into the convolution before it; for evaluation only."""
        for conv, norm in (("conv1", "bn1"), ("conv2", "bn2")):
            fused = fuse_conv_bn_eval(getattr(self, conv), getattr(self, norm))
            fused = fused.to(memory_format=torch.channels_last)
            setattr(self, conv, WinogradConv(fused) if WinogradConv.pays(fused) else fused)
            setattr(self, norm, nn.Identity())


class Cnn14(nn.Module):
    """The convolutional part of CNN14, as deep as asked for.

    Args:
        channels: channels of each block; CNN14 has 64, 128, 256, 512, 1024, 2048
        pooling: "average" (CLAP, PANNs) or "max" (aiSFX), 2x2 after a block
        last_pooled: whether the last block is pooled too (CLAP, PANNs; not aiSFX)
        n_normalised_mels: mel bands of the batch normalisation of the input, 0 for none (aiSFX)
    """

    default_layers = ("conv_block2", "conv_block3", "conv_block4")
    window_frames = None

    def __init__(
        self,
        channels: tuple[int, ...],
        pooling: Literal["average", "max"],
        last_pooled: bool,
        n_normalised_mels: int = 0,
    ) -> None:
        super().__init__()
        self.channels = channels
        self.pooling: Literal["average", "max"] = pooling
        self.pooled = [True] * (len(channels) - 1) + [last_pooled]
        self.bn0 = nn.BatchNorm2d(n_normalised_mels) if n_normalised_mels else None
        for i, (n_in, n_out) in enumerate(zip((1, *channels), channels, strict=False), start=1):
            self.add_module(f"conv_block{i}", ConvBlock(n_in, n_out))

    def untrained(self, width: float = 1.0) -> Cnn14:
        """Make a network of the same shape with new random weights.

        Args:
            width: the factor of each block's number of channels

        Returns:
            The network, in training mode.
        """
        channels = tuple(max(1, round(n * width)) for n in self.channels)
        n_mels = 0 if self.bn0 is None else self.bn0.num_features
        return Cnn14(channels, self.pooling, self.pooled[-1], n_mels)

    @property
    def strides(self) -> dict[str, int]:
        """Rows (and columns) of the log-mel that one cell of each block's map covers."""
        strides, stride = {}, 1
        for i, pooled in enumerate(self.pooled, start=1):
            stride *= 2 if pooled else 1
            strides[f"conv_block{i}"] = stride
        return strides

    @property
    def reach_frames(self) -> int:
        """Frames to either side beyond which a cell of the last map sees nothing."""
        reach, stride = 0, 1
        for pooled in self.pooled:
            reach += 2 * stride
            if pooled:
                reach += stride
                stride *= 2
        return reach

    def forward(self, log_mel: Tensor, layers: tuple[str, ...]) -> dict[str, Tensor]:
        """Compute the maps of some blocks; blocks after the last one named are not computed.

        Args:
            log_mel: [batch, freq, time]
            layers: "conv_block1" and so on

        Returns:
            Each block's map, [batch, channel, freq, time].
        """
        x = log_mel.transpose(1, 2).unsqueeze(1)
        if self.bn0 is not None:
            x = self.bn0(x.transpose(1, 3)).transpose(1, 3)
        x = x.contiguous(memory_format=torch.channels_last)
        maps: dict[str, Tensor] = {}
        for i, pooled in enumerate(self.pooled, start=1):
            name = f"conv_block{i}"
            made = [self._block(name, pooled, few) for few in self._parts(i, x)]
            x = torch.cat(made) if len(made) > 1 else made[0]
            if name in layers:
                maps[name] = x.transpose(2, 3)
            if len(maps) == len(layers):
                break
        return maps

    def ready(self) -> Cnn14:
        """Prepare the network for evaluation: normalisation folded in, gradients off.

        This makes it faster on the CPU.

        Returns:
            The network itself.
        """
        self.eval().requires_grad_(False)
        for block in self.children():
            if isinstance(block, ConvBlock):
                block.make_ready()
        return self

    def _block(self, name: str, pooled: bool, x: Tensor) -> Tensor:
        x = self.get_submodule(name)(x)
        if not pooled:
            return x
        return F.max_pool2d(x, 2) if self.pooling == "max" else F.avg_pool2d(x, 2)

    def _parts(self, i: int, x: Tensor) -> tuple[Tensor, ...]:
        # The clips of a batch that block i takes at a time; all where it learns or on a GPU.
        if self.training or x.device.type != "cpu":
            return (x,)
        bytes_a_clip = 4 * self.channels[i - 1] * x.shape[2] * x.shape[3]
        return torch.split(x, max(1, CPU_BYTES_AT_ONCE // bytes_a_clip))


def four_blocks(backbone: str) -> Cnn14:
    """Make the untrained network of a backbone of the family: CNN14's first four blocks.

    Args:
        backbone: "aisfx", or any of MS-CLAP's and PANNs'

    Returns:
        The network.
    """
    channels = (64, 128, 256, 512)
    if backbone == "aisfx":
        return Cnn14(channels, pooling="max", last_pooled=False)
    return Cnn14(channels, pooling="average", last_pooled=True, n_normalised_mels=64)
