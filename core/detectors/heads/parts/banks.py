"""Memory banks by name: vectors of normal clips, and how far a new one is from the nearest of them.

Names are paths: "fan" is the bank of that name and every one below it, "fan/source" and
"fan/target"; "" is all of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from core.errors import SettingError

CHUNK_ROWS = 2048
NAMES = "names"


class Banks:
    """Vectors [n, channel] of unit length under each name, searched by cosine.

    Args:
        vectors: of any length, under each name.
    """

    def __init__(self, vectors: Mapping[str, Tensor]) -> None:
        self._vectors = {name: F.normalize(rows, dim=1) for name, rows in vectors.items()}

    def distance(self, rows: Tensor, name: str, k: int = 1) -> Tensor:
        """Measure how far rows are from the nearest bank below a name.

        A bank's distance is 1 - cosine, the mean over the k nearest of its vectors; of several
        banks the smallest counts. For k = 1 that is the distance to the nearest vector of all.

        Args:
            rows: [n, channel].
            name: the bank's, or one above it.
            k: how many vectors of a bank count.

        Returns:
            [n].

        Raises:
            SettingError: there is no such bank.
        """
        found = self._below(name)
        if not found:
            raise SettingError(
                f"The model knows no clips of “{name}”; it knows {', '.join(self._vectors)}."
            )
        unit = F.normalize(rows, dim=1)
        nearest = [
            torch.stack(
                [(part @ bank.T).topk(min(k, len(bank))).values.mean(dim=1) for bank in found]
            ).amax(dim=0)
            for part in torch.split(unit, CHUNK_ROWS)
        ]
        return (1.0 - torch.cat(nearest)).clamp(min=0.0)

    def widened(self, name: str) -> str:
        """Find the nearest name at or above this one that has a bank.

        Args:
            name: a bank's.

        Returns:
            The name.
        """
        while name and not self._below(name):
            name = name.rpartition("/")[0]
        return name

    def state(self) -> dict[str, Tensor]:
        """Give the vectors and their names.

        Returns:
            Tensors by name.
        """
        described = torch.tensor(list(json.dumps(list(self._vectors)).encode()), dtype=torch.uint8)
        return {NAMES: described} | {str(i): v for i, v in enumerate(self._vectors.values())}

    @classmethod
    def from_state(cls, state: Mapping[str, Tensor], device: torch.device) -> Banks:
        """Make the banks that `state` gave.

        Args:
            state: tensors by name.
            device: where they are searched.

        Returns:
            The banks.

        Raises:
            KeyError: a tensor is missing.
        """
        names = json.loads(bytes(state[NAMES].tolist()))
        banks = cls({})
        # Normalised again they would differ in the last bit.
        banks._vectors = {name: state[str(i)].to(device) for i, name in enumerate(names)}
        return banks

    def _below(self, name: str) -> list[Tensor]:
        inside = f"{name}/" if name else ""
        return [v for own, v in self._vectors.items() if f"{own}/".startswith(inside)]
