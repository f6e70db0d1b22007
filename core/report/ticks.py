"""Round numbers along an axis."""

from __future__ import annotations

import math


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Find round numbers along an axis: multiples of 1, 2 or 5 times a power of ten.

    Args:
        low: where the axis begins
        high: where it ends, above `low`
        most: how many steps there may be between the numbers

    Returns:
        The numbers from low to high, at most `most` + 1, evenly spaced and ascending.

    >>> ticks(0.13, 0.94)
    [0.2, 0.4, 0.6, 0.8]
    >>> ticks(0.0, 1.0)
    [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    """
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    # The tolerances are for what 0.1 and its like lack as binary numbers.
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= 0.999 * rough)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{k * step:.12g}") for k in range(first, last + 1)]
