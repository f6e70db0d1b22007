"""Subspace: the directions in which normal features vary; a cell scores by what lies outside them.

Lendering, Akdag and Bondarev, "SubspaceAD: Training-Free Few-Shot Anomaly Detection via Subspace
Modeling", CVPR 2026.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from core.detectors.heads.head import CellScores, Head
from core.detectors.heads.parts.embedding import patch_embedding
from core.detectors.heads.parts.gaussian import RunningGaussians
from core.detectors.settings import option
from core.detectors.views.background_subtraction import BackgroundSettings, subtract_background
from core.features.extractor import Features
from core.runtime.progress import Progress, part
from core.types import FeatureMaps


@dataclass(frozen=True)
class SubspaceSettings(BackgroundSettings):
    """Subspace's own settings."""

    position: str = option(
        "all",
        "Where there is a subspace of its own: one for all cells together, as published, or one "
        "for every frequency, all times together.",
        choices=("all", "frequency"),
    )
    variance_share: float = option(
        0.99,
        "The subspace has as many principal directions as explain this share of the variance (tau "
        "in the paper); with 0 there are none, and a cell scores by its distance from the mean.",
        low=0.0,
        high=1.0,
    )


class Subspace(Head):
    """Principal directions of normal features, learned in one pass.

    Departures: layers are joined channel by channel, since those of a convolutional network have
    different widths and cannot be averaged; nothing is rotated for more training data; a score is
    the length of the residual, not its square, which orders cells alike.
    """

    settings_type = SubspaceSettings
    recommended: ClassVar[dict[str, Any]] = Head.recommended | {
        "layers": ("finest",),
        "position": "frequency",
        "variance_share": 0.4,
    }

    def fit(self, features: Features, *, seed: int, progress: Progress) -> None:
        """Learn mean and directions; one clip is in memory at a time.

        Costs 8 bytes times the square of the layers' channels, for every frequency where each has
        its own.

        Args:
            features: of the clips.
            seed: not needed, nothing is left to chance.
            progress: called with a stage and a fraction.
        """
        gaussians: RunningGaussians | None = None
        for maps in features.segments(part(progress, 0.0, 0.9), "Learning how normal sound varies"):
            samples = self._samples(maps)
            gaussians = gaussians or RunningGaussians(len(samples), samples.shape[2], self.device)
            gaussians.add(samples)
        assert gaussians is not None
        self._mean = gaussians.mean.float()
        self._directions = principal_directions(
            gaussians.covariance(), self.settings.variance_share
        )
        progress("Learning how normal sound varies", 1.0)

    def score(self, maps: FeatureMaps) -> CellScores:
        """Measure how far every cell lies from the subspace.

        Args:
            maps: of one segment.

        Returns:
            The lengths of the residuals.
        """
        away = self._samples(maps) - self._mean[:, None]
        inside = torch.bmm(away, self._directions.transpose(1, 2))
        residual = away - torch.bmm(inside, self._directions)
        n_rows = maps.layers[self.layers[0]].shape[-2]
        return CellScores(torch.linalg.vector_norm(residual, dim=2).reshape(n_rows, -1).cpu())

    def state(self) -> dict[str, Tensor]:
        """Give mean [place, channel] and directions [place, direction, channel].

        Returns:
            Tensors by name.
        """
        return {"mean": self._mean, "directions": self._directions}

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Score with this subspace.

        Args:
            state: what `state` gave.
        """
        self._mean = state["mean"].to(self.device)
        self._directions = state["directions"].to(self.device)

    def _samples(self, maps: FeatureMaps) -> Tensor:
        # [place, sample, channel]: one place, or one for every frequency.
        maps = subtract_background(maps, self.layers, self.settings.views, self.backbone.settings)
        embedding = patch_embedding(maps, self.layers, self.device, pooled=False)
        cells = embedding.permute(1, 2, 0).contiguous()
        return cells if self.settings.position == "frequency" else cells.flatten(0, 1)[None]


def principal_directions(covariance: Tensor, variance_share: float) -> Tensor:
    """Find as few principal directions as explain a share of the variance.

    Args:
        covariance: [place, channel, channel], in 64-bit floats.
        variance_share: from 0 (no direction) to 1.

    Returns:
        [place, direction, channel], as 32-bit floats; unit vectors by falling variance, and zeros
        where a place needs fewer than another.
    """
    variances, vectors = torch.linalg.eigh(covariance)
    variances, vectors = variances.flip(1).clamp(min=0.0), vectors.flip(2)
    explained_before = variances.cumsum(dim=1) - variances
    needed = explained_before < variance_share * variances.sum(dim=1, keepdim=True)
    n_most = int(needed.sum(dim=1).max())
    directions: Tensor = (vectors * needed[:, None]).transpose(1, 2)[:, :n_most]
    return directions.float().contiguous()
