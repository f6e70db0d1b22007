"""Exact nearest neighbours in a bank: matrix products, and FAISS for several on the CPU."""

from __future__ import annotations

from functools import cached_property

import faiss
import torch
from torch import Tensor

CHUNK_ROWS = 4096


class NearestNeighbours:
    """Searches a bank for the rows nearest in Euclidean distance.

    The search works on rows less the bank's mean, and the distances of what it finds are measured
    again directly: squared distances from norms and products lose the small ones in float32.

    Args:
        bank: [n, channel].
    """

    def __init__(self, bank: Tensor) -> None:
        self.bank = bank
        self._mean = bank.mean(dim=0)
        self._centred = bank - self._mean
        self._squared_norms = self._centred.square().sum(dim=1)

    def search(self, rows: Tensor, k: int) -> tuple[Tensor, Tensor]:
        """Find the k bank rows nearest to each row.

        Args:
            rows: [n, channel].
            k: how many; all of a smaller bank.

        Returns:
            Distances and indices, each [n, k].
        """
        k = min(k, len(self.bank))
        centred = rows - self._mean
        indices = torch.cat([self._search(chunk, k) for chunk in torch.split(centred, CHUNK_ROWS)])
        found = (self._centred.index_select(0, indices[:, i]) for i in range(k))
        distances = torch.stack([(centred - row).norm(dim=1) for row in found], dim=1)
        distances, order = distances.sort(dim=1, stable=True)
        return distances, indices.gather(1, order)

    def spacing(self, k: int) -> Tensor:
        """Measure the mean distance of each bank row to its own k nearest others; never zero.

        A row whose neighbours equal it, or that is alone, is given the bank's typical spacing.

        Args:
            k: how many others.

        Returns:
            [n].
        """
        distances, _ = self.search(self.bank, k + 1)
        if distances.shape[1] == 1:
            return torch.ones_like(distances[:, 0])
        mean = distances[:, 1:].mean(dim=1)
        typical = mean.median()
        floor = 1e-3 * (typical if typical > 0 else torch.ones_like(typical))
        return torch.where(mean > floor, mean, typical.clamp(min=float(floor)))

    @cached_property
    def _index(self) -> faiss.IndexFlatL2:
        index = faiss.IndexFlatL2(self.bank.shape[1])
        index.add(self._centred.numpy())
        return index

    def _search(self, rows: Tensor, k: int) -> Tensor:
        # For the nearest one, which is what scoring asks, a product and its rows' minima are a
        # third faster than FAISS, whose threads are others than the network's and get in its way.
        # For more FAISS stays: a step of CFA's training, the 6 nearest of 324 or 1,296 centroids
        # for 5,184 patches of 224 channels, takes 12 or 21 ms with it on two quiet cores. A product
        # and PyTorch's topk take 1.1 or 1.0 times that there, and 0.7 to 2.4 times on busy cores. A
        # bank of 20,000, which no head has by default, would be twice as fast with the product.
        if k > 1 and rows.device.type == "cpu":
            _, found = self._index.search(rows.contiguous().numpy(), k)
            return torch.from_numpy(found)
        squared = torch.addmm(self._squared_norms, rows, self._centred.T, alpha=-2.0)
        if k == 1 and rows.device.type == "cpu":
            # NumPy's argmin uses the vector units; PyTorch's takes five times as long.
            return torch.from_numpy(squared.numpy().argmin(axis=1))[:, None]
        return squared.topk(k, dim=1, largest=False).indices
