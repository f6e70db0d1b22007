"""Autoencoder: what it cannot reconstruct of the log-mel spectrogram is anomalous.

The baseline of DCASE 2020 task 2 (Koizumi et al., "Description and discussion on DCASE2020
Challenge Task 2", section 4), which the paper compares with.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.detectors.heads.head import CellScores, Head, HeadSettings
from core.detectors.heads.parts.reservoir import Reservoir
from core.detectors.heads.parts.training import below, seeded, shuffled_batches
from core.detectors.settings import option
from core.features.extractor import Features
from core.runtime.progress import Progress, part
from core.types import FeatureMaps

N_STACKED = 5
WIDTH = 128
BOTTLENECK = 8
RESERVOIR_ROWS = 100_000
# A band that hardly varies in training must not outweigh all others when it does.
SMALLEST_SPREAD = 0.1


@dataclass(frozen=True)
class AutoencoderSettings(HeadSettings):
    """The autoencoder's own settings."""

    epochs: int = option(100, "Times the training set is gone through.", low=1, high=10_000)
    batch_size: int = option(512, "Stacks of five frames in one step.", low=2, high=100_000)
    learning_rate: float = option(1e-3, "Step size of Adam.", low=1e-6, high=1.0)


class StackAutoencoder(nn.Sequential):
    """Dense layers n - 128 x 4 - 8 - 128 x 4 - n, all but the last normalised and rectified.

    Args:
        n_in: n, the numbers of a stack.
    """

    def __init__(self, n_in: int) -> None:
        widths = [n_in, *[WIDTH] * 4, BOTTLENECK, *[WIDTH] * 4]
        layers: list[nn.Module] = []
        for n_from, n_to in pairwise(widths):
            layers += [nn.Linear(n_from, n_to), nn.BatchNorm1d(n_to), nn.ReLU()]
        super().__init__(*layers, nn.Linear(WIDTH, n_in))


class Autoencoder(Head):
    """Five neighbouring frames go through a bottleneck of eight numbers and back.

    A column's error is the mean over the stacks it is part of, so the errors are a map like any
    other head's. Departures: the frames are the backbone's own front end (96 mel bands for
    aiSFX; 128 bands, 1024 samples and a hop of 512 in DCASE), each band is standardised by its
    training mean and spread, and the clip's score is the peak of the map, not its mean. Of a
    large training set it sees 100,000 stacks, drawn evenly. Its map ignores the setting `layers`.
    """

    settings_type = AutoencoderSettings

    def fit(self, features: Features, *, seed: int, progress: Progress) -> None:
        """Train on stacks of five frames, by the mean squared error.

        Args:
            features: of the clips.
            seed: all chance comes from it.
            progress: called with a stage and a fraction.
        """
        reservoir = Reservoir(RESERVOIR_ROWS, seed)
        for maps in features.segments(part(progress, 0.0, 0.2), "Stacking frames"):
            reservoir.add(stacked(maps.log_mel))
        rows = reservoir.rows().to(self.device)
        n_bands = rows.shape[1] // N_STACKED
        by_band = rows.reshape(-1, n_bands).T
        self._mean = by_band.mean(dim=1)
        spread = by_band.std(dim=1)
        self._spread = spread.clamp(min=max(1e-3, SMALLEST_SPREAD * float(spread.mean())))
        with seeded(seed):
            network = StackAutoencoder(rows.shape[1]).to(self.device)
        rows = self._standardised(rows)
        generator = torch.Generator().manual_seed(seed)
        optimizer = torch.optim.Adam(network.parameters(), lr=self.settings.learning_rate)
        learn = part(progress, 0.2, 1.0)
        for epoch in range(self.settings.epochs):
            for batch in shuffled_batches(len(rows), self.settings.batch_size, generator):
                inputs = rows[batch.to(self.device)]
                optimizer.zero_grad()
                F.mse_loss(network(inputs), inputs).backward()  # type: ignore[no-untyped-call]
                optimizer.step()
            learn("Training the autoencoder", (epoch + 1) / self.settings.epochs)
        self._network = network.eval()

    @torch.no_grad()
    def score(self, maps: FeatureMaps) -> CellScores:
        """Measure the squared reconstruction error of each band and frame, in training spreads.

        Args:
            maps: of one segment.

        Returns:
            The errors.
        """
        n_bands, n_columns = maps.log_mel.shape
        rows = self._standardised(stacked(maps.log_mel.to(self.device)))
        errors = (self._network(rows) - rows).square().reshape(len(rows), N_STACKED, n_bands)
        return CellScores(unstacked(errors)[:, :n_columns].cpu())

    def state(self) -> dict[str, Tensor]:
        """Give the network's weights, and mean and spread of each band.

        Returns:
            Tensors by name.
        """
        weights = {f"network.{name}": value for name, value in self._network.state_dict().items()}
        return {**weights, "mean": self._mean, "spread": self._spread}

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Reconstruct with this network.

        Args:
            state: what `state` gave.
        """
        self._mean = state["mean"].to(self.device)
        self._spread = state["spread"].to(self.device)
        network = StackAutoencoder(N_STACKED * len(self._mean))
        network.load_state_dict(below(state, "network."))
        self._network = network.to(self.device).eval()

    def _standardised(self, rows: Tensor) -> Tensor:
        return (rows - self._mean.repeat(N_STACKED)) / self._spread.repeat(N_STACKED)


def stacked(log_mel: Tensor) -> Tensor:
    """Join each five neighbouring frames as one row, oldest first.

    Shorter sounds have their last frame repeated.

    Args:
        log_mel: [freq, time].

    Returns:
        [stack, 5 * freq].
    """
    n_columns = log_mel.shape[1]
    if n_columns < N_STACKED:
        last = log_mel[:, -1:].expand(-1, N_STACKED - n_columns)
        log_mel = torch.cat([log_mel, last], dim=1)
    return log_mel.T.unfold(0, N_STACKED, 1).transpose(1, 2).flatten(1)


def unstacked(errors: Tensor) -> Tensor:
    """Average each frame over the stacks it is part of.

    Args:
        errors: [stack, 5, freq].

    Returns:
        [freq, time].
    """
    n_stacks, _, n_bands = errors.shape
    total = errors.new_zeros(n_stacks + N_STACKED - 1, n_bands)
    count = errors.new_zeros(n_stacks + N_STACKED - 1, 1)
    for k in range(N_STACKED):
        total[k : k + n_stacks] += errors[:, k]
        count[k : k + n_stacks] += 1.0
    return (total / count).T
