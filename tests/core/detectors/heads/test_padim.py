"""PaDiM: against a loop over cells in 64-bit floats, and facts about its Gaussians."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.backbones import Backbone
from core.detectors.heads.padim import PaDiM, PaDiMSettings
from core.detectors.heads.parts.gaussian import RunningGaussians, packed_triangle, unpacked_triangle
from core.detectors.settings import make_settings
from core.detectors.views.background_subtraction import MISSING_SHARE
from core.errors import SettingError
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
    clips = [noise(seed) for seed in range(12)]
    return features_of(clips, tmp_path_factory.mktemp("features"), backbone)


def padim(backbone: Backbone, features: Features, **settings: Any) -> PaDiM:
    head = PaDiM(make_settings(PaDiMSettings, "padim", settings), LAYERS, backbone)
    head.fit(features, seed=0, progress=silent)
    return head


def naive_embedding(maps: FeatureMaps, centred: bool = False) -> np.ndarray:
    """[channel, freq, time] float64: every coarse cell repeated over the fine ones it covers."""
    layers = []
    for layer in LAYERS:
        values = maps.layers[layer].numpy().astype(np.float64)
        if centred:
            n = values.shape[-1]
            values = values - np.sort(values, axis=-1)[..., (n - 1) // 2, None]
            values = np.where(values < 0, MISSING_SHARE * values, values)
        repeat = maps.layers[LAYERS[0]].shape[-1] // values.shape[-1]
        layers.append(values.repeat(repeat, axis=1).repeat(repeat, axis=2))
    return np.concatenate(layers)


def naive_map(samples: list[np.ndarray], x: np.ndarray, ridge: float) -> np.ndarray:
    """Mahalanobis distances [freq, time]; `samples[i]` [channel, freq, time]."""
    result = np.zeros(x.shape[1:])
    for i, j in np.ndindex(*x.shape[1:]):
        normal = np.stack([sample[:, i, j] for sample in samples])
        covariance = np.cov(normal, rowvar=False) + ridge * np.eye(len(x))
        away = x[:, i, j] - normal.mean(axis=0)
        result[i, j] = np.sqrt(away @ np.linalg.inv(covariance) @ away)
    return result


@pytest.mark.parametrize("views", ["training", "event"])
def test_equals_a_loop_over_cells(backbone: Backbone, features: Features, views: str) -> None:
    head = padim(backbone, features, n_channels=20, views=views)
    chosen = head.state()["channels"].numpy()
    assert len(set(chosen)) == 20
    centred = views == "event"
    normal = [naive_embedding(maps, centred)[chosen] for maps in features.segments()]
    maps = maps_of(noise(99), backbone)
    expected = naive_map(normal, naive_embedding(maps, centred)[chosen], ridge=0.01)
    np.testing.assert_allclose(head.score(maps).map.numpy(), expected, rtol=1e-4)


def test_one_gaussian_a_frequency_equals_a_loop(backbone: Backbone, features: Features) -> None:
    head = padim(backbone, features, n_channels=N_CHANNELS, position="frequency")
    columns = np.concatenate([naive_embedding(maps) for maps in features.segments()], axis=2)
    x = naive_embedding(maps_of(noise(99, seconds=2.3), backbone))
    normal = [np.repeat(columns[:, :, [t]], x.shape[2], 2) for t in range(columns.shape[2])]
    expected = naive_map([sample[:, :, :5] for sample in normal], x[:, :, :5], ridge=0.01)
    found = head.score(maps_of(noise(99, seconds=2.3), backbone)).map.numpy()
    assert found.shape == x.shape[1:]
    np.testing.assert_allclose(found[:, :5], expected, rtol=1e-4)


def test_one_pass_equals_numpy_far_from_zero() -> None:
    rng = np.random.default_rng(0)
    samples = 1e4 + rng.standard_normal((3, 50, 4))
    gaussians = RunningGaussians(3, 4, torch.device("cpu"))
    for start in (0, 1, 7, 30):
        stop = {0: 1, 1: 7, 7: 30, 30: 50}[start]
        gaussians.add(torch.from_numpy(samples[:, start:stop]))
    for cell in range(3):
        covariance = np.cov(samples[cell], rowvar=False)
        np.testing.assert_allclose(gaussians.covariance()[cell].numpy(), covariance, rtol=1e-8)
    np.testing.assert_allclose(gaussians.mean.numpy(), samples.mean(axis=1), rtol=1e-12)


def test_triangles_pack_and_unpack() -> None:
    lower = torch.rand(5, 7, 7).tril()
    assert torch.equal(unpacked_triangle(packed_triangle(lower), 7), lower)


def test_more_channels_than_there_are_is_refused(backbone: Backbone, features: Features) -> None:
    with pytest.raises(SettingError, match=f"n_channels goes from 1 to {N_CHANNELS}.*37 is outs"):
        padim(backbone, features, n_channels=N_CHANNELS + 1)


@pytest.mark.parametrize("position", ["cell", "frequency"])
@pytest.mark.parametrize("views", ["training", "event"])
def test_a_tone_burst_is_found(
    backbone: Backbone, features: Features, position: str, views: str
) -> None:
    head = padim(backbone, features, n_channels=30, position=position, views=views)
    scores = head.score(maps_of(noise(99, tone=(0.6, 2500.0)), backbone)).map.numpy()
    row, column = np.unravel_index(scores.argmax(), scores.shape)
    assert 0.55 < (column + 0.5) / scores.shape[1] < 0.8
    assert scores.max() > 2 * head.score(maps_of(noise(98), backbone)).map.numpy().max()
    assert row > scores.shape[0] / 2


def test_a_clip_of_the_windows_length_is_not_blended(
    backbone: Backbone, tmp_path: Path, features: Features
) -> None:
    head = padim(backbone, features, n_channels=10)
    maps = maps_of(noise(99, seconds=2.6), backbone)
    whole = head.score(maps).map
    width = int(head.state()["window_columns"])
    fine, coarse = slice(0, width), slice(0, width // 2)
    first = FeatureMaps(
        maps.log_mel[:, : 2 * width],
        {
            name: values[..., fine if name == LAYERS[0] else coarse]
            for name, values in maps.layers.items()
        },
    )
    # Columns before the second window begins are the first window's alone.
    torch.testing.assert_close(whole[:, : width // 2], head.score(first).map[:, : width // 2])
