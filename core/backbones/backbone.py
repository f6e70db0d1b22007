"""A backbone is a frozen network with its own front end and named layers of feature maps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, Protocol, get_args

import torch
from torch import Tensor

from core.backbones.cnn14 import Cnn14
from core.errors import SettingError
from core.spectral.spectrogram import SpectrogramSettings, log_mel_frames

Precision = Literal["float32", "bfloat16"]


class FrontEnd(Protocol):
    """Frames start..stop of the log-mel spectrogram of samples [..., n]: [..., freq, time].

    They equal those columns of the whole spectrogram, which has `settings.n_frames(n)` columns;
    `core.spectral.spectrogram.mel_power` turns their values back into mel power.
    """

    def __call__(self, samples: Tensor, start: int, stop: int) -> Tensor:
        """The frames."""


class Network(Protocol):
    """Turns log-mel spectrograms [batch, freq, time] into named maps [batch, channel, freq, time].

    Each map's cell covers `stride` rows and columns of the input; the input's columns are a
    multiple of every stride.
    """

    def __call__(self, log_mel: Tensor, layers: tuple[str, ...]) -> dict[str, Tensor]:
        """The maps of the named layers."""


@dataclass(frozen=True, eq=False)
class Backbone:
    """A frozen network, the spectrogram it was trained on, and the layers heads may ask for.

    `strides` gives the log-mel rows and columns under one cell of each layer, fine layers first;
    `reach_frames` is how far, in frames, a cell of the last layer sees to either side;
    `weights_sha256` tells one set of weights from another. `front_end` makes the log-mel where
    `settings` alone do not (the file brings its own filters, say). `window_frames` is for a
    network that takes no sound of any length: it hears windows of so many frames, a multiple of
    every stride, each by itself, and `reach_frames` does not count. `precision` is that of the
    network's arithmetic; "bfloat16" is mixed: sums and normalisations stay in 32 bits.
    """

    name: str
    settings: SpectrogramSettings
    default_layers: tuple[str, ...]
    strides: dict[str, int]
    reach_frames: int
    weights_sha256: str
    licence: str
    network: Network
    device: torch.device
    front_end: FrontEnd | None = None
    window_frames: int | None = None
    precision: Precision = "float32"

    def at(self, precision: str) -> Backbone:
        """The same network at that precision.

        Raises:
            SettingError: there is no such precision.
        """
        for known in get_args(Precision):
            if precision == known:
                return replace(self, precision=known)
        raise SettingError(
            f"“{precision}” is no precision; there are {' and '.join(get_args(Precision))}."
        )

    def check_layers(self, layers: tuple[str, ...]) -> tuple[str, ...]:
        """The layers in the network's order.

        Raises:
            SettingError: none is named, or one that this backbone has not.
        """
        unknown = [layer for layer in layers if layer not in self.strides]
        if unknown or not layers:
            wrong = f"has no layer “{unknown[0]}”" if unknown else "needs at least one layer"
            raise SettingError(f"Backbone {self.name} {wrong}; it has {', '.join(self.strides)}.")
        return tuple(layer for layer in self.strides if layer in layers)

    def choose_layers(self, layers: tuple[str, ...]) -> tuple[str, ...]:
        """The layers of that name; the usual ones for none, the finest usual one for "finest".

        Raises:
            SettingError: one is unknown.
        """
        if layers == ("finest",):
            return self.default_layers[:1]
        return self.check_layers(layers or self.default_layers)

    def stride(self, layers: tuple[str, ...]) -> int:
        """The coarsest stride of the layers: log-mels fed in are a multiple of it long."""
        return max(self.strides[layer] for layer in layers)

    @torch.inference_mode()
    def log_mel(self, samples: Tensor, start: int, stop: int) -> Tensor:
        """Frames start..stop of the log-mel, [..., freq, time], of samples [..., n]."""
        samples = samples.to(self.device)
        if self.front_end is not None:
            return self.front_end(samples, start, stop)
        return log_mel_frames(samples, start, stop, self.settings)

    @torch.inference_mode()
    def maps(self, log_mel: Tensor, layers: tuple[str, ...]) -> dict[str, Tensor]:
        """The layers' maps, each [batch, channel, freq, time], of log-mels [batch, freq, time]."""
        mixed = self.precision == "bfloat16"
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=mixed):
            return self.network(log_mel.to(self.device), layers)

    def student(self, width: float = 1.0) -> Cnn14:
        """A fresh network of this one's shape, untrained, its channels times `width`.

        Raises:
            SettingError: this backbone's network is not convolutional.
        """
        if not isinstance(self.network, Cnn14):
            raise SettingError(
                f"Backbone {self.name} is no convolutional network, so no student can be shaped "
                "after it; choose another head or another backbone."
            )
        return self.network.untrained(width)


BackboneMaker = Callable[[torch.device], Backbone]


def choose_device(device: str) -> torch.device:
    """The device of that name; "auto" is the GPU when there is one.

    Raises:
        SettingError: no such device here.
    """
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
    except RuntimeError:
        raise SettingError(f"“{device}” is no device; use auto, cpu or cuda.") from None
    if chosen.type == "cuda" and not torch.cuda.is_available():
        raise SettingError("No CUDA GPU is available here; use --device cpu or auto.")
    if chosen.type not in ("cpu", "cuda"):
        raise SettingError(f"“{device}” is not supported; use auto, cpu or cuda.")
    return chosen
