"""Figures say what the numbers say."""

import numpy as np
import pytest

from app import figures
from core.types import AnomalyMap


def test_every_normal_clip_is_counted_once() -> None:
    scores = np.random.default_rng(0).gamma(4.0, size=137)
    figure = figures.histogram(scores, 9.0, 8.0)
    assert sum(figure.data[0].y) == scores.size


def test_the_clip_and_the_threshold_are_inside_the_axis() -> None:
    figure = figures.histogram([1.0, 1.2, 1.1], 40.0, -3.0)
    low, high = figure.layout.xaxis.range
    assert low < -3.0
    assert high > 40.0


def test_shape_and_colour_say_the_side() -> None:
    above = figures.histogram([1.0, 2.0], 5.0, 4.0).data[1].marker
    below = figures.histogram([1.0, 2.0], 3.0, 4.0).data[1].marker
    assert above.symbol != below.symbol
    assert above.color != below.color


@pytest.mark.parametrize("scores", [[], [2.0], [2.0, 2.0, 2.0], [np.nan, 1.0]])
def test_few_or_equal_scores_are_drawn(scores: list[float]) -> None:
    assert figures.histogram(scores, None, 1.0).data


def test_the_strip_keeps_its_peaks() -> None:
    values = np.zeros(10_000)
    values[7_777] = 3.0
    strip = figures.strip(values, unit=2.0)
    assert len(strip) == 60
    assert max(strip) == 1.5
    assert strip.index(1.5) == int(7_777 / 10_000 * 60)


def test_the_map_keeps_a_click_in_an_hour_and_one_scale() -> None:
    probability = np.zeros((4, 50_000), np.float32)
    probability[2, 31_234] = 0.75
    time_s = np.arange(50_000) * 0.072
    found = AnomalyMap(
        "an hour",
        probability,
        probability,
        np.array([1.0, 2, 3, 4]),
        time_s,
        1.0,
        0.5,
        2.0,
        2.0,
        (),
    )
    heat = figures.map_figure(found).data[0]
    assert np.asarray(heat.z).shape[1] <= figures.MOST_COLUMNS
    assert np.asarray(heat.z).max() == np.float32(0.75)
    assert (heat.zmin, heat.zmax) == (0.0, 1.0)
