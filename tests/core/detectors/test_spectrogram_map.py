"""From a head's cells to a clip's score: windows that cover all, and their best columns."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch

from core.detectors.views.spectrogram_map import best_columns, column_scores, windows_of


@pytest.mark.parametrize("n_rows", [3, 5, 12])
@pytest.mark.parametrize("share", [0.04, 0.3, 0.7, 1.0, 5.0])
def test_the_top_score_of_each_window_is_the_naive_mean_of_means(n_rows: int, share: float) -> None:
    cells = torch.rand(n_rows, 40, generator=torch.Generator().manual_seed(0))
    windows = windows_of(40, share)
    expected = []
    for start, stop in windows:
        columns = [sorted(column, reverse=True)[:5] for column in cells[:, start:stop].T.tolist()]
        means = sorted((sum(best) / len(best) for best in columns), reverse=True)[:5]
        expected.append(sum(means) / len(means))
    assert best_columns(column_scores(cells), windows) == pytest.approx(expected)


def test_one_outlying_cell_lifts_the_score_by_a_25th_of_itself() -> None:
    cells = torch.zeros(12, 40)
    cells[3, 7] = 100.0
    assert best_columns(column_scores(cells), [(0, 40)]) == pytest.approx([4.0])


@pytest.mark.parametrize("share", [0.01, 0.04, 0.3, 0.66, 0.7, 1.0, 5.0])
@pytest.mark.parametrize("n_columns", [1, 2, 5, 40, 131])
def test_windows_cover_a_clip_and_overlap_by_half(n_columns: int, share: float) -> None:
    windows = windows_of(n_columns, share)
    covered = np.zeros(n_columns, bool)
    for start, stop in windows:
        assert 0 <= start < stop <= n_columns
        covered[start:stop] = True
    assert covered.all()
    width = max(1, round(n_columns * min(1.0, share)))
    assert len({stop - start for start, stop in windows}) == 1
    assert windows[0][1] == (n_columns if n_columns <= 1.5 * width else width)
    for (start, _), (later, _) in pairwise(windows):
        assert start < later <= start + max(1, width // 2)
