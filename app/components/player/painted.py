"""A mask of the user's own, as the player sends it: boxes of time and frequency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.components.shared import messages
from core.types import Box, Float64Array

# The player is sent this too, and refuses a stroke that needs more with a sentence.
MOST_BOXES = 4000


@dataclass(frozen=True)
class PaintedMask:
    """What the user painted. Equal masks have one hash, so a mask can be the key of a cache.

    Attributes:
        boxes: They do not overlap; their edges lie between the picture's cells.
    """

    boxes: tuple[Box, ...]

    def cells(self, freq_hz: Float64Array, time_s: Float64Array) -> NDArray[np.bool_]:
        """Find the painted cells of a map: those whose centre is in a box.

        On the axes of the picture it was painted on, these are exactly the painted cells.

        Args:
            freq_hz: [freq] the centres of the rows, rising.
            time_s: [time] the centres of the columns, in seconds of the recording; what lies
                before its first is left out.

        Returns:
            [freq, time] whether each is painted.
        """
        cells = np.zeros((freq_hz.size, time_s.size), dtype=np.bool_)
        for box in self.boxes:
            rows = slice(*np.searchsorted(freq_hz, [box.low_hz, box.high_hz]))
            columns = slice(*np.searchsorted(time_s, [box.start_s, box.end_s]))
            cells[rows, columns] = True
        return cells


def painted_of(message: Any, clip: str) -> PaintedMask | None:
    """Read the mask that a browser sent.

    Args:
        message: What it sent.
        clip: Names the recording that is shown.

    Returns:
        The mask; None where it is empty, malformed or of another recording.
    """
    if not isinstance(message, Mapping) or message.get("clip") != clip:
        return None
    sent = message.get("boxes")
    if not isinstance(sent, list) or not 0 < len(sent) <= MOST_BOXES:
        return None
    boxes = [box for sides in sent if (box := messages.box(sides))]
    if len(boxes) < len(sent):
        return None
    return PaintedMask(tuple(sorted(boxes, key=lambda box: tuple(vars(box).values()))))
