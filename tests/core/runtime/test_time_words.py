"""Times in words: one form, and no range whose ends look equal where they are not."""

import re

import numpy as np
import pytest

from core.runtime.time_words import clock, time_range, time_text
from core.spectral.frequency_range import frequency_range


def seconds_of(said: str) -> float:
    total = 0.0
    for part in said.split(":"):
        total = 60 * total + float(part)
    return total


@pytest.mark.parametrize("digits", [0, 1, 2])
def test_a_clock_reads_back_and_never_shows_sixty(digits: int) -> None:
    rng = np.random.default_rng(digits)
    for seconds in [*rng.uniform(0, 9000, 300), 59.999, 3599.99, 119.96, 0.0]:
        said = clock(seconds, digits)
        assert abs(seconds_of(said) - seconds) <= 0.5001 * 10.0**-digits
        assert not re.search(r"(^|:)60", said)


def test_the_ends_of_a_range_differ_wherever_three_digits_tell_them_apart() -> None:
    rng = np.random.default_rng(0)
    for _ in range(500):
        start, length = rng.uniform(0, 400), 10 ** rng.uniform(-2.9, 2)
        said = time_range(start, start + length, int(rng.integers(0, 3)))
        first, last = said.removesuffix(" s").split("–")
        assert seconds_of(first) < seconds_of(last)
        assert ("s" in said) != (":" in said)
    assert time_range(2.0, 2.0) == time_text(2.0) == "2.0 s"


def test_the_ends_of_a_band_differ_or_there_is_one() -> None:
    rng = np.random.default_rng(1)
    for _ in range(500):
        low = 10 ** rng.uniform(0, 4)
        said = frequency_range(low, low * (1 + 10 ** rng.uniform(-6, 1)))
        ends = re.sub(" k?Hz", "", said).split("–")
        assert len(ends) == len(set(ends)) or "Hz–" in said, said
