"""The picture of the normal clips' scores says what the numbers say."""

import math
import re

import numpy as np
import pytest

from app.widgets.normal_scores import html, normal_scores


def test_every_normal_clip_is_counted_once() -> None:
    scores = np.random.default_rng(0).gamma(4.0, size=137)
    found = normal_scores(scores, 8.0, 9.0)
    assert found.counts.sum() == scores.size
    drawn = re.findall(r'title="(\d+) normal recording', html(found))
    assert sum(map(int, drawn)) == scores.size


def test_a_bar_stands_where_its_scores_lie_and_is_as_high_as_they_are_many() -> None:
    found = normal_scores([*[1.0] * 3, *[2.0] * 6, *[3.0]], threshold=3.5)
    places = [
        tuple(map(float, bar))
        for bar in re.findall(
            r'class="bar" style="left:([\d.]+)%;width:([\d.]+)%;height:([\d.]+)%', html(found)
        )
    ]
    assert len(places) == 3
    for (left, width, _), score in zip(places, (1.0, 2.0, 3.0), strict=True):
        assert left - 0.01 <= found.place(score) <= left + width + 0.01
    heights = [height for *_, height in places]
    assert heights[0] / heights[1] == pytest.approx(0.5, abs=1e-3)
    assert heights[2] / heights[1] == pytest.approx(1 / 6, abs=1e-3)
    assert max(heights) < 90


def test_the_clip_and_the_threshold_are_inside_the_axis() -> None:
    found = normal_scores([1.0, 1.2, 1.1], -3.0, 40.0)
    assert found.low < -3.0
    assert found.high > 40.0
    assert 0 < found.place(-3.0) < found.place(40.0) < 100


def test_shape_and_words_say_the_side() -> None:
    above, below = normal_scores([1.0, 2.0], 4.0, 5.0), normal_scores([1.0, 2.0], 4.0, 3.0)
    assert 'class="mark above"' in html(above)
    assert 'class="mark below"' in html(below)
    assert "scores 5, above it" in above.summary
    assert "scores 3, below it" in below.summary
    assert above.summary in html(above)
    assert "mark" not in html(normal_scores([1.0, 2.0], 4.0))


@pytest.mark.parametrize("scores", [[], [2.0], [2.0, 2.0, 2.0], [np.nan, 1.0]])
def test_few_or_equal_scores_are_drawn(scores: list[float]) -> None:
    found = normal_scores(scores, 1.0)
    assert "nan" not in html(found)
    assert found.counts.sum() == sum(map(math.isfinite, scores))
