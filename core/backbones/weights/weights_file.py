"""What is known of a published file of weights, and how it becomes the tensors a network needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.runtime.progress import Progress

if TYPE_CHECKING:
    from torch import Tensor


def itself(file: Path, folder: Path) -> Path:
    """The checkpoint in a file that is the checkpoint."""
    return file


@dataclass(frozen=True)
class WeightsFile:
    """One published checkpoint.

    `title` is a short name, a colon, and what it is. `size_bytes`, `sha256` and `md5` are the
    checkpoint's own, as published or as told by others who have it (`told` says who); a hash
    nobody told is None, never guessed, and then what is found is kept beside the weights. `urls`
    are tried in turn; where there are none, `obtain(folder, progress)` downloads into a folder of
    its own and gives what it downloaded.
    `unpack(file, folder)` gives the checkpoint in what was downloaded or what the user brought;
    `convert(checkpoint)` reads the tensors that are needed and raises `WeightsError` where they
    are not there in their shape. `by_hand` says that only a person can download it;
    `must_accept` is for a licence that binds who uses the weights.
    """

    name: str
    title: str
    licence: str
    citation: str
    published: str
    size_bytes: int
    sha256: str | None
    bring: str
    convert: Callable[[Path], dict[str, Tensor]]
    unpack: Callable[[Path, Path], Path] = itself
    obtain: Callable[[Path, Progress], Path] | None = None
    urls: tuple[str, ...] = ()
    md5: str | None = None
    told: str = ""
    by_hand: bool = False
    must_accept: bool = False
    licence_url: str = ""
    needs: str = ""

    @property
    def label(self) -> str:
        """The short name that people read."""
        return self.title.partition(":")[0]

    @property
    def summary(self) -> str:
        """What it is, as a sentence begins."""
        said = self.title.partition(":")[2].strip()
        return said[:1].upper() + said[1:]

    @property
    def size_is_exact(self) -> bool:
        """Whether the size is known to the byte, not rounded."""
        return self.size_bytes % 1_000_000 != 0
