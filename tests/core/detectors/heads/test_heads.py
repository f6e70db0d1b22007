"""What every head promises, whichever it is: a new one is tested by being registered."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.backbones import Backbone
from core.detectors.heads.head import Head
from core.detectors.registry import HEADS, head_type
from core.detectors.settings import make_settings
from core.errors import Cancelled
from core.features.extractor import Features
from core.runtime.progress import Progress, silent
from core.types import FeatureMaps
from tests.support.fake_features import (
    classified,
    constant_beats,
    constant_maps,
    features_of,
    maps_of,
    noise,
    small_backbone,
    small_beats,
    stored,
)

# Enough for a second, where a head's own settings are meant for hours of sound.
QUICK: dict[str, dict[str, Any]] = {
    "patchcore": {"bank_size": 50},
    "padim": {"n_channels": 10},
    "cfa": {"epochs": 2},
    "stfpm": {"epochs": 2},
    "autoencoder": {"epochs": 2},
    "anopatch": {"steps": 4, "batch_size": 2, "accumulation": 2, "warmup_steps": 2},
}

each_head = pytest.mark.parametrize("name", list(HEADS))


@lru_cache
def backbone_for(name: str, device: str = "cpu") -> Backbone:
    """A small network of the kind that the head works with."""
    return small_beats(device) if HEADS[name].backbones else small_backbone(device)


def two_classes(features: Features) -> Features:
    """The same clips, of two classes by turns."""
    return classified(features, [("even", "odd")[i % 2] for i in range(len(features))])


@pytest.fixture(scope="module")
def features_for(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Features]:
    @lru_cache
    def made(backbone: Backbone) -> Features:
        clips = [noise(seed) for seed in range(6)]
        return two_classes(features_of(clips, tmp_path_factory.mktemp("features"), backbone))

    return lambda name: made(backbone_for(name))


@pytest.fixture
def backbone(name: str) -> Backbone:
    return backbone_for(name)


@pytest.fixture
def features(name: str, features_for: Callable[[str], Features]) -> Features:
    return features_for(name)


def new_head(name: str, backbone: Backbone) -> Head:
    kind = head_type(name)
    settings = make_settings(kind.settings_type, name, QUICK.get(name, {}))
    return kind(settings, backbone.default_layers, backbone)


def fitted(
    name: str, backbone: Backbone, features: Features, seed: int = 0, progress: Progress = silent
) -> Head:
    head = new_head(name, backbone)
    head.fit(features, seed=seed, progress=progress)
    return head


def score(head: Head, maps: FeatureMaps) -> np.ndarray:
    scores = head.score(maps).map
    assert scores.device.type == "cpu" and scores.dtype == torch.float32 and scores.ndim == 2
    assert not scores.requires_grad
    values: np.ndarray = scores.numpy()
    assert np.isfinite(values).all()
    return values


@each_head
def test_one_seed_gives_one_head(name: str, backbone: Backbone, features: Features) -> None:
    maps = maps_of(noise(99), backbone)
    first, second = (score(fitted(name, backbone, features, seed=3), maps) for _ in range(2))
    np.testing.assert_allclose(first, second, rtol=1e-4, atol=1e-6)


@each_head
def test_fitting_again_starts_afresh(name: str, backbone: Backbone, features: Features) -> None:
    maps = maps_of(noise(99), backbone)
    head = fitted(name, backbone, features.subset([0, 1, 2]))
    head.fit(features, seed=0, progress=silent)
    fresh = fitted(name, backbone, features)
    np.testing.assert_allclose(score(head, maps), score(fresh, maps), rtol=1e-4, atol=1e-6)


@each_head
def test_state_carries_everything(name: str, backbone: Backbone, features: Features) -> None:
    maps = maps_of(noise(99), backbone)
    head = fitted(name, backbone, features)
    copy = new_head(name, backbone)
    copy.load_state({key: value.clone() for key, value in head.state().items()})
    np.testing.assert_array_equal(score(head, maps), score(copy, maps))
    with pytest.raises(KeyError):
        new_head(name, backbone).load_state({})


@each_head
def test_clips_of_any_length_get_a_map(name: str, backbone: Backbone, features: Features) -> None:
    head = fitted(name, backbone, features)
    for seconds in (0.1, 0.5, 1.1, 3.0):
        maps = maps_of(noise(99, seconds), backbone)
        n_rows, n_columns = score(head, maps).shape
        assert maps.log_mel.shape[0] % n_rows == 0 and maps.log_mel.shape[1] % n_columns == 0


@each_head
def test_clips_of_different_lengths_are_learned_from(
    name: str, backbone: Backbone, tmp_path: Path
) -> None:
    clips = [noise(seed, seconds) for seed, seconds in enumerate((0.15, 0.7, 1.0, 1.0, 2.5))]
    head = fitted(name, backbone, two_classes(features_of(clips, tmp_path, backbone)))
    score(head, maps_of(noise(99), backbone))


@each_head
def test_sound_that_never_changes(name: str, backbone: Backbone, tmp_path: Path) -> None:
    constant = constant_beats() if HEADS[name].backbones else constant_maps()
    head = fitted(name, backbone, two_classes(stored([constant] * 3, tmp_path)))
    same, other = score(head, constant), score(head, maps_of(noise(1), backbone))
    assert same.max() < other.max()


@each_head
def test_it_can_be_stopped_anywhere(name: str, backbone: Backbone, features: Features) -> None:
    seen: list[float] = []
    fitted(name, backbone, features, progress=lambda _, fraction: seen.append(fraction))
    assert len(seen) >= 3
    assert seen == sorted(seen) and seen[0] >= 0.0 and seen[-1] <= 1.0

    def stop(_: str, fraction: float) -> None:
        if fraction >= seen[len(seen) // 2]:
            raise Cancelled

    with pytest.raises(Cancelled):
        fitted(name, backbone, features, progress=stop)


@each_head
def test_the_gpu_scores_as_the_processor_does(name: str, features: Features) -> None:
    # Features are rounded to 16 bits: a change of a millionth before it moves PaDiM's cells by a
    # thousandth of the highest one. With TF32 the change was a hundredth.
    if not torch.cuda.is_available():
        pytest.skip("no CUDA GPU here")
    state = fitted(name, backbone_for(name), features).state()
    maps = []
    for device in ("cpu", "cuda"):
        backbone = backbone_for(name, device)
        head = new_head(name, backbone)
        head.load_state(state)
        maps.append(score(head, maps_of(noise(99), backbone)))
    np.testing.assert_allclose(*maps, rtol=0.0, atol=3e-3 * np.abs(maps[0]).max())
