"""What the player draws, and how it is packed: in steps of a byte.

A picture longer than `MOST_COLUMNS` columns is thinned by the maximum, so that a click in an hour
stays visible.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.components.player.frame import Frame
from core.types import Float32Array, Float64Array

MOST_COLUMNS = 4000
# Deeper than 16-bit sound ever shows; 255 steps of it are under half a decibel each.
DEEPEST_DB = 120.0
MARGIN_ZERO = 128


@dataclass(frozen=True, eq=False)
class Picture:
    """What the player draws.

    Shape:
        level_db, probability, raw: [freq, time]; freq_hz: [freq]; time_s, score_over_time: [time]
    `freq_hz` and `time_s` are the centres of rows and columns, strictly increasing, columns evenly
    spaced. The contour runs where `raw` crosses `map_threshold`; without `raw`, where
    `probability` crosses `contour_probability`; with neither there is none.
    """

    level_db: Float32Array
    probability: Float32Array
    score_over_time: Float32Array
    map_threshold: float
    freq_hz: Float64Array
    time_s: Float64Array
    raw: Float32Array | None = None
    contour_probability: float | None = None


@dataclass(frozen=True, eq=False)
class NamedMap:
    """Another map of the same clip, drawn below under the same playhead and zoom.

    Shape:
        probability, raw: [freq, time] on the picture's axes; score_over_time: [time]
    """

    label: str
    probability: Float32Array
    raw: Float32Array
    score_over_time: Float32Array
    map_threshold: float


def check_picture(picture: Picture) -> None:
    """Refuse a picture whose arrays do not fit each other.

    Raises:
        ValueError: they do not, or it has a single row or column.
    """
    shape = (picture.freq_hz.size, picture.time_s.size)
    layers = [picture.level_db, picture.probability]
    layers += [picture.raw] if picture.raw is not None else []
    if any(layer.shape != shape for layer in layers) or picture.score_over_time.shape != shape[1:]:
        raise ValueError(f"The picture's layers do not all have its axes' shape {shape}.")
    if min(shape) < 2:
        raise ValueError(f"A picture needs two rows and two columns, not {shape}.")


def packed_picture(frame: Frame, picture: Picture) -> dict[str, Any]:
    """A picture in steps of a byte, added to the frame, and what the header says of it."""
    factor = math.ceil(picture.time_s.size / MOST_COLUMNS)
    level = columns_by_max(finite(picture.level_db), factor)
    high = float(level.max())
    low = max(float(level.min()), high - DEEPEST_DB)
    span_db = max(high - low, 1e-6)
    level_steps = np.rint((np.clip(level, low, high) - low) * (255 / span_db))
    probability = columns_by_max(finite(picture.probability), factor)
    score = columns_by_max(finite(picture.score_over_time)[None], factor)[0]
    step = float(picture.time_s[-1] - picture.time_s[0]) / (picture.time_s.size - 1)
    first = float(picture.time_s[0]) + step * (factor - 1) / 2
    return {
        "n_freq": int(level.shape[0]),
        "n_time": int(level.shape[1]),
        "level": frame.add(level_steps.astype(np.uint8)),
        "level_min_db": low,
        "level_max_db": low + span_db,
        "probability": frame.add(np.rint(np.clip(probability, 0, 1) * 255).astype(np.uint8)),
        "margin": _packed_margin(frame, picture, factor),
        "margin_zero": MARGIN_ZERO,
        "score": frame.add(score.astype("<f4")),
        "threshold": float(picture.map_threshold),
        "freq_hz": [float(hz) for hz in picture.freq_hz],
        "first_s": first,
        "step_s": step * factor,
    }


def packed_map(frame: Frame, picture: Picture, other: NamedMap) -> dict[str, Any]:
    """Another map in steps of a byte, added to the frame, and what the header says of it.

    Raises:
        ValueError: it does not have the picture's shape.
    """
    shape = picture.level_db.shape
    if other.probability.shape != shape or other.raw.shape != shape:
        raise ValueError(f"The map “{other.label}” does not have the picture's shape {shape}.")
    factor = math.ceil(picture.time_s.size / MOST_COLUMNS)
    probability = columns_by_max(finite(other.probability), factor)
    score = columns_by_max(finite(other.score_over_time)[None], factor)[0]
    distance = finite(other.raw) - np.float32(other.map_threshold)
    return {
        "label": other.label,
        "probability": frame.add(np.rint(np.clip(probability, 0, 1) * 255).astype(np.uint8)),
        "margin": _packed_distance(frame, distance, factor),
        "score": frame.add(score.astype("<f4")),
        "threshold": float(other.map_threshold),
    }


def columns_by_max(layer: Float32Array, factor: int) -> Float32Array:
    """Every `factor` columns become one, their maximum; the last may stand for fewer."""
    if factor == 1:
        return layer
    starts = np.arange(0, layer.shape[1], factor)
    thinned: Float32Array = np.maximum.reduceat(layer, starts, axis=1)
    return thinned


def finite(layer: Float32Array) -> Float32Array:
    """The layer with what is not a number set to its lowest number."""
    layer = np.asarray(layer, np.float32)
    good = np.isfinite(layer)
    if good.all():
        return layer
    lowest = layer[good].min() if good.any() else np.float32(0)
    return np.where(good, layer, lowest)


def _packed_margin(frame: Frame, picture: Picture, factor: int) -> dict[str, int] | None:
    if picture.raw is not None:
        distance = finite(picture.raw) - np.float32(picture.map_threshold)
    elif picture.contour_probability is not None:
        distance = finite(picture.probability) - np.float32(picture.contour_probability)
    else:
        return None
    return _packed_distance(frame, distance, factor)


def _packed_distance(frame: Frame, distance: Float32Array, factor: int) -> dict[str, int]:
    """How far each cell lies above the threshold: `MARGIN_ZERO` is on it, whatever its scale.

    Cells are never rounded across it, so the contour encloses exactly the cells above.
    """
    distance = columns_by_max(distance, factor)
    # Near the threshold is where the contour is drawn, so far cells may saturate.
    reach = float(np.quantile(np.abs(distance), 0.99)) or 1.0
    steps = np.clip(np.rint(distance * (126 / reach)), -126, 126)
    steps = np.where(distance > 0, np.maximum(steps, 1), np.minimum(steps, -1))
    return frame.add((MARGIN_ZERO + steps).astype(np.uint8))
