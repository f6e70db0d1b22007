"""A mask of the user's own, as the player sends it: boxes of time and frequency."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.types import Box, Float64Array

# The same in js/brush.js; a stroke that needs more is refused there with a sentence.
MOST_BOXES = 4000


@dataclass(frozen=True)
class PaintedMask:
    """What the user painted, as boxes that do not overlap; edges lie between the picture's cells.

    Equal masks are equal and have one hash, so a mask can be the key of a cache.
    """

    boxes: tuple[Box, ...]

    def cells(self, freq_hz: Float64Array, time_s: Float64Array) -> NDArray[np.bool_]:
        """Which cells [freq, time] of these axes are painted: those whose centre is in a box.

        On the axes of the picture it was painted on, exactly the painted cells. Times are those
        of the clip: where `time_s` begins later, what lies before it is left out.
        """
        cells = np.zeros((freq_hz.size, time_s.size), dtype=np.bool_)
        for box in self.boxes:
            rows = slice(*np.searchsorted(freq_hz, [box.low_hz, box.high_hz]))
            columns = slice(*np.searchsorted(time_s, [box.start_s, box.end_s]))
            cells[rows, columns] = True
        return cells


def painted_of(message: Any, clip: str) -> PaintedMask | None:
    """The mask in what a browser sent, or None where it is empty, malformed or of another clip."""
    if not isinstance(message, Mapping) or message.get("clip") != clip:
        return None
    sent = message.get("boxes")
    if not isinstance(sent, list) or not 0 < len(sent) <= MOST_BOXES:
        return None
    boxes = []
    for box in sent:
        if not isinstance(box, list) or len(box) != 4 or not all(_is_number(side) for side in box):
            return None
        start_s, end_s, low_hz, high_hz = (float(side) for side in box)
        if not (0 <= start_s < end_s and 0 <= low_hz < high_hz):
            return None
        boxes.append((start_s, end_s, low_hz, high_hz))
    return PaintedMask(tuple(Box(*sides) for sides in sorted(boxes)))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
