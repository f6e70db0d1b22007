"""What is known of a published file of weights, and how it becomes the tensors a network needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.progress import Progress

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class WeightsFile:
    """One published checkpoint.

    `size_bytes` and `sha256` are the checkpoint's own, as published. `obtain(folder, progress)`
    downloads into a folder of its own and gives what it downloaded; `unpack(file, folder)` gives
    the checkpoint in what was downloaded or what the user brought; `convert(checkpoint)` reads
    the tensors that are needed, and is only called on a file whose sha256 is right.
    """

    name: str
    title: str
    licence: str
    citation: str
    published: str
    size_bytes: int
    sha256: str
    bring: str
    obtain: Callable[[Path, Progress], Path]
    unpack: Callable[[Path, Path], Path]
    convert: Callable[[Path], dict[str, Tensor]]
