"""Subspace: against scikit-learn's PCA on all cells at once, and facts about what lies outside."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.decomposition import PCA

from core.backbones import Backbone
from core.detectors.heads.subspace import Subspace, SubspaceSettings, principal_directions
from core.detectors.settings import make_settings
from core.detectors.views.background_subtraction import active_frames, residual
from core.features.extractor import Features
from core.runtime.progress import silent
from core.spectral.spectrogram import mel_power
from core.types import FeatureMaps
from tests.support.fake_features import LAYERS, features_of, maps_of, noise, small_backbone, stored


@pytest.fixture(scope="module")
def backbone() -> Backbone:
    return small_backbone()


@pytest.fixture(scope="module")
def features(tmp_path_factory: pytest.TempPathFactory, backbone: Backbone) -> Features:
    clips = [noise(seed) for seed in range(8)]
    return features_of(clips, tmp_path_factory.mktemp("features"), backbone)


def subspace(backbone: Backbone, features: Features, **settings: Any) -> Subspace:
    layers = settings.pop("layers", LAYERS)
    head = Subspace(make_settings(SubspaceSettings, "subspace", settings), layers, backbone)
    head.fit(features, seed=0, progress=silent)
    return head


def embedded(maps: FeatureMaps, backbone: Backbone, views: str) -> np.ndarray:
    """[freq, time, channel] float64, coarse layers enlarged to the finest."""
    layers = maps.layers
    if views == "event":
        active = active_frames(mel_power(maps.log_mel, backbone.settings))
        layers = {name: residual(values, active) for name, values in layers.items()}
    size = layers[LAYERS[0]].shape[-2:]
    joined = torch.cat(
        [F.interpolate(layers[name][None], size=size, mode="bilinear")[0] for name in LAYERS]
    )
    return joined.permute(1, 2, 0).double().numpy()


@pytest.mark.parametrize("share", [0.3, 0.9, 0.99])
@pytest.mark.parametrize("views", ["training", "event"])
@pytest.mark.parametrize("position", ["all", "frequency"])
def test_equals_what_scikit_learn_s_pca_cannot_reconstruct(
    backbone: Backbone, features: Features, position: str, views: str, share: float
) -> None:
    head = subspace(backbone, features, position=position, views=views, variance_share=share)
    normal = np.concatenate([embedded(m, backbone, views) for m in features.segments()], axis=1)
    maps = maps_of(noise(99, tone=(0.6, 2500.0)), backbone)
    tested = embedded(maps, backbone, views)
    if position == "all":
        normal, cells = (
            normal.reshape(1, -1, normal.shape[2]),
            tested.reshape(1, -1, tested.shape[2]),
        )
    else:
        cells = tested
    expected = []
    for row, of_row in zip(normal, cells, strict=True):
        pca = PCA(n_components=share, svd_solver="full").fit(row)
        rebuilt = pca.inverse_transform(pca.transform(of_row))
        expected.append(np.linalg.norm(of_row - rebuilt, axis=1))
    found = head.score(maps).map.numpy()
    np.testing.assert_allclose(found, np.reshape(expected, found.shape), rtol=1e-3, atol=1e-4)


def test_what_varies_as_normal_sound_does_scores_nothing_and_the_rest_its_length(
    backbone: Backbone, tmp_path: Path
) -> None:
    """Normal cells lie on a plane: far away on it is normal, a step off it is not."""
    generator = torch.Generator().manual_seed(0)
    basis, _ = torch.linalg.qr(torch.randn(8, 3, generator=generator))

    def maps(coordinates: torch.Tensor) -> FeatureMaps:
        # Coordinates [3, freq, time] along the basis; the third direction is never normal.
        layer = torch.einsum("cd,dft->cft", basis, coordinates) + 2.0
        return FeatureMaps(torch.full((24, 32), 0.5), {LAYERS[0]: layer})

    normal = torch.randn(6, 3, 12, 16, generator=generator)
    normal[:, 2] = 0.0
    head = subspace(
        backbone,
        stored([maps(one) for one in normal], tmp_path),
        layers=LAYERS[:1],
        position="frequency",
    )
    tested = torch.zeros(3, 12, 16)
    tested[0] = 50.0
    tested[2, 5, 9] = 3.0
    found = head.score(maps(tested)).map
    assert found[5, 9] == pytest.approx(3.0, rel=0.01)
    found[5, 9] = 0.0
    assert found.max() < 0.1


def test_without_directions_a_score_is_the_distance_from_the_row_s_mean(
    backbone: Backbone, features: Features
) -> None:
    head = subspace(backbone, features, position="frequency", variance_share=0.0)
    normal = np.concatenate([embedded(m, backbone, "") for m in features.segments()], axis=1)
    maps = maps_of(noise(99), backbone)
    away = embedded(maps, backbone, "") - normal.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(
        head.score(maps).map.numpy(), np.linalg.norm(away, axis=2), rtol=1e-3, atol=1e-4
    )


def test_directions_explain_the_share_and_no_more_than_it_takes() -> None:
    variances = torch.tensor([[6.0, 3.0, 1.0, 0.0], [9.0, 0.6, 0.3, 0.1]], dtype=torch.float64)
    rotation, _ = torch.linalg.qr(torch.randn(2, 4, 4, dtype=torch.float64))
    covariance = rotation @ torch.diag_embed(variances) @ rotation.transpose(1, 2)
    directions = principal_directions(covariance, 0.8)
    assert directions.shape == (2, 2, 4)
    # Two directions for the first place, one and a row of zeros for the second.
    lengths = directions.norm(dim=2)
    torch.testing.assert_close(lengths, torch.tensor([[1.0, 1.0], [1.0, 0.0]]))
    found = torch.einsum("pdc,pce,pde->pd", directions.double(), covariance, directions.double())
    torch.testing.assert_close(
        found, torch.tensor([[6.0, 3.0], [9.0, 0.0]], dtype=torch.float64), rtol=1e-5, atol=1e-5
    )
    assert principal_directions(covariance, 0.0).shape == (2, 0, 4)


@pytest.mark.parametrize("position", ["all", "frequency"])
@pytest.mark.parametrize("views", ["training", "event"])
def test_a_tone_burst_is_found(
    backbone: Backbone, features: Features, position: str, views: str
) -> None:
    head = subspace(backbone, features, position=position, views=views, variance_share=0.5)
    scores = head.score(maps_of(noise(99, tone=(0.6, 2500.0)), backbone)).map.numpy()
    row, column = np.unravel_index(scores.argmax(), scores.shape)
    assert 0.55 < (column + 0.5) / scores.shape[1] < 0.8
    assert row > scores.shape[0] / 2
