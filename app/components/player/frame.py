"""The arrays behind a payload's header."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class Frame:
    """Arrays laid one after the other, each at a multiple of 8 bytes."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.size = 0

    def add(self, array: NDArray[np.generic]) -> dict[str, int]:
        """Appends an array and gives its place."""
        data = np.ascontiguousarray(array).tobytes()
        place = {"offset": self.size, "length": len(data)}
        self.parts += [data, bytes(-len(data) % 8)]
        self.size += len(data) + -len(data) % 8
        return place
