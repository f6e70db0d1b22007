"""CFA: a small layer learns to draw normal patches into hyperspheres around fixed centroids.

Lee et al., "CFA: Coupled-hypersphere-based Feature Adaptation for Target-Oriented Anomaly
Localization", IEEE Access 10, 2022.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.detectors.heads.head import CellScores, Head
from core.detectors.heads.parts.embedding import as_rows, patch_embedding
from core.detectors.heads.parts.neighbours import NearestNeighbours
from core.detectors.heads.parts.training import BestState, drawn, seeded, split_off
from core.detectors.heads.parts.windows import blend_windows, cut_windows, median_index
from core.detectors.settings import option
from core.detectors.views.background_subtraction import BackgroundSettings, subtract_background
from core.features.extractor import Features
from core.runtime.progress import Progress, part
from core.types import FeatureMaps

N_NEAREST = 3
"""K of the paper: the centroids a patch is drawn to."""
N_NEXT = 3
"""J of the paper: those after them, which it is kept away from."""
NU = 1e-3
WEIGHT_DECAY = 5e-4
CLIPS_A_STEP = 4
# An epoch of a large set is a random part of it: 25 steps tell as much about when to stop, and
# training takes as long for 1,000 clips as for 125. Validation clips are few for the same reason.
MOST_CLIPS_AN_EPOCH = 100
MOST_VALIDATION = 25
PATIENCE = 5
MOST_CENTROIDS = 4096
# Embeddings of so much are kept between epochs (100 clips of 5 s of aiSFX); the rest is made anew.
MOST_KEPT_BYTES = 256 * 2**20


@dataclass(frozen=True)
class CFASettings(BackgroundSettings):
    """CFA's own settings."""

    epochs: int = option(
        20, "Most times the training set, or 100 clips of it, is gone through.", low=1, high=10_000
    )
    narrowing: int = option(
        4, "Channels of the backbone for each of the descriptor (gamma_d).", low=1, high=64
    )
    cells_a_centroid: int = option(
        1, "Above 1, k-means leaves one centroid for so many cells (gamma_c).", low=1, high=64
    )
    margin: float = option(
        0.1, "How far inside its sphere a patch is pushed away (alpha).", low=0.0, high=100.0
    )
    learning_rate: float = option(
        3e-4, "Step size of AdamW (0.001 in the paper).", low=1e-6, high=1.0
    )


class Descriptor(nn.Linear):
    """A 1x1 convolution of patches and where they are (CoordConv), with its spheres' radius.

    Args:
        n_channels: the patches'.
        narrowing: the patches' channels for each of its own.
    """

    def __init__(self, n_channels: int, narrowing: int) -> None:
        super().__init__(n_channels + 2, max(1, n_channels // narrowing))
        self.radius = nn.Parameter(torch.tensor(1e-5))


class CFA(Head):
    """CFA with both its losses at work, on maps of any shape.

    Departures: the descriptor is a quarter as wide as the features (`narrowing` 1 is published).
    It starts scaled so that normal patches lie about 1 from their centroids, and the radius starts
    there too: the published margin of 0.1 then means the same for any backbone, and from the
    published 1e-5 a few hundred steps never bring the radius to where the repulsion acts. Steps
    are a third of the paper's, whose first throw the layer far off where there are few to follow.
    A fifth of the training clips tells when to stop. An epoch goes through at most 100 clips, drawn
    anew each time. Clips of any length are seen through a window as long as the median training
    clip; time in the coordinates is time in that window.
    """

    settings_type = CFASettings

    def fit(self, features: Features, *, seed: int, progress: Progress) -> None:
        """Place the centroids of the untrained descriptor, then train towards them.

        Args:
            features: of the clips.
            seed: all chance comes from it.
            progress: called with a stage and a fraction.
        """
        generator = torch.Generator().manual_seed(seed)
        typical = features[median_index([clip.n_frames for clip in features.clips])][0]
        n_rows, n_columns = typical.layers[self.layers[0]].shape[-2:]
        self._width = min(n_columns, max(1, MOST_CENTROIDS // n_rows))
        n_channels = sum(len(typical.layers[layer]) for layer in self.layers)
        with seeded(seed):
            descriptor = Descriptor(n_channels, self.settings.narrowing).to(self.device)
        train, validation = split_off(len(features), generator)
        validation = validation[:: -(-len(validation) // MOST_VALIDATION)]
        n_cells = n_rows * self._width
        self._descriptor = descriptor
        rows = _KeptRows(features, self._rows)
        centroids = self._centroids(rows, train, n_cells, part(progress, 0.0, 0.1))
        if self.settings.cells_a_centroid > 1:
            centroids = _clustered(centroids, self.settings.cells_a_centroid, seed)
        self._neighbours = NearestNeighbours(self._scale(centroids, typical))
        optimizer = torch.optim.AdamW(
            descriptor.parameters(),
            lr=self.settings.learning_rate,
            weight_decay=WEIGHT_DECAY,
            amsgrad=True,
        )
        best = BestState(descriptor, PATIENCE)
        learn = part(progress, 0.1, 1.0)
        for epoch in range(self.settings.epochs):
            order = drawn(train, MOST_CLIPS_AN_EPOCH, generator)
            done = epoch / self.settings.epochs
            for patches in _steps(rows, order, CLIPS_A_STEP * n_cells):
                self._learn(patches)
                optimizer.step()
                learn("Drawing normal sound together", done)
            losses = [
                float(self._loss(p)) for p in _steps(rows, validation, CLIPS_A_STEP * n_cells)
            ]
            if best.seen(sum(losses) / len(losses)):
                break
        best.restore()
        progress("Drawing normal sound together", 1.0)

    @torch.no_grad()
    def score(self, maps: FeatureMaps) -> CellScores:
        """Compute the soft-boundary score of every cell (section III-D).

        Args:
            maps: of one segment.

        Returns:
            The scores.
        """
        n_rows, n_columns = maps.layers[self.layers[0]].shape[-2:]
        rows, starts = self._rows(maps)
        distances, _ = self._neighbours.search(self._descriptor(rows), N_NEAREST)
        windows = soft_boundary(distances).reshape(len(starts), n_rows, self._width)
        return CellScores(blend_windows(windows, starts, n_columns).cpu())

    def state(self) -> dict[str, Tensor]:
        """Give the descriptor and its radius, the centroids, and the window's width.

        Returns:
            Tensors by name.
        """
        return {
            **self._descriptor.state_dict(),
            "centroids": self._neighbours.bank,
            "window_columns": torch.tensor(self._width),
        }

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Score with this descriptor and these centroids.

        Args:
            state: what `state` gave.
        """
        descriptor = Descriptor(state["weight"].shape[1] - 2, self.settings.narrowing)
        descriptor.load_state_dict({name: state[name] for name in ("weight", "bias", "radius")})
        self._descriptor = descriptor.to(self.device)
        self._neighbours = NearestNeighbours(state["centroids"].to(self.device).contiguous())
        self._width = int(state["window_columns"])

    @torch.no_grad()
    def _centroids(
        self, rows: _KeptRows, train: list[int], n_cells: int, progress: Progress
    ) -> Tensor:
        # The mean descriptor of each cell of the window, [centroid, d].
        total = torch.zeros(n_cells, self._descriptor.out_features, device=self.device)
        n = 0
        for i, clip in enumerate(train):
            for patches in rows[clip]:
                windows = self._descriptor(patches).reshape(-1, *total.shape)
                total += windows.sum(dim=0)
                n += len(windows)
            progress("Placing centres", (i + 1) / len(train))
        return total / n

    @torch.no_grad()
    def _scale(self, centroids: Tensor, typical: FeatureMaps) -> Tensor:
        # Makes the mean squared distance of a normal patch one, and the radius with it.
        described = self._descriptor(self._rows(typical)[0])
        distances, _ = NearestNeighbours(centroids).search(described, N_NEAREST)
        size = float(distances.square().mean().sqrt())
        # Features that never change have no distances to go by.
        scale = 1.0 / size if size > 1e-6 else 1.0
        self._descriptor.weight.mul_(scale)
        self._descriptor.bias.mul_(scale)
        self._descriptor.radius.fill_(1.0)
        return centroids * scale

    def _rows(self, maps: FeatureMaps) -> tuple[Tensor, list[int]]:
        # [cell, channel + 2] of every window, coordinates last; the windows' first columns.
        maps = subtract_background(maps, self.layers, self.settings.views, self.backbone.settings)
        embedding = patch_embedding(maps, self.layers, self.device, pooled=True)
        windows, starts = cut_windows(embedding, self._width)
        return torch.cat([as_rows(_with_coordinates(window)) for window in windows]), starts

    def _learn(self, rows: Tensor) -> None:
        # Gradients of the loss, by hand: no difference [patch, K + J, d] is ever made. With w the
        # loss's derivative by a squared distance |x - c|^2, that by x is 2 w (x - c), and the sum
        # over a patch's centroids is two products.
        descriptor = self._descriptor
        descriptor.zero_grad()
        described = descriptor(rows)
        squared, indices = self._nearest(described.detach())
        squared.requires_grad_()
        loss = coupled_loss(squared, descriptor.radius, self.settings.margin)
        loss.backward()  # type: ignore[no-untyped-call]
        weights = squared.grad
        assert weights is not None
        pulls = F.embedding_bag(
            indices, self._neighbours.bank, per_sample_weights=weights, mode="sum"
        )
        towards = described.detach() * weights.sum(dim=1, keepdim=True) - pulls
        described.backward(2.0 * towards)

    @torch.no_grad()
    def _loss(self, rows: Tensor) -> Tensor:
        squared, _ = self._nearest(self._descriptor(rows))
        return coupled_loss(squared, self._descriptor.radius, self.settings.margin)

    def _nearest(self, described: Tensor) -> tuple[Tensor, Tensor]:
        distances, indices = self._neighbours.search(described, N_NEAREST + N_NEXT)
        return distances.square(), indices


class _KeptRows:
    """The rows [cell, channel + 2] of each clip's segments, kept while `MOST_KEPT_BYTES` allow."""

    def __init__(
        self, features: Features, rows_of: Callable[[FeatureMaps], tuple[Tensor, list[int]]]
    ) -> None:
        self._features = features
        self._rows_of = rows_of
        self._kept: dict[int, list[Tensor]] = {}
        self._free_bytes = MOST_KEPT_BYTES

    def __getitem__(self, clip: int) -> list[Tensor]:
        if clip in self._kept:
            return self._kept[clip]
        rows = [self._rows_of(maps)[0] for maps in self._features[clip]]
        n_bytes = sum(segment.nbytes for segment in rows)
        if n_bytes <= self._free_bytes:
            self._free_bytes -= n_bytes
            self._kept[clip] = rows
        return rows


def _steps(rows: _KeptRows, clips: Sequence[int], most: int) -> Iterator[Tensor]:
    # The rows of a few clips at a time, at most so many of them.
    for start in range(0, len(clips), CLIPS_A_STEP):
        segments = [
            segment for clip in clips[start : start + CLIPS_A_STEP] for segment in rows[clip]
        ]
        yield from torch.split(torch.cat(segments), most)


def coupled_loss(squared: Tensor, radius: Tensor, margin: float) -> Tensor:
    """Compute attraction and repulsion (Eq. 1 and 2).

    Patches are drawn into the spheres of their K nearest centroids, and out of those of the J
    after them where they lie deeper than the margin. The distance is squared, as in the authors'
    program.

    Args:
        squared: squared distances [patch, K + J], nearest first.
        radius: the spheres'.
        margin: alpha.

    Returns:
        The loss.
    """
    attraction = F.relu(squared[:, :N_NEAREST] - radius**2).mean()
    following = squared[:, N_NEAREST:]
    if following.shape[1] == 0:
        return attraction / NU
    repulsion = F.relu(radius**2 - following - margin).mean()
    return (attraction + repulsion) / NU


def soft_boundary(distances: Tensor) -> Tensor:
    """Compute the nearest centroid's distance times its softmin among the K nearest.

    Args:
        distances: [patch, K], nearest first.

    Returns:
        [patch].
    """
    return F.softmin(distances, dim=1)[:, 0] * distances[:, 0]


def _with_coordinates(embedding: Tensor) -> Tensor:
    # [channel + 2, freq, time]: each cell's place in frequency and in time, from -1 to 1, last.
    axes = [torch.linspace(-1.0, 1.0, n, device=embedding.device) for n in embedding.shape[1:]]
    return torch.cat([embedding, torch.stack(torch.meshgrid(*axes, indexing="ij"))])


def _clustered(centroids: Tensor, cells_a_centroid: int, seed: int) -> Tensor:
    # Importing it takes as long as importing PyTorch, and by default nothing is clustered.
    from sklearn.cluster import KMeans

    n_clusters = max(1, len(centroids) // cells_a_centroid)
    kmeans = KMeans(n_clusters, n_init=1, max_iter=3000, random_state=seed % 2**32)
    centres = kmeans.fit(centroids.cpu().numpy()).cluster_centers_
    return torch.from_numpy(centres).float().to(centroids.device)
