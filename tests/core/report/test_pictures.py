"""The picture shows the heat where it is, on one scale, whatever the clip's name."""

import io

import numpy as np
import pytest
from PIL import Image

from core.report.pictures import CONTOUR, HEIGHT, LEFT, MAP_HEIGHT, MAP_TOP, RIGHT, WIDTH, map_png
from core.types import AnomalyMap
from tests.support.maps import planted_map, seen_by_views


def pixels(content: bytes) -> np.ndarray:
    """[row, column, colour] of the map's own area."""
    with Image.open(io.BytesIO(content)) as image:
        assert image.format == "PNG"
        assert image.size == (WIDTH, HEIGHT)
        whole = np.asarray(image.convert("RGB"), dtype=int)
    return whole[MAP_TOP : MAP_TOP + MAP_HEIGHT, LEFT : WIDTH - RIGHT]


def orange(area: np.ndarray) -> np.ndarray:
    """Where there is heat: grey has equal red and blue."""
    return area[..., 0] - area[..., 2] > 40


def test_heat_lies_where_the_map_is_high_and_low_frequencies_are_below() -> None:
    found = planted_map()
    hot = orange(pixels(map_png(found)))
    rows, columns = np.nonzero(hot)
    n_freq, n_time = found.raw.shape
    assert rows.min() / MAP_HEIGHT == pytest.approx(1 - 56 / n_freq, abs=0.02)
    assert rows.max() / MAP_HEIGHT == pytest.approx(1 - 40 / n_freq, abs=0.02)
    assert columns.min() / hot.shape[1] == pytest.approx(100 / n_time, abs=0.02)
    assert columns.max() / hot.shape[1] == pytest.approx(120 / n_time, abs=0.02)


def test_the_contour_surrounds_the_patch_and_not_its_middle() -> None:
    outline = (pixels(map_png(planted_map())) == CONTOUR).all(axis=-1)
    assert outline.any()
    assert not outline[int(MAP_HEIGHT * 0.5), int(outline.shape[1] * 110 / 216)]


def test_a_normal_clip_stays_grey() -> None:
    level = np.random.default_rng(0).uniform(-60, 0, (96, 216)).astype(np.float32)
    assert not orange(pixels(map_png(planted_map(quiet=True), level))).any()


def test_the_same_probability_has_the_same_colour_in_every_picture() -> None:
    found = planted_map()
    louder = AnomalyMap(**{**vars(found), "raw": found.raw * 100, "threshold": 500.0})
    middle = int(MAP_HEIGHT * 0.5), int((WIDTH - LEFT - RIGHT) * 110 / 216)
    assert (pixels(map_png(found))[middle] == pixels(map_png(louder))[middle]).all()


def test_loud_cells_are_darker() -> None:
    level = np.full((96, 216), -60.0, dtype=np.float32)
    level[:48] = 0.0
    area = pixels(map_png(planted_map(quiet=True), level))
    assert area[-10, 50, 0] < area[10, 50, 0] - 80


@pytest.mark.parametrize("name", ["", "🎧", "<script>", "x" * 300, "a\nb\x1b[2J", "日本.wav"])
def test_any_name_can_be_drawn(name: str) -> None:
    pixels(map_png(planted_map(name=name)))


@pytest.mark.parametrize("n_time", [1, 2, 5000])
def test_any_length_can_be_drawn(n_time: int) -> None:
    pixels(map_png(planted_map(quiet=True, n_time=n_time)))


def test_a_long_sentence_takes_a_second_line_and_stays_off_the_map() -> None:
    def head(found: AnomalyMap) -> np.ndarray:
        with Image.open(io.BytesIO(map_png(found))) as image:
            return np.asarray(image.convert("L"), dtype=int)[:MAP_TOP]

    long = head(seen_by_views(stationary=9.0, level=9.0)) < 128
    assert not (head(planted_map()) < 128)[68:-2].any()
    assert long[68:-2].any()
    assert not long[:, :LEFT].any() and not long[:, -10:].any()
    assert (
        pixels(map_png(seen_by_views(stationary=9.0, level=9.0))) == pixels(map_png(planted_map()))
    ).all()
