"""A uniform random sample, without replacement, of rows that stream by; memory stays bounded."""

from __future__ import annotations

import torch
from torch import Tensor


class Reservoir:
    """Keeps `size` of all rows it is shown, each equally likely; at most 2 * size are in memory.

    Each row draws a random key, and the rows with the smallest keys stay.

    Args:
        size: how many rows stay.
        seed: of the keys.
    """

    def __init__(self, size: int, seed: int) -> None:
        self.size = size
        self._generator = torch.Generator().manual_seed(seed)
        self._rows: list[Tensor] = []
        self._keys: list[Tensor] = []
        self._worst_key = 1.0

    def add(self, rows: Tensor) -> None:
        """Show rows.

        Args:
            rows: [n, channel].
        """
        keys = torch.rand(len(rows), generator=self._generator, dtype=torch.float64)
        chosen = keys < self._worst_key
        self._rows.append(rows[chosen.to(rows.device)])
        self._keys.append(keys[chosen])
        if sum(map(len, self._keys)) > 2 * self.size:
            self._prune()

    def rows(self) -> Tensor:
        """Give the sample, in random order.

        Returns:
            [at most size, channel].
        """
        self._prune()
        return self._rows[0]

    def _prune(self) -> None:
        rows, keys = torch.cat(self._rows), torch.cat(self._keys)
        order = keys.argsort()[: self.size]
        self._rows, self._keys = [rows[order.to(rows.device)]], [keys[order]]
        if len(order) == self.size:
            self._worst_key = float(keys[order[-1]])
