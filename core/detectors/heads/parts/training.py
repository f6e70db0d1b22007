"""What the heads that train a network share: seeds, batches, and when to stop."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

HELD_OUT_SHARE = 0.2


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Random numbers on the CPU come from this seed inside, and go on as before after."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def split_off(n: int, generator: torch.Generator) -> tuple[list[int], list[int]]:
    """Indices to train on and to hold out, a fifth of `n`; with one or two, both are all."""
    if n < 3:
        return list(range(n)), list(range(n))
    order = torch.randperm(n, generator=generator).tolist()
    n_held_out = max(1, round(HELD_OUT_SHARE * n))
    return sorted(order[n_held_out:]), sorted(order[:n_held_out])


def drawn(indices: list[int], most: int, generator: torch.Generator) -> list[int]:
    """The indices in random order, or the first so many of them."""
    order = torch.randperm(len(indices), generator=generator).tolist()
    return [indices[i] for i in order[:most]]


def shuffled_batches(n: int, size: int, generator: torch.Generator) -> list[Tensor]:
    """Indices 0..n-1 in random order, in batches of at most `size` that differ by one at most."""
    order = torch.randperm(n, generator=generator)
    return list(torch.tensor_split(order, -(-n // size)))


class BestState:
    """Remembers the weights at the lowest held-out loss, and when it was last lowered."""

    def __init__(self, module: nn.Module, patience: int) -> None:
        self._module = module
        self._patience = patience
        self._lowest = torch.inf
        self._since = 0
        self._state = copy.deepcopy(module.state_dict())

    def seen(self, loss: float) -> bool:
        """Take note of an epoch's held-out loss; true once it has not fallen for too long."""
        self._since += 1
        if loss < self._lowest:
            self._lowest, self._since = loss, 0
            self._state = copy.deepcopy(self._module.state_dict())
        return self._since >= self._patience

    def restore(self) -> None:
        """Give the module back its best weights."""
        self._module.load_state_dict(self._state)
