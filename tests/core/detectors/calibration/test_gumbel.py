"""The law of maxima is SciPy's."""

import numpy as np
import pytest
from scipy import stats

from core.detectors.calibration.gumbel import Gumbel


def test_the_tail_is_scipys() -> None:
    tail = Gumbel(3.0, 0.7)
    reference = stats.gumbel_r(loc=3.0, scale=0.7)
    # Beyond z = 36 the tail is below the smallest step from 1; its logarithm is -z.
    values = np.linspace(-3.0, 20.0, 300)
    np.testing.assert_allclose(tail.log_survival(values), reference.logsf(values), atol=1e-9)
    assert float(tail.log_survival(np.array(103.0))) == pytest.approx(-100 / 0.7, abs=1e-6)
    for rate in (0.001, 0.05, 0.5):
        assert tail.quantile_above(rate) == pytest.approx(reference.isf(rate))
