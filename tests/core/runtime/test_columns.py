"""A map by blocks of columns gives NumPy's own numbers, in memory and on disk."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from core.runtime import columns, spool
from core.runtime.columns import column_blocks, column_peaks, highest_cell, median
from core.runtime.spool import Spool


def maps() -> list[NDArray[np.float32]]:
    generator = np.random.default_rng(0)
    found = []
    for n_columns in (1, 49, 50, 51, 333, 1000):
        raw = generator.normal(size=(7 + n_columns % 2, n_columns)).astype(np.float32)
        found += [raw, 1e30 * raw, np.round(raw), np.abs(raw), np.zeros_like(raw), -np.abs(raw)]
    return found


@pytest.mark.parametrize("spooled", [False, True])
def test_blocks_give_what_the_whole_map_gives(
    spooled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "COLUMNS_AT_ONCE", 50)
    monkeypatch.setattr(spool, "MOST_IN_MEMORY", 100)
    for raw in maps():
        shown = Spool.of(raw.T.copy()).array().T if spooled and raw.nbytes > 100 else raw
        assert median(shown) == float(np.median(raw))
        assert highest_cell(shown) == divmod(int(raw.argmax()), raw.shape[1])
        np.testing.assert_array_equal(column_peaks(shown), raw.max(axis=0))
        for block in column_blocks(shown):
            shown[:, block] += 1.0
        if shown is not raw:
            np.testing.assert_array_equal(shown, raw + np.float32(1.0))
