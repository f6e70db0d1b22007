"""Exact nearest neighbours in a bank: FAISS on the CPU, chunked matrix products on the GPU."""

from __future__ import annotations

import faiss
import torch
from torch import Tensor

CHUNK_ROWS = 4096


class NearestNeighbours:
    """Searches a bank [n, channel] for the rows nearest in Euclidean distance.

    The search works on rows less the bank's mean, and the distances of what it finds are measured
    again directly: squared distances from norms and products lose the small ones in float32.
    """

    def __init__(self, bank: Tensor) -> None:
        self.bank = bank
        self._mean = bank.mean(dim=0)
        self._centred = bank - self._mean
        self._index: faiss.IndexFlatL2 | None = None
        if bank.device.type == "cpu":
            self._index = faiss.IndexFlatL2(bank.shape[1])
            self._index.add(self._centred.numpy())

    def search(self, rows: Tensor, k: int) -> tuple[Tensor, Tensor]:
        """Distances and indices, each [n, k], of the k bank rows nearest to rows [n, channel]."""
        k = min(k, len(self.bank))
        centred = rows - self._mean
        indices = torch.cat([self._search(chunk, k) for chunk in torch.split(centred, CHUNK_ROWS)])
        distances = torch.stack(
            [(centred - self._centred[indices[:, i]]).norm(dim=1) for i in range(k)], dim=1
        )
        distances, order = distances.sort(dim=1, stable=True)
        return distances, indices.gather(1, order)

    def spacing(self, k: int) -> Tensor:
        """The mean distance [n] of each bank row to its own k nearest others; never zero.

        A row whose neighbours equal it, or that is alone, is given the bank's typical spacing.
        """
        distances, _ = self.search(self.bank, k + 1)
        if distances.shape[1] == 1:
            return torch.ones_like(distances[:, 0])
        mean = distances[:, 1:].mean(dim=1)
        typical = mean.median()
        floor = 1e-3 * (typical if typical > 0 else torch.ones_like(typical))
        return torch.where(mean > floor, mean, typical.clamp(min=float(floor)))

    def _search(self, rows: Tensor, k: int) -> Tensor:
        if self._index is not None:
            _, found = self._index.search(rows.contiguous().numpy(), k)
            return torch.from_numpy(found)
        squared = self._centred.square().sum(dim=1) - 2.0 * rows @ self._centred.T
        return squared.topk(k, dim=1, largest=False).indices
