"""A backbone is a frozen network with its own front end and named layers of feature maps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, Protocol, get_args

import torch
from torch import Tensor

from core.backbones.networks.cnn14 import Cnn14
from core.errors import SettingError
from core.spectral.spectrogram import SpectrogramSettings, log_mel_frames

Precision = Literal["float32", "bfloat16"]


class FrontEnd(Protocol):
    """What turns samples into frames of a log-mel spectrogram.

    The frames equal those columns of the whole spectrogram, which has `settings.n_frames(n)`
    columns; `core.spectral.spectrogram.mel_power` turns their values back into mel power.
    """

    def __call__(self, samples: Tensor, start: int, stop: int) -> Tensor:
        """Compute some frames.

        Args:
            samples: [..., n]
            start: the first frame
            stop: the frame after the last

        Returns:
            The frames, [..., freq, time].
        """


class Network(Protocol):
    """What turns log-mel spectrograms into named feature maps.

    Each map's cell covers `stride` rows and columns of the input; the input's columns are a
    multiple of every stride.
    """

    def __call__(self, log_mel: Tensor, layers: tuple[str, ...]) -> dict[str, Tensor]:
        """Compute the maps of some layers.

        Args:
            log_mel: [batch, freq, time]
            layers: the layers' names

        Returns:
            Each layer's map, [batch, channel, freq, time].
        """


@dataclass(frozen=True, eq=False)
class Backbone:
    """A frozen network, the spectrogram it was trained on, and the layers heads may ask for.

    Attributes:
        name: its name in `core.backbones.BACKBONES`
        settings: the spectrogram's settings
        default_layers: what heads use unless told otherwise, the finest first
        strides: the log-mel rows and columns under one cell of each layer, fine layers first
        reach_frames: how far, in frames, a cell of the last layer sees to either side
        weights_sha256: what tells one set of weights from another
        licence: that of the weights
        network: the network
        device: where the network is
        front_end: makes the log-mel where `settings` alone do not (the file brings its own
            filters, say)
        window_frames: for a network that does not take sound of any length: it is given windows
            of so many frames, a multiple of every stride, each by itself, and `reach_frames`
            does not count
        precision: that of the network's arithmetic; "bfloat16" is mixed: sums and normalisations
            stay in 32 bits
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
        """Give the same network another precision.

        Args:
            precision: "float32" or "bfloat16"

        Returns:
            A backbone that shares this one's weights.

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
        """Check layers' names.

        Args:
            layers: the names, in any order

        Returns:
            The names in the network's order.

        Raises:
            SettingError: none is named, or one that this backbone has not.
        """
        unknown = [layer for layer in layers if layer not in self.strides]
        if unknown or not layers:
            wrong = f"has no layer “{unknown[0]}”" if unknown else "needs at least one layer"
            raise SettingError(f"Backbone {self.name} {wrong}; it has {', '.join(self.strides)}.")
        return tuple(layer for layer in self.strides if layer in layers)

    def choose_layers(self, layers: tuple[str, ...]) -> tuple[str, ...]:
        """Choose the layers that a setting asks for.

        Args:
            layers: their names; none for the default ones, "finest" for the finest of these

        Returns:
            The names in the network's order.

        Raises:
            SettingError: one is unknown.
        """
        if layers == ("finest",):
            return self.default_layers[:1]
        return self.check_layers(layers or self.default_layers)

    def stride(self, layers: tuple[str, ...]) -> int:
        """Look up the coarsest stride of some layers.

        Args:
            layers: their names

        Returns:
            Columns; a log-mel that is fed in is a multiple of it long.
        """
        return max(self.strides[layer] for layer in layers)

    @torch.inference_mode()
    def log_mel(self, samples: Tensor, start: int, stop: int) -> Tensor:
        """Compute some frames of the log-mel spectrogram.

        Args:
            samples: [..., n]
            start: the first frame
            stop: the frame after the last

        Returns:
            The frames, [..., freq, time].
        """
        samples = samples.to(self.device)
        if self.front_end is not None:
            return self.front_end(samples, start, stop)
        return log_mel_frames(samples, start, stop, self.settings)

    @torch.inference_mode()
    def maps(self, log_mel: Tensor, layers: tuple[str, ...]) -> dict[str, Tensor]:
        """Compute the maps of some layers.

        Args:
            log_mel: [batch, freq, time]
            layers: the layers' names

        Returns:
            Each layer's map, [batch, channel, freq, time].
        """
        mixed = self.precision == "bfloat16"
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=mixed):
            return self.network(log_mel.to(self.device), layers)

    def student(self, width: float = 1.0) -> Cnn14:
        """Make an untrained network of this one's shape.

        Args:
            width: the factor of its number of channels

        Returns:
            The network, with new random weights.

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
    """Choose the device of a name.

    Args:
        device: "cpu" or "cuda"; "auto" is the GPU where there is one

    Returns:
        The device.

    Raises:
        SettingError: there is no such device here.
    """
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        chosen = torch.device(device)
    except RuntimeError:
        raise SettingError(f"“{device}” is no device; use auto, cpu or cuda.") from None
    if chosen.type == "cuda" and not torch.cuda.is_available():
        raise SettingError("No CUDA GPU is available here; use --device cpu or auto.")
    if chosen.type not in ("cpu", "cuda"):
        raise SettingError(f"“{device}” is not supported; use auto, cpu or cuda.")
    if chosen.type == "cuda":
        # PyTorch lets cuDNN round 32-bit floats to 10 bits (TF32): on an H200 PaDiM's distances
        # were then up to 1.1 % from the processor's. Reduced precision is asked for by name.
        torch.backends.cudnn.allow_tf32 = False
    return chosen
