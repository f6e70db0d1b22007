"""Row scale: scores become comparable between rows, and rows without spread say nothing."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.detectors.views.row_scale import RowScale


def cells_of(n_clips: int, seed: int = 0) -> list[torch.Tensor]:
    """Scores in rows that lie decades apart, of clips of different lengths."""
    generator = np.random.default_rng(seed)
    rows = np.linspace(-6.0, 6.0, 5)[:, None]
    return [
        torch.tensor(np.exp(rows + generator.normal(0.0, 0.5, (5, n)))).float()
        for n in generator.integers(1, 40, n_clips)
    ]


@pytest.mark.parametrize("n_clips", [1, 2, 12])
def test_centre_and_spread_are_those_of_all_columns_of_a_row(n_clips: int) -> None:
    cells = cells_of(n_clips)
    scale = RowScale.of(cells)
    for row in range(5):
        logs = [np.log(value) for one in cells for value in one[row].tolist()]
        assert float(scale.centre[row]) == pytest.approx(np.mean(logs), abs=1e-4)
        assert float(scale.spread[row]) == pytest.approx(np.std(logs, ddof=1), abs=1e-4)
        z = (np.log(cells[0][row].numpy()) - np.mean(logs)) / np.std(logs, ddof=1)
        np.testing.assert_allclose(scale.z(cells[0])[row].numpy(), z, atol=1e-3)


def test_what_a_calibration_keeps_in_16_bits_gives_the_same_scale() -> None:
    cells = cells_of(12)
    exact, rounded = RowScale.of(cells), RowScale.of([one.half() for one in cells])
    torch.testing.assert_close(rounded.centre, exact.centre, atol=1e-3, rtol=0)
    torch.testing.assert_close(rounded.spread, exact.spread, atol=1e-3, rtol=0)


def test_a_row_without_spread_and_one_of_zeros_say_nothing_and_are_finite() -> None:
    """Above a recording's band every cell is the same but for rounding."""
    cells = cells_of(12)
    for one in cells:
        one[0], one[1] = 3.0, 0.0
    scale = RowScale.of(cells)
    new = cells_of(1, seed=5)[0]
    new[0], new[1] = 3.0 * (1.0 + 1e-6), 0.0
    z = scale.z(new)
    assert bool(torch.isfinite(z).all())
    assert float(z[:2].abs().max()) < 1e-3
