"""The files of anomaly maps: maps/<model>/<clip>.npz.

A map that is larger than 16 MiB is read where it is looked at. The evidence map is not in a file
(files of earlier versions have one): it follows from the threshold of now.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import StoreError
from core.runtime.arrays import load_arrays, save_arrays
from core.runtime.atomic_write import os_errors_as
from core.runtime.columns import Overview
from core.runtime.paths import maps_dir
from core.types import AnomalyMap, Float32Array, Float64Array, ViewFinding

VIEWS = "views"
LEVELS = "levels_db"
PEAKS, MIDDLE, FOUND = "peaks", "middle", "found"


@dataclass(frozen=True, eq=False)
class StoredMap:
    """What a map's file holds.

    Attributes:
        raw: [freq, time]; a memory map of the file where it is large.
        freq_hz: [freq]
        time_s: [time]
        views: what each view found, with its p-value at the time of scoring.
        levels_db: as in `AnomalyMap`; empty in files of earlier versions.
        overview: of `raw`.
        threshold: of the regions in the record; None where they are found anew when it is read.
        n_regions: how many there are at that threshold.
    """

    raw: Float32Array
    freq_hz: Float64Array
    time_s: Float64Array
    views: tuple[ViewFinding, ...]
    levels_db: tuple[float, ...]
    overview: Overview
    threshold: float | None
    n_regions: int


def save_map(path: Path, result: AnomalyMap) -> None:
    """Save a map, whole or not at all.

    Args:
        path: the file
        result: the map

    Raises:
        StoreError: the disk refused.
    """
    text = json.dumps([dataclasses.asdict(view) for view in result.views])
    views = {VIEWS: np.frombuffer(text.encode(), np.uint8), LEVELS: np.array(result.levels_db)}
    arrays = {"raw": result.raw, "freq_hz": result.freq_hz, "time_s": result.time_s}
    if not isinstance(result.raw, np.memmap):
        save_arrays(path, arrays | views)
        return
    overview = result.overview or Overview.of(result.raw)
    found = np.array([result.threshold, result.n_regions])
    known = {PEAKS: overview.peaks, MIDDLE: np.array(overview.middle), FOUND: found}
    save_arrays(path, arrays | views | known)


def read_map(path: Path, clip_name: str) -> StoredMap:
    """Read a map's file.

    Args:
        path: the file
        clip_name: the recording's name, for errors

    Returns:
        What it holds.

    Raises:
        StoreError: it is gone or damaged.
    """
    damaged = StoreError(f"The map of “{clip_name}” is damaged. Score the recording again.")
    with os_errors_as(StoreError, f"The map of “{clip_name}” cannot be read"):
        try:
            arrays = load_arrays(path, mapped="raw")
            stored = _stored(arrays)
        except FileNotFoundError:
            raise StoreError(
                f"The map of “{clip_name}” is gone from {maps_dir()}. Score the recording again."
            ) from None
        except (ValueError, KeyError) as error:
            raise damaged from error
    shapes = {stored.raw.shape, (stored.freq_hz.size, stored.overview.peaks.size)}
    if shapes != {(stored.freq_hz.size, stored.time_s.size)}:
        raise damaged
    return stored


def _stored(arrays: dict[str, Any]) -> StoredMap:
    raw = arrays["raw"]
    views = json.loads(bytes(arrays[VIEWS]).decode() if VIEWS in arrays else "[]")
    known = MIDDLE in arrays
    found = arrays[FOUND].tolist() if known else (None, 0)
    return StoredMap(
        raw,
        arrays["freq_hz"],
        arrays["time_s"],
        tuple(ViewFinding(**one | {"spans": tuple(map(tuple, one["spans"]))}) for one in views),
        tuple(arrays[LEVELS].tolist()) if LEVELS in arrays else (),
        Overview(arrays[PEAKS], float(arrays[MIDDLE])) if known else Overview.of(raw),
        found[0],
        int(found[1]),
    )
