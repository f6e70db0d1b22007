"""Many Gaussians side by side, learned in one pass, and Mahalanobis distances to them."""

from __future__ import annotations

import torch
from torch import Tensor

# Cells whose Cholesky factors are inverted together: bounds the memory that takes.
CELLS_AT_ONCE = 256


class RunningGaussians:
    """Mean and covariance of each of `n_cells` Gaussians, of samples that stream by.

    Sums of squares around the running mean, merged as Chan, Golub and LeVeque (1979) do, in 64-bit
    floats: n_cells * n_channels ** 2 * 8 bytes, however many samples there are.

    Args:
        n_cells: how many Gaussians.
        n_channels: of a sample.
        device: where they are computed.
    """

    def __init__(self, n_cells: int, n_channels: int, device: torch.device) -> None:
        self.n_samples = 0
        self.mean = torch.zeros(n_cells, n_channels, dtype=torch.float64, device=device)
        self._scatter = torch.zeros(
            n_cells, n_channels, n_channels, dtype=torch.float64, device=device
        )

    def add(self, samples: Tensor) -> None:
        """Learn from samples.

        Args:
            samples: [cell, sample, channel].
        """
        samples = samples.double()
        n_new = samples.shape[1]
        n_all = self.n_samples + n_new
        mean = samples.mean(dim=1)
        step = mean - self.mean
        # The two parts' means lie apart: one more row makes that part of the same product.
        apart = step * (self.n_samples * n_new / n_all) ** 0.5
        rows = torch.cat([samples - mean[:, None], apart[:, None]], dim=1)
        self._scatter.baddbmm_(rows.transpose(1, 2), rows)
        self.mean += step * (n_new / n_all)
        self.n_samples = n_all

    def covariance(self) -> Tensor:
        """Compute the unbiased covariances; zero while there is one sample.

        Returns:
            [cell, channel, channel].
        """
        return self._scatter / max(1, self.n_samples - 1)


def whitening(covariance: Tensor, ridge: float, relative_ridge: float = 0.0) -> Tensor:
    """Compute lower triangular W with W (C + r I) W' = I.

    |W (x - mean)| is the Mahalanobis distance. By Cholesky factors and triangular solutions:
    batched `inv` and `solve` hang on some CPUs.

    Args:
        covariance: C, [cell, channel, channel].
        ridge: r is this,
        relative_ridge: plus this times the mean variance of the cell's channels.

    Returns:
        [cell, channel, channel], as 32-bit floats.
    """
    identity = torch.eye(covariance.shape[-1], dtype=covariance.dtype, device=covariance.device)
    parts = []
    for cells in torch.split(covariance, CELLS_AT_ONCE):
        variance = cells.diagonal(dim1=1, dim2=2).mean(dim=1)[:, None, None]
        factor = torch.linalg.cholesky(cells + (ridge + relative_ridge * variance) * identity)
        inverse = torch.linalg.solve_triangular(factor, identity.expand_as(factor), upper=False)
        parts.append(inverse.float())
    return torch.cat(parts)


def mahalanobis(samples: Tensor, mean: Tensor, whitening: Tensor) -> Tensor:
    """Measure the distances of samples to their cell's Gaussian.

    Args:
        samples: [cell, sample, channel].
        mean: [cell, channel].
        whitening: of each cell, as `whitening` gives it.

    Returns:
        [cell, sample].
    """
    whitened = torch.bmm(samples - mean[:, None], whitening.transpose(1, 2))
    distances: Tensor = torch.linalg.vector_norm(whitened, dim=2)
    return distances


def packed_triangle(lower: Tensor) -> Tensor:
    """Pack the lower triangles of matrices, row by row.

    Args:
        lower: [cell, channel, channel].

    Returns:
        [cell, channel * (channel + 1) / 2].
    """
    rows, columns = torch.tril_indices(*lower.shape[-2:], device=lower.device)
    return lower[:, rows, columns]


def unpacked_triangle(packed: Tensor, n_channels: int) -> Tensor:
    """Unpack what `packed_triangle` packed.

    Args:
        packed: [cell, channel * (channel + 1) / 2].
        n_channels: of a matrix.

    Returns:
        Lower triangular [cell, channel, channel].
    """
    rows, columns = torch.tril_indices(n_channels, n_channels, device=packed.device)
    lower = packed.new_zeros(len(packed), n_channels, n_channels)
    lower[:, rows, columns] = packed
    return lower
