"""Explanations that took the detector several runs, under HEARMAP_HOME/cache/explanations.

They may be deleted at any time, and are made again. A file's key is the hash of what it depends
on, so nothing in it goes stale; what is oldest goes first when the folder has reached its limit.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.runtime.arrays import load_arrays, save_arrays
from core.runtime.paths import home
from core.runtime.pruned_folder import mark_used, prune
from core.storage.tables import as_json

if TYPE_CHECKING:
    from core.types import Float32Array

LIMIT_BYTES = 2**30


@dataclass(frozen=True, eq=False)
class SavedExplanation:
    """What was found of a recording.

    Attributes:
        values: what JSON can hold, by name
        sample_rate: that of the sounds, in Hz
        sounds: samples [n] by name
        pictures: PNG files by name
    """

    values: dict[str, Any]
    sample_rate: int
    sounds: dict[str, Float32Array] = field(default_factory=dict)
    pictures: dict[str, bytes] = field(default_factory=dict)


def explanation_key(kind: str, arguments: Mapping[str, Any]) -> str:
    """Make the key of a piece of work with these arguments.

    Args:
        kind: name of the work
        arguments: all that its result depends on

    Returns:
        32 hexadecimal digits.

    >>> explanation_key("explain", {"clip_id": "c"}) == explanation_key("try", {"clip_id": "c"})
    False
    """
    text = json.dumps([kind, as_json(dict(arguments))], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def save(clip_id: str, key: str, explanation: SavedExplanation) -> None:
    """Save an explanation of a recording; when all take more than 1 GiB, the oldest are deleted.

    Args:
        clip_id: the recording's id
        key: as `explanation_key` gives it
        explanation: what was found

    Raises:
        StoreError: the disk refused.
    """
    arrays: dict[str, Any] = {
        f"sound {name}": np.asarray(samples, np.float32)
        for name, samples in explanation.sounds.items()
    }
    for name, picture in explanation.pictures.items():
        arrays[f"picture {name}"] = np.frombuffer(picture, np.uint8)
    text = json.dumps({"values": as_json(explanation.values), "rate": explanation.sample_rate})
    arrays["about"] = np.frombuffer(text.encode(), np.uint8)
    save_arrays(_path(clip_id, key), arrays)
    prune(_folder(), "*/*.npz", most_bytes=LIMIT_BYTES)


def find(clip_id: str, key: str) -> SavedExplanation | None:
    """Find a saved explanation; this keeps it from being deleted soon.

    Args:
        clip_id: the recording's id
        key: as `explanation_key` gives it

    Returns:
        What was saved, or None where nothing is there, or nothing whole.
    """
    path = _path(clip_id, key)
    try:
        arrays = load_arrays(path)
        about = json.loads(arrays["about"].tobytes())
        found = SavedExplanation(about["values"], about["rate"])
    except (OSError, ValueError, KeyError):
        return None
    for name, array in arrays.items():
        kind, _, of = name.partition(" ")
        if kind == "sound":
            found.sounds[of] = array
        elif kind == "picture":
            found.pictures[of] = array.tobytes()
    mark_used(path)
    return found


def delete(clip_id: str) -> None:
    """Delete all explanations of a recording; nothing happens where there are none.

    Args:
        clip_id: the recording's id
    """
    shutil.rmtree(_folder() / _safe(clip_id), ignore_errors=True)


def _folder() -> Path:
    return home() / "cache" / "explanations"


def _path(clip_id: str, key: str) -> Path:
    return _folder() / _safe(clip_id) / f"{_safe(key)}.npz"


def _safe(name: str) -> str:
    # Make an id part of a path; one that is none of HearMap's becomes a hash.
    return name if name.isalnum() else hashlib.sha256(name.encode()).hexdigest()
