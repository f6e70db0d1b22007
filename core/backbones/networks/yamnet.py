"""YAMNet: MobileNet v1 on a log-mel spectrogram, and its 521 AudioSet classes.

Howard et al., "MobileNets" (2017), table 1, as Plakal and Ellis trained it on AudioSet; the
padding is TensorFlow's, which at an even size adds its one row after the last.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# Stride and channels of the 14 layers; the first is a plain convolution.
LAYERS = (
    *((2, 32), (1, 64), (2, 128), (1, 128), (2, 256), (1, 256), (2, 512)),
    *((1, 512), (1, 512), (1, 512), (1, 512), (1, 512), (2, 1024), (1, 1024)),
)
N_CLASSES = 521
NORM_EPSILON = 1e-4
PATCH_FRAMES, PATCH_HOP = 96, 48
PATCHES_AT_ONCE = 64


class Normalised(nn.Module):
    """A convolution without bias, batch normalisation without a factor, ReLU.

    Args:
        n_in: channels of the input
        n_out: channels of the output
        kernel: rows and columns of the kernel
        stride: of the convolution
        groups: as many as channels for one kernel a channel
    """

    def __init__(self, n_in: int, n_out: int, kernel: int, stride: int, groups: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(n_in, n_out, kernel, stride, groups=groups)
        self.kernel, self.stride = kernel, stride

    def forward(self, x: Tensor) -> Tensor:
        """Compute the layer.

        Args:
            x: [batch, n_in, time, freq]

        Returns:
            [batch, n_out, time / stride, freq / stride]
        """
        if self.kernel > 1:
            sides = [_padding(n, self.kernel, self.stride) for n in x.shape[:1:-1]]
            x = F.pad(x, [n for side in sides for n in side])
        return F.relu_(self.conv(x))


class Yamnet(nn.Module):
    """YAMNet with its normalisations folded into the convolutions, for evaluation only."""

    default_layers = ("layer4", "layer6", "layer12")
    window_frames = None

    def __init__(self) -> None:
        super().__init__()
        n_in = 1
        for i, (stride, n_out) in enumerate(LAYERS, start=1):
            if i == 1:
                layer: nn.Module = Normalised(n_in, n_out, 3, stride)
            else:
                layer = nn.Sequential(
                    Normalised(n_in, n_in, 3, stride, groups=n_in), Normalised(n_in, n_out, 1, 1)
                )
            self.add_module(f"layer{i}", layer)
            n_in = n_out
        self.classes = nn.Linear(n_in, N_CLASSES)

    @property
    def strides(self) -> dict[str, int]:
        """Rows (and columns) of the log-mel that one cell of each layer's map covers."""
        found, total = {}, 1
        for i, (stride, _) in enumerate(LAYERS, start=1):
            total *= stride
            found[f"layer{i}"] = total
        return found

    @property
    def reach_frames(self) -> int:
        """Frames to either side beyond which a cell of the last layer sees nothing."""
        reach, total = 0, 1
        for stride, _ in LAYERS:
            reach += stride * total
            total *= stride
        return reach

    def forward(self, log_mel: Tensor, layers: tuple[str, ...]) -> dict[str, Tensor]:
        """Compute the maps of some layers; layers after the last one named are not computed.

        Args:
            log_mel: [batch, freq, time]
            layers: "layer1" and so on

        Returns:
            Each layer's map, [batch, channel, freq, time].
        """
        # Channels last takes three quarters of the time of channels first on the CPU.
        x = log_mel.transpose(1, 2).unsqueeze(1).contiguous(memory_format=torch.channels_last)
        maps: dict[str, Tensor] = {}
        for i in range(1, len(LAYERS) + 1):
            x = self.get_submodule(f"layer{i}")(x)
            if f"layer{i}" in layers:
                maps[f"layer{i}"] = x.transpose(2, 3)
            if len(maps) == len(layers):
                break
        return maps

    def class_log_odds(self, patches: Tensor) -> Tensor:
        """Compute the log-odds of each class; their sigmoid is YAMNet's score.

        Args:
            patches: [patch, freq, time], as `cut_patches` gives them

        Returns:
            [patch, class].
        """
        last = f"layer{len(LAYERS)}"
        few = torch.split(patches, PATCHES_AT_ONCE)
        made = [self(some, (last,))[last].mean(dim=(2, 3)) for some in few]
        log_odds: Tensor = self.classes(torch.cat(made))
        return log_odds


def cut_patches(log_mel: Tensor, hop_frames: int = PATCH_HOP) -> Tensor:
    """Cut the patches of 0.96 s in which YAMNet hears classes.

    Args:
        log_mel: [freq, time], `core.spectral.yamnet_mel.log_mel`; shorter than a patch, it is
            filled up with its last frame
        hop_frames: frames from patch to patch; YAMNet's own overlap by half

    Returns:
        [patch, freq, time], a view.
    """
    missing = max(0, PATCH_FRAMES - log_mel.shape[1])
    filled = F.pad(log_mel[None], (0, missing), mode="replicate")[0]
    return filled.unfold(1, PATCH_FRAMES, hop_frames).movedim(1, 0)


def folded(kernel: Tensor, beta: Tensor, mean: Tensor, variance: Tensor) -> tuple[Tensor, Tensor]:
    """Fold a normalisation into the convolution before it.

    Args:
        kernel: [out, in, row, column]
        beta: [out], what is added
        mean: [out], of the training data
        variance: [out], likewise

    Returns:
        The convolution's kernel and bias.
    """
    factor = (variance + NORM_EPSILON).rsqrt()
    return kernel * factor[:, None, None, None], beta - mean * factor


def _padding(n: int, kernel: int, stride: int) -> tuple[int, int]:
    total = max(0, (-(-n // stride) - 1) * stride + kernel - n)
    return total // 2, total - total // 2
