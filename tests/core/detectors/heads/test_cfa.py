"""CFA: its losses and its map against the paper's formulas in NumPy, and facts about training."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.backbones import Backbone
from core.detectors.heads import cfa as cfa_module
from core.detectors.heads.cfa import CFA, CFASettings, coupled_loss, soft_boundary
from core.detectors.settings import make_settings
from core.features.extractor import Features
from core.runtime.progress import silent
from core.types import FeatureMaps
from tests.support.fake_features import (
    LAYERS,
    N_CHANNELS,
    features_of,
    maps_of,
    noise,
    small_backbone,
)


@pytest.fixture(scope="module")
def backbone() -> Backbone:
    return small_backbone()


@pytest.fixture(scope="module")
def features(tmp_path_factory: pytest.TempPathFactory, backbone: Backbone) -> Features:
    clips = [noise(seed) for seed in range(10)]
    return features_of(clips, tmp_path_factory.mktemp("features"), backbone)


def cfa(backbone: Backbone, features: Features, **settings: Any) -> CFA:
    head = CFA(make_settings(CFASettings, "cfa", settings), LAYERS, backbone)
    head.fit(features, seed=0, progress=silent)
    return head


def naive_losses(
    patches: np.ndarray, centroids: np.ndarray, radius: float, margin: float
) -> tuple[float, float]:
    attraction, repulsion = [], []
    for patch in patches:
        squared = np.sort(((patch - centroids) ** 2).sum(axis=1))
        attraction += [max(0.0, d - radius**2) for d in squared[:3]]
        repulsion += [max(0.0, radius**2 - d - margin) for d in squared[3:6]]
    return float(np.mean(attraction)) / 1e-3, float(np.mean(repulsion)) / 1e-3


@pytest.mark.parametrize("radius", [0.5, 1.5, 4.0])
def test_both_losses_equal_their_formulas(radius: float) -> None:
    rng = np.random.default_rng(0)
    patches, centroids = rng.standard_normal((40, 5)), rng.standard_normal((25, 5))
    squared = ((patches[:, None] - centroids) ** 2).sum(axis=2)
    squared = np.sort(squared, axis=1)[:, :6]
    r = torch.tensor(radius, dtype=torch.float64, requires_grad=True)
    loss = coupled_loss(torch.from_numpy(squared), r, margin=0.1)
    attraction, repulsion = naive_losses(patches, centroids, radius, margin=0.1)
    assert loss.item() == pytest.approx(attraction + repulsion, rel=1e-9)
    # The radius learns from both: attraction widens it, repulsion narrows it.
    loss.backward()
    step = 1e-6
    wider = sum(naive_losses(patches, centroids, radius + step, margin=0.1))
    assert r.grad is not None
    assert float(r.grad) == pytest.approx((wider - loss.item()) / step, rel=1e-3)


def test_the_repulsion_acts_at_a_large_radius_only() -> None:
    squared = torch.tensor([[0.1, 0.2, 0.3, 1.0, 2.0, 3.0]])
    small, large = (float(coupled_loss(squared, torch.tensor(r), 0.1)) for r in (1.0, 2.0))
    assert small == 0.0
    assert large == pytest.approx((4 - 1 - 0.1 + 4 - 2 - 0.1 + 4 - 3 - 0.1) / 3 / 1e-3)


def naive_distances(head: CFA, maps: FeatureMaps) -> np.ndarray:
    """Distances [freq, time, centroid] of every patch, rising, from the state alone."""
    state = {name: value.double().numpy() for name, value in head.state().items()}
    n_rows, n_columns = maps.layers[LAYERS[0]].shape[1:]
    pooled = []
    for layer in LAYERS:
        values = torch.nn.functional.avg_pool2d(maps.layers[layer][None], 3, 1, 1)
        pooled.append(
            torch.nn.functional.interpolate(values, (n_rows, n_columns), mode="bilinear")[0]
        )
    embedding = torch.cat(pooled).double().numpy()
    distances = np.zeros((n_rows, n_columns, len(state["centroids"])))
    for i, j in np.ndindex(n_rows, n_columns):
        place = [2 * i / (n_rows - 1) - 1, 2 * j / (n_columns - 1) - 1]
        patch = state["weight"] @ np.append(embedding[:, i, j], place) + state["bias"]
        distances[i, j] = np.sqrt(((patch - state["centroids"]) ** 2).sum(axis=1))
    return np.sort(distances, axis=2)


def test_the_map_equals_its_formula(backbone: Backbone, features: Features) -> None:
    head = cfa(backbone, features, epochs=2)
    maps = maps_of(noise(99), backbone)
    nearest = naive_distances(head, maps)[:, :, :3]
    softmin = np.exp(-nearest[:, :, 0]) / np.exp(-nearest).sum(axis=2)
    expected = softmin * nearest[:, :, 0]
    np.testing.assert_allclose(head.score(maps).map.numpy(), expected, rtol=1e-4)


def test_soft_boundary_of_equal_distances_is_a_third() -> None:
    assert float(soft_boundary(torch.tensor([[6.0, 6.0, 6.0]]))) == pytest.approx(2.0)


def test_training_lowers_the_loss_of_new_normals(backbone: Backbone, features: Features) -> None:
    losses = []
    for epochs in (1, 20):
        head = cfa(backbone, features, epochs=epochs)
        squared = naive_distances(head, maps_of(noise(98), backbone))[:, :, :6] ** 2
        radius = head.state()["radius"]
        losses.append(float(coupled_loss(torch.from_numpy(squared).flatten(0, 1), radius, 0.1)))
    assert losses[1] < 0.95 * losses[0]


def test_an_epoch_of_a_large_set_is_a_part_of_it_drawn_anew(
    backbone: Backbone, features: Features, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[torch.Tensor] = []
    learn = CFA._learn

    def noted(self: CFA, rows: torch.Tensor) -> None:
        seen.append(rows)
        learn(self, rows)

    monkeypatch.setattr(CFA, "_learn", noted)
    cfa(backbone, features, epochs=3)
    assert len(seen) == 3 * 2  # 8 clips to train on, 4 a step
    seen.clear()
    monkeypatch.setattr(cfa_module, "MOST_CLIPS_AN_EPOCH", 4)
    cfa(backbone, features, epochs=3)
    assert len(seen) == 3
    assert not torch.equal(seen[0], seen[1])


def test_a_tone_burst_is_found(backbone: Backbone, features: Features) -> None:
    head = cfa(backbone, features, epochs=5)
    scores = head.score(maps_of(noise(99, tone=(0.6, 2500.0)), backbone)).map.numpy()
    _, column = np.unravel_index(scores.argmax(), scores.shape)
    assert 0.55 < (column + 0.5) / scores.shape[1] < 0.8
    assert scores.max() > 1.5 * head.score(maps_of(noise(98), backbone)).map.numpy().max()


def test_fewer_centroids_and_narrower_descriptors(backbone: Backbone, features: Features) -> None:
    state = cfa(backbone, features, epochs=1, cells_a_centroid=4, narrowing=2).state()
    n_cells = 12 * int(state["window_columns"])
    assert state["centroids"].shape == (n_cells // 4, N_CHANNELS // 2)
    assert state["weight"].shape == (N_CHANNELS // 2, N_CHANNELS + 2)


def test_windows_of_a_long_clip_join(backbone: Backbone, tmp_path: Path) -> None:
    clips = [noise(seed, seconds=0.6) for seed in range(5)]
    head = cfa(backbone, features_of(clips, tmp_path, backbone), epochs=1)
    maps = maps_of(noise(99, seconds=3.0), backbone)
    assert head.score(maps).map.shape == maps.layers[LAYERS[0]].shape[1:]


def test_a_step_learns_the_gradient_that_autograd_finds(
    backbone: Backbone, features: Features
) -> None:
    head = cfa(backbone, features, epochs=1)
    descriptor, bank = head._descriptor, head._neighbours.bank
    rows = torch.cat([head._rows(maps)[0] for maps in features[0]])
    with torch.no_grad():
        descriptor.radius.mul_(1.5)
    head._learn(rows)
    learned = {name: value.grad.clone() for name, value in descriptor.named_parameters()}
    descriptor.zero_grad()
    squared = (descriptor(rows)[:, None] - bank).square().sum(dim=2).sort(dim=1).values[:, :6]
    coupled_loss(squared, descriptor.radius, head.settings.margin).backward()
    for name, value in descriptor.named_parameters():
        assert value.grad.abs().max() > 0
        torch.testing.assert_close(learned[name], value.grad, rtol=1e-3, atol=1e-3)
