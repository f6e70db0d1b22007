"""Numbers along an axis are few, round and even."""

from __future__ import annotations

import numpy as np
import pytest

from core.report.ticks import ticks


@pytest.mark.parametrize(
    ("low", "high"), [(0.0, 1.0), (-3.2, 44.1), (1e-5, 3e-5), (999.0, 1001.0), (2.0, 3.0)]
)
def test_ticks_are_few_even_and_inside(low: float, high: float) -> None:
    found = ticks(low, high)
    assert 2 <= len(found) <= 7
    assert low <= found[0] and found[-1] <= high
    np.testing.assert_allclose(np.diff(found), found[1] - found[0])
