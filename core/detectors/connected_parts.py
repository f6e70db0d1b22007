"""The connected parts of a stretch of a map that may be hours long, found block by block."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from core.runtime.columns import COLUMNS_AT_ONCE
from core.runtime.memory import release
from core.types import Float32Array

# Gives from the value of a part's highest cell what its rows and its columns must reach.
Levels = Callable[[float], tuple[np.float64, np.float64]]


class Peak(NamedTuple):
    """The highest cell of a part; of several the first in the order of the rows.

    Attributes:
        score: its value.
        row: on the map.
        column: likewise.
    """

    score: float
    row: int
    column: int

    @property
    def order(self) -> tuple[float, int, int]:
        """Of the peaks of two parts the smaller one is the peak of both together."""
        return -self.score, self.row, self.column


def parts_of(
    raw: Float32Array,
    run: tuple[int, int],
    together: Callable[[int, int], NDArray[np.bool_]],
    levels: Levels,
) -> Iterator[tuple[Peak, slice, slice]]:
    """Find the 8-connected parts of some columns of a map, and a box around each.

    A part within a block of columns is done with the block. Those that cross a border between
    blocks are joined when all blocks are known, and the blocks are gone through a second time for
    their boxes, which depend on their highest cell. Memory: that of one block.

    Args:
        raw: [freq, time].
        run: the first column and the one after the last.
        together: gives of two columns which cells between them count, [freq, time].
        levels: from the highest cell of a part, what the rows and columns of its box must reach.

    Yields:
        Each part's highest cell, and the rows and columns of its box.
    """
    starts = range(run[0], run[1], COLUMNS_AT_ONCE)
    blocks = [(start, min(start + COLUMNS_AT_ONCE, run[1])) for start in starts]
    crossing: list[dict[int, int]] = []  # of each block: label to the place among `peaks`
    peaks: list[Peak] = []
    links: set[tuple[int, int]] = set()
    last_column = np.zeros(0, np.intp)
    for start, stop in blocks:
        block = _Block(raw, start, together(start, stop))
        at_border = block.labels_at([0] * (start > run[0]) + [-1] * (stop < run[1]))
        crossing.append({})
        for label in range(1, block.n_parts + 1):
            part = block.part(label)
            if label in at_border:
                crossing[-1][label] = len(peaks)
                peaks.append(part.peak)
            else:
                yield part.peak, *part.box(*levels(part.peak.score))
        if start > run[0]:
            links |= _touching(last_column, block.places(0, crossing[-1]))
        if stop < run[1]:
            last_column = block.places(-1, crossing[-1])
    if peaks:
        yield from _joined(raw, blocks, together, levels, crossing, peaks, links)


class _Block:
    # A block's cells, with a number for each of its parts.
    def __init__(self, raw: Float32Array, start: int, together: NDArray[np.bool_]) -> None:
        self.start = start
        self.values = np.ascontiguousarray(raw[:, start : start + together.shape[1]])
        release(raw)
        self.labels, self.n_parts = ndimage.label(together, structure=np.ones((3, 3)))
        self._boxes = ndimage.find_objects(self.labels)

    def labels_at(self, columns: list[int]) -> set[int]:
        return set(np.unique(self.labels[:, columns]).tolist()) - {0}

    def places(self, column: int, of_label: dict[int, int]) -> NDArray[np.intp]:
        found = [of_label.get(label, -1) for label in self.labels[:, column].tolist()]
        return np.array(found, np.intp)

    def part(self, label: int) -> _Part:
        # Within its own box: `ndimage.maximum_position` would sort the whole map.
        box = self._boxes[label - 1]
        inside = np.where(self.labels[box] == label, self.values[box], np.float32(-np.inf))
        return _Part(inside, box[0].start, self.start + box[1].start)


class _Part:
    # The cells of a part in a block, -inf around them, and where they lie on the map.
    def __init__(self, inside: Float32Array, first_row: int, first_column: int) -> None:
        self._inside, self._first_row, self._first_column = inside, first_row, first_column
        row, column = divmod(int(inside.argmax()), inside.shape[1])
        score = float(inside[row, column])
        self.peak = Peak(score, first_row + row, first_column + column)

    def box(self, row_level: float, column_level: float) -> tuple[slice, slice]:
        # Empty at the part's edge where nothing reaches the level.
        rows = np.flatnonzero(self._inside.max(axis=1) >= row_level)
        columns = np.flatnonzero(self._inside.max(axis=0) >= column_level)
        return _span(rows, self._first_row), _span(columns, self._first_column)


def _span(indices: NDArray[np.intp], first: int) -> slice:
    if indices.size == 0:
        return slice(first, first)
    return slice(first + int(indices[0]), first + int(indices[-1]) + 1)


def _touching(before: NDArray[np.intp], after: NDArray[np.intp]) -> set[tuple[int, int]]:
    # Which parts of two columns beside each other touch, by an edge or by a corner.
    pairs = [(before, after), (before[1:], after[:-1]), (before[:-1], after[1:])]
    one, other = (np.concatenate(side) for side in zip(*pairs, strict=True))
    both = (one >= 0) & (other >= 0)
    return set(zip(one[both].tolist(), other[both].tolist(), strict=True))


def _joined(
    raw: Float32Array,
    blocks: list[tuple[int, int]],
    together: Callable[[int, int], NDArray[np.bool_]],
    levels: Levels,
    crossing: list[dict[int, int]],
    peaks: list[Peak],
    links: set[tuple[int, int]],
) -> Iterator[tuple[Peak, slice, slice]]:
    # The parts that cross borders: what is linked is one.
    one, other = np.array(sorted(links), np.intp).reshape(-1, 2).T
    graph = coo_array((np.ones(one.size), (one, other)), (len(peaks), len(peaks)))
    n_joined, group_of = connected_components(graph, directed=False)
    highest: list[Peak] = [Peak(-np.inf, 0, 0)] * n_joined
    for group, peak in zip(group_of.tolist(), peaks, strict=True):
        highest[group] = min(highest[group], peak, key=lambda one: one.order)
    boxes: list[list[tuple[slice, slice]]] = [[] for _ in range(n_joined)]
    for (start, stop), places in zip(blocks, crossing, strict=True):
        block = _Block(raw, start, together(start, stop))
        for label, place in places.items():
            group = int(group_of[place])
            boxes[group].append(block.part(label).box(*levels(highest[group].score)))
    for peak, found in zip(highest, boxes, strict=True):
        sides = zip(*found, strict=True)
        rows, columns = ([span for span in side if span.start < span.stop] for side in sides)
        yield peak, _around(rows), _around(columns)


def _around(spans: list[slice]) -> slice:
    return slice(min(span.start for span in spans), max(span.stop for span in spans))
