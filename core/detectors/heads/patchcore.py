"""PatchCore: a memory bank of normal patches; a patch's score is its distance to the nearest one.

Roth et al., "Towards Total Recall in Industrial Anomaly Detection", CVPR 2022.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from core.detectors.heads.head import CellScores, Head
from core.detectors.heads.parts.coreset import greedy_coreset
from core.detectors.heads.parts.embedding import as_rows, patch_embedding
from core.detectors.heads.parts.neighbours import NearestNeighbours
from core.detectors.heads.parts.reservoir import Reservoir
from core.detectors.settings import option
from core.detectors.views.background_subtraction import BackgroundSettings, subtract_background
from core.features.extractor import Features
from core.runtime.progress import Progress, part
from core.types import FeatureMaps


@dataclass(frozen=True)
class PatchCoreSettings(BackgroundSettings):
    """PatchCore's own settings."""

    bank_size: int = option(1500, "Patches kept in the memory bank.", low=1, high=200_000)
    reservoir_size: int = option(
        20_000, "Patches drawn at random from all clips, from which the bank is chosen.", low=10
    )
    n_reweighting: int = option(
        9, "Bank neighbours that weigh the clip's score (b in Eq. 7); 0 for none.", low=0, high=100
    )
    density_neighbours: int = option(
        0,
        "Divides a distance by how far the bank's patch is from this many of its own neighbours, "
        "so that rare and common sounds are judged alike; 0, as published, divides by nothing.",
        low=0,
        high=100,
    )


class PatchCore(Head):
    """PatchCore with a bounded reservoir before the coreset, so memory does not grow with clips.

    Departures: the bank has a fixed size, not a share of the training set; the coreset is chosen
    by distances in 128 principal directions with exact lengths.
    """

    settings_type = PatchCoreSettings
    recommended: ClassVar[dict[str, Any]] = Head.recommended | {
        "layers": ("finest",),
        "n_reweighting": 0,
    }

    def fit(self, features: Features, *, seed: int, progress: Progress) -> None:
        """Choose the bank: a greedy coreset of a uniform sample of all 3x3-pooled patches.

        Args:
            features: of the clips.
            seed: all chance comes from it.
            progress: called with a stage and a fraction.
        """
        reservoir = Reservoir(self.settings.reservoir_size, seed)
        for maps in features.segments(part(progress, 0.0, 0.3), "Gathering patches"):
            reservoir.add(self._rows(maps))
        patches = reservoir.rows()
        chosen = greedy_coreset(
            patches, self.settings.bank_size, seed=seed, progress=part(progress, 0.3, 1.0)
        )
        self._use(patches[chosen])

    def score(self, maps: FeatureMaps) -> CellScores:
        """Measure distances to the bank, and Eq. 7's weight of the highest patch of each column.

        Args:
            maps: of one segment.

        Returns:
            The scores.
        """
        rows = self._rows(maps)
        distances, indices = self._neighbours.search(rows, 1)
        grid = maps.layers[self.layers[0]].shape[-2:]
        nearest = distances[:, 0]
        scores = nearest
        if self.settings.density_neighbours:
            scores = nearest / self._spacing[indices[:, 0]]
        if not self.settings.n_reweighting:
            return CellScores(scores.reshape(grid).cpu())
        # A clip's score needs the weight of a stretch's highest cell, which is the highest of its
        # column: the others' weights would cost a tenth of the whole scoring.
        highest = scores.reshape(grid).argmax(dim=0)
        cells = highest * grid[1] + torch.arange(grid[1], device=highest.device)
        weight = torch.zeros_like(nearest)
        weight[cells] = self._weight(rows[cells], nearest[cells], indices[cells, 0])
        return CellScores(scores.reshape(grid).cpu(), weight.reshape(grid).cpu())

    def state(self) -> dict[str, Tensor]:
        """Give the bank, [patch, channel].

        Returns:
            Tensors by name.
        """
        return {"bank": self._neighbours.bank}

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Search in this bank.

        Args:
            state: what `state` gave.
        """
        self._use(state["bank"])

    def _use(self, bank: Tensor) -> None:
        self._neighbours = NearestNeighbours(bank.to(self.device).contiguous())
        if self.settings.n_reweighting:
            _, self._near_in_bank = self._neighbours.search(
                self._neighbours.bank, self.settings.n_reweighting
            )
        if self.settings.density_neighbours:
            self._spacing = self._neighbours.spacing(self.settings.density_neighbours)

    def _rows(self, maps: FeatureMaps) -> Tensor:
        maps = subtract_background(maps, self.layers, self.settings.views, self.backbone.settings)
        return as_rows(patch_embedding(maps, self.layers, self.device, pooled=True))

    def _weight(self, rows: Tensor, nearest: Tensor, indices: Tensor) -> Tensor:
        # 1 - exp(d*) / sum over the b bank patches nearest to m* of exp(d) (Eq. 7).
        around = self._near_in_bank[indices]
        bank = self._neighbours.bank
        distances = torch.stack(
            [(rows - bank[around[:, i]]).norm(dim=1) for i in range(around.shape[1])], dim=1
        )
        # The softmax in logs: exp of a distance overflows float32 at 89.
        return 1.0 - (nearest - torch.logsumexp(distances, dim=1)).exp()
