"""The autoencoder: its layout is the description's, its map puts errors where they are."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from core.backbones import Backbone
from core.detectors.heads.autoencoder import (
    Autoencoder,
    AutoencoderSettings,
    StackAutoencoder,
    stacked,
    unstacked,
)
from core.runtime.progress import silent
from core.types import FeatureMaps
from tests.support.fake_features import LAYERS, features_of, noise, small_backbone, stored


@pytest.fixture(scope="module")
def backbone() -> Backbone:
    return small_backbone()


def test_layout_is_that_of_dcase_2020() -> None:
    network = StackAutoencoder(640)
    dense = [layer for layer in network if isinstance(layer, nn.Linear)]
    widths = [640, 128, 128, 128, 128, 8, 128, 128, 128, 128, 640]
    assert [(layer.in_features, layer.out_features) for layer in dense] == list(pairwise(widths))
    kinds = [type(layer).__name__ for layer in network]
    assert kinds == ["Linear", "BatchNorm1d", "ReLU"] * 9 + ["Linear"]
    # Weights, biases and two per normalised unit, counted by hand.
    n_dense = 640 * 128 + 6 * 128 * 128 + 2 * 8 * 128 + 128 * 640 + (8 * 128 + 8 + 640)
    n_norm = 2 * (8 * 128 + 8)
    assert sum(p.numel() for p in network.parameters()) == n_dense + n_norm


def test_a_stack_is_five_frames_in_order() -> None:
    log_mel = torch.arange(3 * 7.0).reshape(3, 7)
    rows = stacked(log_mel)
    assert rows.shape == (3, 15)
    for start in range(3):
        expected = np.concatenate([log_mel[:, start + k].numpy() for k in range(5)])
        np.testing.assert_array_equal(rows[start].numpy(), expected)
    assert stacked(log_mel[:, :2]).shape == (1, 15)


def test_a_columns_error_is_the_mean_of_its_stacks() -> None:
    errors = torch.rand(4, 5, 3, generator=torch.Generator().manual_seed(0))
    found = unstacked(errors)
    assert found.shape == (3, 8)
    for column in range(8):
        part_of = [errors[s, column - s] for s in range(4) if 0 <= column - s < 5]
        torch.testing.assert_close(found[:, column], torch.stack(part_of).mean(dim=0))


def swelling(seed: int, n_columns: int = 64) -> FeatureMaps:
    """A log-mel spectrogram [24, n_columns] of two steady timbres that swell and fade."""
    timbres = np.random.default_rng(0).random((24, 2))
    rng = np.random.default_rng(seed)
    phase, rate = rng.uniform(0, 2 * np.pi, (2, 1)), rng.uniform(0.05, 0.2, (2, 1))
    gains = 1.0 + np.sin(phase + rate * np.arange(n_columns))
    values = timbres @ gains + 0.02 * rng.standard_normal((24, n_columns))
    return FeatureMaps(torch.from_numpy(values.astype(np.float32)), {})


def test_it_learns_and_finds_what_it_has_not_learned(backbone: Backbone, tmp_path: Path) -> None:
    head = Autoencoder(AutoencoderSettings(epochs=20, batch_size=64), LAYERS, backbone)
    head.fit(stored([swelling(i) for i in range(10)], tmp_path), seed=0, progress=silent)
    normal = head.score(swelling(98)).map
    # Each band's variance is one: an error well below is a reconstruction.
    assert float(normal.mean()) < 0.3
    odd = swelling(99)
    odd.log_mel[15:18, 30:40] += 1.5
    scores = head.score(odd).map
    row, column = divmod(int(scores.argmax()), scores.shape[1])
    assert 15 <= row < 18 and 30 <= column < 40
    assert scores.max() > 2 * normal.max()


def test_bands_that_never_vary_do_not_drown_the_rest(backbone: Backbone, tmp_path: Path) -> None:
    features = features_of([noise(seed) for seed in range(4)], tmp_path, backbone)
    head = Autoencoder(AutoencoderSettings(epochs=1), LAYERS, backbone)
    head.fit(features, seed=0, progress=silent)
    spread = head.state()["spread"]
    assert float(spread.min()) >= 0.09 * float(spread.mean())
