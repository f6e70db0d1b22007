"""What the player draws, and how it is packed: in steps of a byte.

A picture longer than `MOST_COLUMNS` columns is thinned by the maximum, so that a click in an hour
stays visible.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.components.shared.frame import columns_by_max, evidence_steps, steps_of
from core.types import Float32Array, Float64Array

MOST_COLUMNS = 4000
# Deeper than 16-bit sound ever shows; 255 steps of it are under half a decibel each.
DEEPEST_DB = 120.0


@dataclass(frozen=True, eq=False)
class Picture:
    """What the player draws.

    Attributes:
        level_db: [freq, time] the spectrogram.
        evidence: [freq, time] the evidence map in [0, 1].
        score_over_time: [time]
        threshold: Of the score.
        freq_hz: [freq] the centres of the rows, rising.
        time_s: [time] the centres of the columns, evenly spaced.
    """

    level_db: Float32Array
    evidence: Float32Array
    score_over_time: Float32Array
    threshold: float
    freq_hz: Float64Array
    time_s: Float64Array


@dataclass(frozen=True, eq=False)
class NamedMap:
    """Another map of the same recording, drawn below under the same playhead and zoom.

    Attributes:
        caption: Written above it.
        evidence: [freq, time] on the picture's axes.
        score_over_time: [time]
        threshold: Of the score.
    """

    caption: str
    evidence: Float32Array
    score_over_time: Float32Array
    threshold: float


def packed_picture(
    arrays: dict[str, NDArray[Any]], picture: Picture, maps: Sequence[NamedMap]
) -> dict[str, Any]:
    """Pack a picture and its maps.

    Args:
        arrays: Where the packed arrays are added.
        picture: The picture, with a map of its own.
        maps: Further maps of the same shape.

    Returns:
        What the header says of it.

    Raises:
        ValueError: The arrays do not fit each other, or there is a single row or column.
    """
    shape = (picture.freq_hz.size, picture.time_s.size)
    every: list[Picture | NamedMap] = [picture, *maps]
    layers = [picture.level_db, *(one.evidence for one in every)]
    scores = [one.score_over_time for one in every]
    if {layer.shape for layer in layers} != {shape} or {one.shape for one in scores} != {shape[1:]}:
        raise ValueError(f"The picture's layers do not all have its axes' shape {shape}.")
    if min(shape) < 2:
        raise ValueError(f"A picture needs two rows and two columns, not {shape}.")
    factor = math.ceil(picture.time_s.size / MOST_COLUMNS)
    level = columns_by_max(picture.level_db, factor)
    high = float(level.max())
    low = max(float(level.min()), high - DEEPEST_DB)
    span_db = max(high - low, 1e-6)
    arrays["level"] = steps_of((level - low) / span_db)
    for place, one in enumerate(every):
        _pack_map(arrays, f"map{place}", one, factor)
    step = float(picture.time_s[-1] - picture.time_s[0]) / (picture.time_s.size - 1)
    return {
        "level_min_db": low,
        "level_max_db": low + span_db,
        "maps": [
            {"caption": getattr(one, "caption", ""), "threshold": float(one.threshold)}
            for one in every
        ],
        "freq_hz": [float(hz) for hz in picture.freq_hz],
        "first_s": float(picture.time_s[0]) + step * (factor - 1) / 2,
        "step_s": step * factor,
    }


def _pack_map(
    arrays: dict[str, NDArray[Any]], name: str, one: Picture | NamedMap, factor: int
) -> None:
    # The contour runs between the steps of what is above the threshold and of what is not.
    arrays[f"{name}.evidence"] = evidence_steps(columns_by_max(one.evidence, factor))
    arrays[f"{name}.score"] = columns_by_max(one.score_over_time, factor).astype(np.float32)
