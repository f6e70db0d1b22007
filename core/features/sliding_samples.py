"""The samples of a sound that a network needs at the moment, out of blocks that pass once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from core.types import Float32Array


class SlidingSamples:
    """A stretch of a sound that is made longer at its end and shorter at its beginning.

    Args:
        blocks: of samples, [n] each

    Attributes:
        samples: [n], the stretch
        first: where it begins in the sound
        ended: whether it reaches the sound's end
    """

    def __init__(self, blocks: Iterable[Float32Array]) -> None:
        self._blocks: Iterator[Float32Array] = iter(blocks)
        self.samples: Float32Array = np.zeros(0, np.float32)
        self.first = 0
        self.ended = False

    @property
    def stop(self) -> int:
        """The sample of the sound after its last."""
        return self.first + self.samples.size

    def reach(self, stop: int) -> None:
        """Take blocks until the stretch reaches a sample of the sound, or the sound ends.

        Args:
            stop: the sample after the last that is needed
        """
        parts, n_have = [self.samples], self.stop
        while n_have < stop and not self.ended:
            block = next(self._blocks, None)
            if block is None:
                self.ended = True
            else:
                parts.append(block)
                n_have += block.size
        if len(parts) > 1:
            parts = [part for part in parts if part.size]
            # A clip's only block stays the clip's own samples.
            self.samples = parts[0] if len(parts) == 1 else np.concatenate(parts)

    def drop(self, first: int) -> None:
        """Let go of the samples before one.

        Args:
            first: a sample of the sound, which becomes the stretch's first
        """
        n_dropped = max(0, first - self.first)
        self.samples = self.samples[n_dropped:]
        self.first += n_dropped
