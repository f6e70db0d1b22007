"""Greedy k-centre selection: each next point is the one farthest from all chosen so far."""

from __future__ import annotations

import torch
from torch import Tensor

from core.runtime.progress import Progress, silent


def greedy_coreset(
    points: Tensor,
    size: int,
    *,
    seed: int,
    n_projected: int | None = 128,
    progress: Progress = silent,
) -> Tensor:
    """Choose points so that none is far from a chosen one.

    PatchCore, Algorithm 1: minimax facility location, greedily, from a seeded random start.
    Products of points are taken in their `n_projected` principal directions, lengths exactly: what
    lies outside those directions counts as if it stood at right angles, which of many channels it
    nearly does. Departure: PatchCore projects at random (Johnson-Lindenstrauss), which as wide
    covered 3 to 7 % worse than the exact choice, this 0 to 2 % (tests, benchmarks). One
    matrix-vector product and one minimum a step, in place:
    n * size * min(channel, n_projected) multiplications, n * channel ** 2 before the first.

    Args:
        points: [n, channel].
        size: how many to choose.
        seed: of the first one.
        n_projected: principal directions; None takes every channel.
        progress: called every 64 steps.

    Returns:
        Indices [size], in the order of choice.
    """
    generator = torch.Generator().manual_seed(seed)
    n, n_channels = points.shape
    size = min(size, n)
    farthest = torch.randint(n, (1,), generator=generator)[0].to(points.device)
    points = points - points.mean(dim=0)
    squared_norms = points.square().sum(dim=1)
    if n_projected is not None and n_projected < n_channels:
        # Rising eigenvalues: the last directions are the principal ones.
        directions = torch.linalg.eigh(points.T @ points).eigenvectors[:, -n_projected:]
        points = points @ directions
    # Squared distances less the point's own norm: constant in the minimum, so left out of it.
    nearest = torch.full_like(squared_norms, torch.inf)
    distance = torch.empty_like(squared_norms)
    chosen = torch.empty(size, dtype=torch.long, device=points.device)
    for step in range(size):
        chosen[step] = farthest
        centre = points[farthest]
        torch.mv(points, centre, out=distance)
        distance.mul_(-2.0).add_(squared_norms[farthest])
        torch.minimum(nearest, distance, out=nearest)
        # A chosen point is never chosen again, even where round-off leaves it a distance.
        nearest[farthest] = -torch.inf
        farthest = (nearest + squared_norms).argmax()
        if step % 64 == 0:
            progress("Choosing the memory bank", step / size)
    return chosen


def covering_radius(points: Tensor, chosen: Tensor) -> float:
    """Measure the largest distance from any point to the nearest of those chosen.

    Args:
        points: [n, channel].
        chosen: indices.

    Returns:
        The distance.
    """
    radius = 0.0
    centres = points[chosen]
    for rows in torch.split(points, 2048):
        radius = max(radius, float(torch.cdist(rows, centres).min(dim=1).values.max()))
    return radius
