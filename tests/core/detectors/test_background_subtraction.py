"""What a cell is compared with: its clip's background, or neighbours as dense as its own."""

from pathlib import Path

import numpy as np
import pytest
import torch

from core.backbones import Backbone
from core.detectors.heads.parts.neighbours import NearestNeighbours
from core.detectors.heads.patchcore import PatchCore, PatchCoreSettings
from core.detectors.views.background_subtraction import (
    MISSING_SHARE,
    active_frames,
    residual,
    subtract_background,
)
from core.features.extractor import Features
from core.runtime.progress import silent
from core.types import FeatureMaps
from tests.support.fake_features import (
    LAYERS,
    SETTINGS,
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
    clips = [noise(seed) for seed in range(6)]
    return features_of(clips, tmp_path_factory.mktemp("features"), backbone)


def louder(maps: FeatureMaps) -> FeatureMaps:
    """The same sound through another microphone: each row and channel of a map shifted."""
    generator = torch.Generator().manual_seed(5)
    layers = {
        name: values + torch.rand(*values.shape[:2], 1, generator=generator)
        for name, values in maps.layers.items()
    }
    return FeatureMaps(maps.log_mel, layers)


def test_what_lasts_the_whole_clip_is_background() -> None:
    layer = torch.rand(3, 4, 9)
    shifted = layer + torch.rand(3, 4, 1)
    active = torch.ones(18, dtype=torch.bool)
    torch.testing.assert_close(residual(shifted, active), residual(layer, active))
    away = layer.numpy() - np.median(layer.numpy(), axis=2, keepdims=True)
    expected = np.where(away > 0, away, MISSING_SHARE * away)
    np.testing.assert_allclose(residual(layer, active).numpy(), expected, rtol=1e-5, atol=1e-7)


def test_digital_silence_is_no_background() -> None:
    layer = torch.rand(3, 4, 9)
    silent_after_six = torch.arange(18) < 12
    padded = layer.clone()
    padded[..., 6:] = 0.0
    torch.testing.assert_close(
        residual(padded, silent_after_six)[..., :6],
        residual(layer[..., :6], torch.ones(12, dtype=torch.bool)),
    )
    power = torch.cat([torch.rand(4, 12) + 0.1, torch.full((4, 6), 1e-12)], dim=1)
    assert torch.equal(active_frames(power), silent_after_six)
    click = torch.full((4, 40), 1e-12)
    click[:, 3] = 1.0
    assert bool(active_frames(click).all())


def test_the_training_set_as_reference_changes_nothing() -> None:
    maps = FeatureMaps(torch.rand(4, 8), {"a": torch.rand(2, 2, 4)})
    assert subtract_background(maps, ("a",), "training", SETTINGS) is maps


@pytest.mark.parametrize("views", ["training", "event"])
def test_another_microphone_matters_to_the_training_set_only(
    backbone: Backbone, features: Features, views: str
) -> None:
    head = PatchCore(PatchCoreSettings(bank_size=60, views=views), LAYERS, backbone)
    head.fit(features, seed=0, progress=silent)
    maps = maps_of(noise(99), backbone)
    here, there = head.score(maps).map.numpy(), head.score(louder(maps)).map.numpy()
    if views == "event":
        # Not quite the same: 3x3 averages at the border take in zeros beside the shifted cells.
        np.testing.assert_allclose(there, here, rtol=1e-3, atol=1e-5)
    else:
        assert there.mean() > 1.2 * here.mean()


def test_spacing_is_the_mean_distance_to_other_rows() -> None:
    bank = torch.rand(30, 4, generator=torch.Generator().manual_seed(0))
    distances = np.sqrt(((bank.numpy()[:, None] - bank.numpy()) ** 2).sum(axis=2))
    expected = np.sort(distances, axis=1)[:, 1:4].mean(axis=1)
    np.testing.assert_allclose(NearestNeighbours(bank).spacing(3).numpy(), expected, rtol=1e-4)


def test_rows_that_repeat_have_a_spacing_too() -> None:
    bank = torch.cat([torch.zeros(5, 3), torch.rand(20, 3)])
    spacing = NearestNeighbours(bank).spacing(3)
    assert float(spacing.min()) > 0.01
    assert float(NearestNeighbours(torch.ones(4, 3)).spacing(2).min()) > 0.0
    assert torch.equal(NearestNeighbours(torch.ones(1, 3)).spacing(2), torch.ones(1))


def test_density_divides_by_the_spacing(
    backbone: Backbone, features: Features, tmp_path: Path
) -> None:
    maps = maps_of(noise(99), backbone)
    plain, dense = (
        PatchCore(PatchCoreSettings(bank_size=60, density_neighbours=k), LAYERS, backbone)
        for k in (0, 3)
    )
    plain.fit(features, seed=0, progress=silent)
    dense.load_state(plain.state())
    ratio = (plain.score(maps).map / dense.score(maps).map).flatten()
    spacing = NearestNeighbours(plain.state()["bank"]).spacing(3)
    gaps = (ratio[:, None] - spacing).abs().min(dim=1).values
    assert float(gaps.max()) < 1e-4
    assert len(ratio.round(decimals=4).unique()) > 5
