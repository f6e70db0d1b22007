"""The coreset is the textbook's greedy one; neighbours are those of brute force."""

import numpy as np
import pytest
import torch

from core.detectors.heads.parts.coreset import covering_radius, greedy_coreset
from core.detectors.heads.parts.neighbours import NearestNeighbours
from core.detectors.heads.parts.reservoir import Reservoir


def textbook_greedy(points: np.ndarray, size: int, first: int) -> list[int]:
    chosen = [first]
    nearest = np.linalg.norm(points - points[first], axis=1)
    while len(chosen) < size:
        chosen.append(int(nearest.argmax()))
        nearest = np.minimum(nearest, np.linalg.norm(points - points[chosen[-1]], axis=1))
    return chosen


def cloud(n: int, channels: int, seed: int = 0) -> torch.Tensor:
    # An offset far from the origin, where distances by norms and products lose their digits.
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, channels, generator=generator) + 30.0


def test_exact_selection_is_the_textbooks_index_by_index() -> None:
    points = cloud(600, 20)
    chosen = greedy_coreset(points, 80, seed=5, n_projected=None).tolist()
    assert chosen == textbook_greedy(points.double().numpy(), 80, chosen[0])


def test_one_seed_gives_one_coreset_and_another_another() -> None:
    points = cloud(500, 300)
    first, again, other = (greedy_coreset(points, 50, seed=s).tolist() for s in (1, 1, 2))
    assert first == again != other
    assert len(set(first)) == 50


@pytest.mark.parametrize("spectrum", ["falling", "low rank and noise", "flat"])
def test_principal_directions_cover_as_well_as_the_exact_choice(spectrum: str) -> None:
    generator = torch.Generator().manual_seed(1)
    if spectrum == "low rank and noise":
        points = torch.randn(2000, 64, generator=generator) @ torch.randn(
            64, 256, generator=generator
        )
        points += 0.3 * torch.randn(2000, 256, generator=generator)
    else:
        last = 0.1 if spectrum == "falling" else 2.0
        points = cloud(2000, 256) @ torch.diag(torch.linspace(2, last, 256))
    exact = covering_radius(points, greedy_coreset(points, 300, seed=0, n_projected=None))
    projected = covering_radius(points, greedy_coreset(points, 300, seed=0, n_projected=128))
    assert projected <= 1.02 * exact


def test_more_points_than_there_are_are_not_chosen_twice() -> None:
    points = torch.ones(5, 4)
    assert sorted(greedy_coreset(points, 9, seed=0).tolist()) == [0, 1, 2, 3, 4]


def test_neighbours_are_brute_forces() -> None:
    bank, rows = cloud(700, 40), cloud(90, 40, seed=1)
    distances, indices = NearestNeighbours(bank).search(rows, 5)
    expected = torch.cdist(rows.double(), bank.double())
    torch.testing.assert_close(
        distances.double(), expected.sort(1).values[:, :5], atol=1e-4, rtol=0
    )
    assert torch.equal(indices, expected.argsort(1)[:, :5])


def test_a_row_of_the_bank_is_at_distance_zero() -> None:
    bank = cloud(300, 500)
    distances, indices = NearestNeighbours(bank).search(bank, 1)
    assert float(distances.max()) == 0.0
    assert torch.equal(indices[:, 0], torch.arange(300))


def test_a_larger_bank_never_raises_a_distance() -> None:
    bank, rows = cloud(400, 30), cloud(50, 30, seed=2)
    small, _ = NearestNeighbours(bank[:200]).search(rows, 1)
    large, _ = NearestNeighbours(bank).search(rows, 1)
    assert bool((large <= small + 1e-5).all())


def test_more_neighbours_than_the_bank_holds_are_all_of_it_once() -> None:
    _, indices = NearestNeighbours(cloud(4, 8)).search(cloud(3, 8, seed=1), 9)
    assert [sorted(row) for row in indices.tolist()] == [[0, 1, 2, 3]] * 3


def test_the_reservoir_draws_every_row_equally_often() -> None:
    counts = np.zeros(50)
    for seed in range(400):
        reservoir = Reservoir(10, seed)
        for chunk in torch.arange(50.0)[:, None].split(7):
            reservoir.add(chunk)
        drawn = reservoir.rows()[:, 0].numpy().astype(int)
        assert len(set(drawn)) == 10
        counts[drawn] += 1
    # 400 draws of 10 in 50: 80 each, standard deviation 8.
    assert np.abs(counts - 80).max() < 4.5 * 8


def test_the_reservoir_never_holds_more_than_twice_its_size() -> None:
    reservoir = Reservoir(100, 0)
    for _ in range(200):
        reservoir.add(torch.zeros(37, 2))
        assert sum(map(len, reservoir._keys)) <= 200 + 37
    assert len(reservoir.rows()) == 100
