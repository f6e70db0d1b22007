"""A recording too long to be held: its samples come once, block by block."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np

from core.types import Float32Array


class SoundStream:
    """One channel of sound, like a `Clip` whose samples pass by.

    What is known of the whole of it is known at the end.

    Args:
        blocks: of samples, [n] float32 each, finite and within -1..1
        sample_rate: in Hz
        name: for people
        expected_seconds: about how long it is, for the progress

    Attributes:
        n_samples: samples that have passed
    """

    def __init__(
        self, blocks: Iterator[Float32Array], sample_rate: int, name: str, expected_seconds: float
    ) -> None:
        self.sample_rate = sample_rate
        self.name = name
        self.expected_seconds = expected_seconds
        self.n_samples = 0
        self._blocks = blocks
        self._digest = hashlib.sha256(f"{sample_rate}:".encode())

    def __iter__(self) -> Iterator[Float32Array]:
        """Pass the samples on; a second time there are none.

        Yields:
            Blocks of samples, [n].
        """
        for block in self._blocks:
            self.n_samples += block.size
            self._digest.update(np.ascontiguousarray(block, dtype="<f4").data)
            yield block

    @property
    def duration_seconds(self) -> float:
        """The length of what has passed."""
        return self.n_samples / self.sample_rate

    @property
    def sha256(self) -> str:
        """The hash of what has passed; at the end a clip's of the same samples."""
        return self._digest.hexdigest()
