"""PaDiM: a Gaussian of normal features at every place; a cell's score is its Mahalanobis distance.

Defard et al., "PaDiM: a Patch Distribution Modeling Framework for Anomaly Detection and
Localization", ICPR workshops 2021.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from core.detectors.heads.head import CellScores, Head
from core.detectors.heads.parts.gaussian import (
    RunningGaussians,
    mahalanobis,
    packed_triangle,
    unpacked_triangle,
    whitening,
)
from core.detectors.heads.parts.windows import blend_windows, cut_windows, median_index
from core.detectors.settings import option
from core.detectors.views.background_subtraction import BackgroundSettings, subtract_background
from core.errors import SettingError
from core.features.extractor import Features
from core.runtime.progress import Progress, part
from core.types import FeatureMaps

VALUES_AT_ONCE = 2**22
LARGEST_COVARIANCE_BYTES = 2**29


@dataclass(frozen=True)
class PaDiMSettings(BackgroundSettings):
    """PaDiM's own settings."""

    n_channels: int = option(
        100,
        "Channels drawn at random from all layers (d in the paper); 0 for all of them.",
        low=0,
        high=10_000,
    )
    position: str = option(
        "cell",
        "Where there is a Gaussian of its own: at every cell of frequency and time, as published, "
        "or for every frequency, all times together.",
        choices=("cell", "frequency"),
    )
    ridge: float = option(
        0.01, "Added to every variance (epsilon in the paper).", low=1e-6, high=100.0
    )
    relative_ridge: float = option(
        0.0,
        "Added to every variance, times the mean variance of the place's channels: with few clips "
        "directions hardly seen yet should not count the most. 0, as published, adds nothing.",
        low=0.0,
        high=1000.0,
    )


class PaDiM(Head):
    """PaDiM, learned in one pass: no more than a few clips' features are in memory.

    With fewer clips than channels a cell's covariance is known in few directions only and the
    ridge stands for the rest, as published; a Gaussian for every frequency sees each column of
    each clip and needs fewer clips. With one for every cell, clips of any length are seen through
    a window as long as the median training clip (`core.detectors.heads.parts.windows`), or as long
    as half a GiB of covariances allows.
    """

    settings_type = PaDiMSettings
    recommended: ClassVar[dict[str, Any]] = Head.recommended | {
        "layers": ("finest",),
        "position": "frequency",
        "n_channels": 0,
        "ridge": 1e-6,
        "relative_ridge": 3.0,
    }

    def fit(self, features: Features, *, seed: int, progress: Progress) -> None:
        """Learn the mean and covariance of every cell, or of every frequency.

        Args:
            features: of the clips.
            seed: all chance comes from it.
            progress: called with a stage and a fraction.

        Raises:
            SettingError: more channels are asked for than the layers have.
        """
        self._channels = self._draw_channels(features[0][0], seed)
        gaussians: RunningGaussians | None = None
        self._width = 0
        if self.settings.position == "cell":
            typical = features[median_index([clip.n_frames for clip in features.clips])][0]
            n_rows, n_columns = typical.layers[self.layers[0]].shape[-2:]
            column_bytes: int = n_rows * len(self._channels) ** 2 * 8
            self._width = min(n_columns, max(1, LARGEST_COVARIANCE_BYTES // column_bytes))
        learn = part(progress, 0.0, 0.9)
        waiting: list[Tensor] = []
        for i, segments in enumerate(features):
            waiting += [self._samples(maps)[0] for maps in segments]
            n_values = sum(samples.numel() for samples in waiting)
            if n_values >= VALUES_AT_ONCE or i + 1 == len(features):
                samples, waiting = torch.cat(waiting, dim=1), []
                gaussians = gaussians or RunningGaussians(
                    len(samples), samples.shape[2], self.device
                )
                gaussians.add(samples)
            learn("Learning how normal sound varies", (i + 1) / len(features))
        assert gaussians is not None
        self._mean = gaussians.mean.float()
        self._whitening = whitening(
            gaussians.covariance(), self.settings.ridge, self.settings.relative_ridge
        )
        progress("Learning how normal sound varies", 1.0)

    def score(self, maps: FeatureMaps) -> CellScores:
        """Compute the Mahalanobis distance of every cell.

        Args:
            maps: of one segment.

        Returns:
            The scores.
        """
        n_rows, n_columns = maps.layers[self.layers[0]].shape[-2:]
        samples, starts = self._samples(maps)
        distances = mahalanobis(samples, self._mean, self._whitening)
        if not self._width:
            return CellScores(distances.cpu())
        windows = distances.T.reshape(len(starts), n_rows, self._width)
        return CellScores(blend_windows(windows, starts, n_columns).cpu())

    def state(self) -> dict[str, Tensor]:
        """Give channels [d], mean [cell, d], whitening (packed), and the window's width.

        Returns:
            Tensors by name.
        """
        return {
            "channels": self._channels,
            "mean": self._mean,
            "whitening": packed_triangle(self._whitening),
            "window_columns": torch.tensor(self._width),
        }

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Score with these Gaussians.

        Args:
            state: what `state` gave.
        """
        self._channels = state["channels"].cpu()
        self._mean = state["mean"].to(self.device)
        packed = state["whitening"].to(self.device)
        self._whitening = unpacked_triangle(packed, self._mean.shape[1])
        self._width = int(state["window_columns"])

    def _draw_channels(self, maps: FeatureMaps, seed: int) -> Tensor:
        n_available = sum(len(maps.layers[layer]) for layer in self.layers)
        n_channels = self.settings.n_channels or n_available
        if n_channels > n_available:
            raise SettingError(
                f"n_channels goes from 1 to {n_available}, which is what the layers "
                f"{', '.join(self.layers)} have together; {n_channels} is outside."
            )
        generator = torch.Generator().manual_seed(seed)
        return torch.randperm(n_available, generator=generator)[:n_channels].sort().values

    def _samples(self, maps: FeatureMaps) -> tuple[Tensor, list[int]]:
        # Samples [cell, sample, channel] and first columns of the windows they come from.
        maps = subtract_background(maps, self.layers, self.settings.views, self.backbone.settings)
        embedding = self._embedding(maps)
        if not self._width:
            return embedding.permute(1, 2, 0).contiguous(), [0]
        windows, starts = cut_windows(embedding, self._width)
        # Contiguous, or the batched product of `mahalanobis` falls back to one matrix at a time.
        return windows.flatten(2).permute(2, 0, 1).contiguous(), starts

    def _embedding(self, maps: FeatureMaps) -> Tensor:
        # The drawn channels [d, freq, time]; coarse cells repeated over the finer.
        size = maps.layers[self.layers[0]].shape[-2:]
        chosen, first = [], 0
        for layer in self.layers:
            values = maps.layers[layer]
            here = self._channels - first
            first += len(values)
            picked = values[here[(here >= 0) & (here < len(values))]].to(self.device)
            if picked.shape[-2:] != size and len(picked):
                picked = F.interpolate(picked[None], size=size, mode="nearest")[0]
            if len(picked):
                chosen.append(picked)
        return torch.cat(chosen)
