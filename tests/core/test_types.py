"""Facts about what passes along the way of one clip."""

import numpy as np

from tests.support.maps import planted_map


def test_a_stretch_of_a_map_has_its_columns_and_repeats_the_last_beyond_the_end() -> None:
    found = planted_map()
    cut = found.stretch(90, 40)
    np.testing.assert_array_equal(cut.raw, found.raw[:, 90:130])
    np.testing.assert_array_equal(cut.evidence, found.evidence[:, 90:130])
    np.testing.assert_array_equal(cut.time_s, found.time_s[90:130])
    assert (cut.score, cut.regions) == (found.score, found.regions)
    beyond = found.stretch(found.time_s.size - 2, 5)
    assert beyond.raw.shape == (found.freq_hz.size, 5)
    np.testing.assert_array_equal(beyond.raw[:, 1:], np.repeat(found.raw[:, -1:], 4, axis=1))
    np.testing.assert_allclose(np.diff(beyond.time_s), found.time_s[1])
