"""What is known of a published file of weights, and how it becomes the tensors a network needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.runtime.progress import Progress

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class PublishedFile:
    """One published checkpoint.

    Attributes:
        name: the weights' name here
        title: a short name, a colon, and what it is
        licence: that of the weights
        citation: the paper
        published: where the file is published
        size_bytes: the checkpoint's size, as published
        sha256: its hash as published; None where nobody says it, never guessed: then what is found
            is saved beside the weights
        bring: what to bring to a machine without a network, and from where
        convert: reads a checkpoint's tensors that are needed, and raises `WeightsError` where they
            are not there in their shape
        unpack: finds the checkpoint in what was downloaded or brought, given a folder to work in;
            None where the file is the checkpoint
        obtain: downloads into a folder of its own and returns the file, where `urls` cannot
        urls: where to download it, tried in turn
        md5: another hash as published
        hash_source: who says size and hashes
        browser_page: the page to open in a browser, where no program can download the file
        must_accept: whether the licence binds who uses the weights, so that it must be accepted
        licence_url: where the licence can be read
        needs: what else the network needs
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
    unpack: Callable[[Path, Path], Path] | None = None
    obtain: Callable[[Path, Progress], Path] | None = None
    urls: tuple[str, ...] = ()
    md5: str | None = None
    hash_source: str = ""
    browser_page: str = ""
    must_accept: bool = False
    licence_url: str = ""
    needs: str = ""

    @property
    def short_title(self) -> str:
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
