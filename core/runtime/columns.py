"""A map [freq, time] of any length, a block of columns at a time, so that one on disk may be large.

Every function gives the same numbers for a map in memory and for one that is a memory map.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.runtime.memory import release

COLUMNS_AT_ONCE = 2**14


@dataclass(frozen=True, eq=False)
class Overview:
    """What a map is like, without reading all of it.

    Attributes:
        peaks: [time], the highest cell of each column
        middle: the median of all cells
    """

    peaks: NDArray[np.float32]
    middle: float

    @classmethod
    def of(cls, raw: NDArray[np.float32]) -> Overview:
        """Read a map.

        Args:
            raw: [freq, time]

        Returns:
            Its overview.
        """
        return cls(column_peaks(raw), median(raw))


def column_blocks(array: NDArray[Any]) -> Iterator[slice]:
    """Divide the columns of a map; after each block its memory is handed back.

    Args:
        array: [..., time]

    Yields:
        The columns of each block.
    """
    n_columns = array.shape[-1]
    for start in range(0, n_columns, COLUMNS_AT_ONCE):
        yield slice(start, min(start + COLUMNS_AT_ONCE, n_columns))
        release(array)


def column_peaks(raw: NDArray[np.float32]) -> NDArray[np.float32]:
    """Find the highest cell of each column.

    Args:
        raw: [freq, time]

    Returns:
        [time].
    """
    return np.concatenate([raw[:, block].max(axis=0) for block in column_blocks(raw)])


def highest_cell(raw: NDArray[np.float32]) -> tuple[int, int]:
    """Find the highest cell of a map, of several the first in the order of the rows.

    Args:
        raw: [freq, time]

    Returns:
        Its row and column, as argmax over the whole map gives them.
    """
    found = []
    for block in column_blocks(raw):
        part = raw[:, block]
        row, column = divmod(int(part.argmax()), part.shape[1])
        found.append((-float(part[row, column]), row, block.start + column))
    _, row, column = min(found)
    return row, column


def median(raw: NDArray[np.float32]) -> float:
    """Find the median of a map.

    Of a map of one block as NumPy has it; of a longer one by counting: how often the upper 16 bits
    of a cell occur, then the lower 16 of the cells where the median lies. It is exact, with two
    passes and half a MiB (119 million cells: 2 s).

    Args:
        raw: [freq, time], no number missing

    Returns:
        The median.
    """
    if raw.shape[-1] <= COLUMNS_AT_ONCE:
        return float(np.median(raw))
    upper = np.zeros(2**16, np.int64)
    for block in column_blocks(raw):
        upper += np.bincount(_ordered(raw[:, block]) >> 16, minlength=2**16)
    ranks = np.array([(raw.size - 1) // 2, raw.size // 2])
    highs = np.searchsorted(upper.cumsum(), ranks, side="right")
    lowers = {high: np.zeros(2**16, np.int64) for high in highs.tolist()}
    for block in column_blocks(raw):
        keys = _ordered(raw[:, block])
        for high, lower in lowers.items():
            lower += np.bincount(keys[keys >> 16 == high] & 0xFFFF, minlength=2**16)
    values = []
    for rank, high in zip(ranks.tolist(), highs.tolist(), strict=True):
        within = rank - int(upper[:high].sum())
        low = int(np.searchsorted(lowers[high].cumsum(), within, side="right"))
        values.append(_number(high << 16 | low))
    return float(np.mean(np.array(values, np.float32)))


def _ordered(values: NDArray[np.float32]) -> NDArray[np.uint32]:
    # Unsigned numbers in the order of the floats: the sign bit is turned, negative ones reversed.
    bits = values.view(np.uint32).ravel(order="K")
    turned: NDArray[np.uint32] = np.where(bits >> 31, ~bits, bits | np.uint32(2**31))
    return turned


def _number(key: int) -> float:
    bits = key ^ 2**31 if key >> 31 else ~key & 0xFFFFFFFF
    return float(np.array(bits, np.uint32).view(np.float32))
