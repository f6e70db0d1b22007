"""Regions are those of the whole map, wherever the borders between blocks of columns lie."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from core.detectors import connected_parts
from core.detectors.connected_parts import parts_of
from core.runtime import columns


def map_of(seed: int) -> NDArray[np.float32]:
    generator = np.random.default_rng(seed)
    shape = (24, int(generator.integers(1, 200)))
    raw = ndimage.gaussian_filter(generator.normal(size=shape), generator.uniform(0, 3))
    if seed % 3 == 0:
        raw = np.round(raw, 1)  # many highest cells
    if seed % 4 == 0:
        raw[5] = raw.max() + 1.0  # a band from beginning to end
    return raw.astype(np.float32)


def naive(
    raw: NDArray[np.float32], together: NDArray[np.bool_]
) -> set[tuple[float, int, int, int, int, int, int]]:
    """Each part by its whole mask: score, row, column, and the box where it reaches half of it."""
    labels, n_parts = ndimage.label(together, np.ones((3, 3)))
    found = set()
    for label in range(1, n_parts + 1):
        inside = np.where(labels == label, raw, -np.inf)
        row, column = divmod(int(inside.argmax()), inside.shape[1])
        score = float(inside[row, column])
        rows = np.flatnonzero(inside.max(axis=1) >= np.float64(score - 0.1))
        reached = np.flatnonzero(inside.max(axis=0) >= np.float64(score - 0.05))
        found.add((score, row, column, rows[0], rows[-1] + 1, reached[0], reached[-1] + 1))
    return found


@pytest.mark.parametrize("n_at_once", [1, 2, 7, 64, 2**14])
def test_parts_across_borders_are_the_whole_maps(
    n_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connected_parts, "COLUMNS_AT_ONCE", n_at_once)
    monkeypatch.setattr(columns, "COLUMNS_AT_ONCE", n_at_once)
    for seed in range(24):
        raw = map_of(seed)
        for share in (0.3, 0.7, 0.95):
            together = raw > np.quantile(raw, share)
            parts = parts_of(
                raw,
                (0, raw.shape[1]),
                lambda start, stop, cells=together: cells[:, start:stop],  # type: ignore[misc]
                lambda score: (np.float64(score - 0.1), np.float64(score - 0.05)),
            )
            found = [
                (*peak, rows.start, rows.stop, reached.start, reached.stop)
                for peak, rows, reached in parts
            ]
            assert len(set(found)) == len(found)
            assert set(found) == naive(raw, together)
