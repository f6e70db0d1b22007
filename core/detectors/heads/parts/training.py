"""What the heads that train a network share: seeds, batches, and when to stop."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

VALIDATION_SHARE = 0.2


@contextmanager
def seeded(seed: int, device: torch.device | None = None) -> Iterator[None]:
    """Seed random numbers inside; after it they go on as before.

    Args:
        seed: theirs.
        device: a GPU whose random numbers are meant besides the CPU's.

    Yields:
        Nothing.
    """
    with torch.random.fork_rng(devices=[device] if device and device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield


def below(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Choose the tensors whose names begin with a prefix.

    Args:
        tensors: by name.
        prefix: the prefix.

    Returns:
        Tensors by the rest of their names.
    """
    return {name[len(prefix) :]: v for name, v in tensors.items() if name.startswith(prefix)}


def split_off(n: int, generator: torch.Generator) -> tuple[list[int], list[int]]:
    """Split off a fifth of the clips for validation; with one or two, both parts are all.

    Args:
        n: how many clips.
        generator: of the choice.

    Returns:
        Indices to train on and to validate on.
    """
    if n < 3:
        return list(range(n)), list(range(n))
    order = torch.randperm(n, generator=generator).tolist()
    n_validation = max(1, round(VALIDATION_SHARE * n))
    return sorted(order[n_validation:]), sorted(order[:n_validation])


def drawn(indices: list[int], most: int, generator: torch.Generator) -> list[int]:
    """Shuffle indices, and take the first so many.

    Args:
        indices: to choose from.
        most: how many.
        generator: of the order.

    Returns:
        The indices, in random order.
    """
    order = torch.randperm(len(indices), generator=generator).tolist()
    return [indices[i] for i in order[:most]]


def shuffled_batches(n: int, size: int, generator: torch.Generator) -> list[Tensor]:
    """Shuffle 0..n-1 into batches whose sizes differ by one at most.

    Args:
        n: how many indices.
        size: most of a batch.
        generator: of the order.

    Returns:
        The batches.
    """
    order = torch.randperm(n, generator=generator)
    return list(torch.tensor_split(order, -(-n // size)))


class BestState:
    """Holds the weights at the lowest validation loss, and when it was last lowered.

    `state` are those weights, `lowest` is that loss, and `since` counts the losses after it.

    Args:
        module: whose weights.
        patience: epochs without a lower loss after which it is enough.
    """

    def __init__(self, module: nn.Module, patience: int) -> None:
        self._module = module
        self._patience = patience
        self.lowest, self.since = torch.inf, 0
        self.state = copy.deepcopy(module.state_dict())

    def seen(self, loss: float) -> bool:
        """Note an epoch's validation loss.

        Args:
            loss: the loss.

        Returns:
            Whether it has not fallen for too long.
        """
        self.since += 1
        if loss < self.lowest:
            self.lowest, self.since = loss, 0
            self.state = copy.deepcopy(self._module.state_dict())
        return self.since >= self._patience

    def restore(self) -> None:
        """Give the module back its best weights."""
        self._module.load_state_dict(self.state)
