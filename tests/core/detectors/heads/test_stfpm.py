"""STFPM: losses and maps against the paper's formulas in NumPy, and facts about the student."""

from typing import Any

import numpy as np
import pytest
import torch

from core.backbones import Backbone
from core.backbones.networks.cnn14 import Cnn14
from core.detectors.heads.stfpm import (
    CROP_FRAMES,
    STFPM,
    STFPMSettings,
    Student,
    difference,
    fused,
    random_crop,
)
from core.detectors.settings import make_settings
from core.features.extractor import Features
from core.runtime.progress import silent
from core.types import FeatureMaps
from tests.support.fake_features import LAYERS, features_of, maps_of, noise, small_backbone

TEACHER = {"conv_block1": 8, "conv_block2": 12, "conv_block3": 16}


@pytest.fixture(scope="module")
def backbone() -> Backbone:
    return small_backbone()


@pytest.fixture(scope="module")
def features(tmp_path_factory: pytest.TempPathFactory, backbone: Backbone) -> Features:
    clips = [noise(seed) for seed in range(10)]
    return features_of(clips, tmp_path_factory.mktemp("features"), backbone)


def stfpm(backbone: Backbone, features: Features, **settings: Any) -> STFPM:
    head = STFPM(make_settings(STFPMSettings, "stfpm", settings), LAYERS, backbone)
    head.fit(features, seed=0, progress=silent)
    return head


def naive_difference(teacher: np.ndarray, student: np.ndarray) -> np.ndarray:
    """Half the squared distance [freq, time] of unit vectors, cell by cell."""
    result = np.zeros(teacher.shape[1:])
    for i, j in np.ndindex(*result.shape):
        t, s = teacher[:, i, j], student[:, i, j]
        t, s = t / np.sqrt(t @ t), s / np.sqrt(s @ s)
        result[i, j] = 0.5 * ((t - s) @ (t - s))
    return result


def test_the_difference_equals_its_formula() -> None:
    rng = np.random.default_rng(0)
    teacher, student = rng.standard_normal((2, 7, 3, 5))
    found = difference(torch.from_numpy(teacher)[None], torch.from_numpy(student)[None])
    np.testing.assert_allclose(found[0].numpy(), naive_difference(teacher, student), rtol=1e-9)


@pytest.mark.parametrize("fusion", ["product", "sum"])
def test_the_map_joins_every_layer(backbone: Backbone, features: Features, fusion: str) -> None:
    head = stfpm(backbone, features, epochs=1, fusion=fusion)
    maps = maps_of(noise(99), backbone)
    student = Student(backbone, TEACHER, 0.25)
    student.load_state_dict(head.state())
    with torch.no_grad():
        heard = student.eval()(maps.log_mel[None])
    size = maps.layers[LAYERS[0]].shape[1:]
    layers = []
    for layer in LAYERS:
        values = naive_difference(maps.layers[layer].numpy(), heard[layer][0].numpy())
        enlarged = torch.nn.functional.interpolate(
            torch.from_numpy(values)[None, None], size, mode="bilinear"
        )
        layers.append(enlarged[0, 0].numpy())
    expected = np.prod(layers, axis=0) if fusion == "product" else np.sum(layers, axis=0)
    found = head.score(maps).map.numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-6)


def test_fusing_layers_of_one_size() -> None:
    a, b = torch.rand(2, 1, 3, 4)
    torch.testing.assert_close(fused([a, b], "product"), a * b)
    torch.testing.assert_close(fused([a, b], "sum"), a + b)


def test_a_full_student_has_the_teachers_shape_and_no_more(backbone: Backbone) -> None:
    student = Student(backbone, TEACHER, width=1.0)
    fresh = Cnn14((8, 12, 16), pooling="max", last_pooled=False)
    shapes = {name: value.shape for name, value in student.network.state_dict().items()}
    assert shapes == {name: value.shape for name, value in fresh.state_dict().items()}
    assert not list(student.widening.parameters())
    narrow = Student(backbone, TEACHER, width=0.5)
    assert narrow.network.channels == (4, 6, 8)
    maps = narrow(torch.rand(2, 24, 16))
    assert {layer: value.shape[1] for layer, value in maps.items()} == TEACHER


def test_every_layer_is_learned(backbone: Backbone, features: Features) -> None:
    maps = maps_of(noise(98), backbone)
    errors = []
    for epochs in (1, 15):
        state = stfpm(backbone, features, epochs=epochs, batch_size=4, student_width=1).state()
        student = Student(backbone, TEACHER, 1.0)
        student.load_state_dict(state)
        with torch.no_grad():
            heard = student.eval()(maps.log_mel[None])
        errors.append([float(difference(maps.layers[k][None], heard[k]).mean()) for k in LAYERS])
    for before, after in zip(*errors, strict=True):
        assert after < before


def test_a_tone_burst_is_found(backbone: Backbone, features: Features) -> None:
    head = stfpm(backbone, features, epochs=15, batch_size=4, student_width=1.0)
    # Less the same noise without the burst: a student of ten seconds of noise mishears edges too.
    quiet, burst = (
        head.score(maps_of(noise(99, tone=tone), backbone)).map.numpy()
        for tone in (None, (0.6, 2500.0))
    )
    row, column = np.unravel_index((burst - quiet).argmax(), burst.shape)
    assert 0.55 < (column + 0.5) / burst.shape[1] < 0.8
    assert row > burst.shape[0] / 2


def test_a_crop_lies_where_the_teacher_heard_it(backbone: Backbone) -> None:
    maps = maps_of(noise(0, seconds=3.0), backbone)
    generator = torch.Generator().manual_seed(0)
    n_frames = maps.log_mel.shape[1]
    for _ in range(20):
        crop = random_crop(maps, LAYERS, generator)
        assert crop.log_mel.shape[1] == CROP_FRAMES
        starts = [
            start
            for start in range(0, n_frames - CROP_FRAMES + 1, 4)
            if torch.equal(maps.log_mel[:, start : start + CROP_FRAMES], crop.log_mel)
        ]
        (start,) = starts
        fine = maps.layers["conv_block1"][..., start // 2 : (start + CROP_FRAMES) // 2]
        assert torch.equal(crop.teacher["conv_block1"], fine)
        for stride, layer in ((2, "conv_block1"), (4, "conv_block2")):
            keep = crop.keep[layer][0]
            assert len(keep) == CROP_FRAMES // stride
            # Cells within the four frames next to a cut do not count; a clip's own ends do.
            assert float(keep[0]) == (start == 0)
            assert float(keep[-1]) == (start + CROP_FRAMES == n_frames)
            assert keep[4 // stride : -4 // stride].min() == 1.0


def test_a_short_clip_is_its_own_crop(backbone: Backbone) -> None:
    maps: FeatureMaps = maps_of(noise(0, seconds=0.3), backbone)
    crop = random_crop(maps, LAYERS, torch.Generator().manual_seed(0))
    assert torch.equal(crop.log_mel, maps.log_mel)
    assert all(float(keep.min()) == 1.0 for keep in crop.keep.values())


def test_one_seed_draws_the_same_student(backbone: Backbone, features: Features) -> None:
    before = torch.random.get_rng_state()
    first, second = (stfpm(backbone, features, epochs=1).state() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert torch.equal(before, torch.random.get_rng_state())
