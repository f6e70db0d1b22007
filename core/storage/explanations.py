"""Explanations that took the detector several runs, kept under HEARMAP_HOME/cache/explanations.

They may be deleted at any time, and are made again. A file's key is the hash of what it depends
on, so nothing in it goes stale; what is oldest goes first when the folder has reached its limit.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.runtime.atomic_write import atomic_write
from core.runtime.paths import home
from core.storage.tables import as_json

if TYPE_CHECKING:
    from core.types import Float32Array

LIMIT_BYTES = 2**30


@dataclass(frozen=True, eq=False)
class SavedExplanation:
    """What was found: plain values, sounds [n] at one rate, and PNG pictures."""

    values: dict[str, Any]
    sample_rate: int
    sounds: dict[str, Float32Array] = field(default_factory=dict)
    pictures: dict[str, bytes] = field(default_factory=dict)


def explanation_key(kind: str, arguments: Mapping[str, Any]) -> str:
    """The key of a piece of work with these arguments.

    >>> explanation_key("explain", {"clip_id": "c"}) == explanation_key("try", {"clip_id": "c"})
    False
    """
    text = json.dumps([kind, as_json(dict(arguments))], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def keep(clip_id: str, key: str, explanation: SavedExplanation) -> None:
    """The explanation of a clip is kept, whole.

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
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    with atomic_write(_path(clip_id, key)) as temporary:
        temporary.write_bytes(buffer.getvalue())
    _trim()


def find(clip_id: str, key: str) -> SavedExplanation | None:
    """What was kept under a key, or None where nothing is, or nothing whole."""
    path = _path(clip_id, key)
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            about = json.loads(arrays["about"].tobytes())
            sounds = {name[6:]: arrays[name] for name in arrays if name.startswith("sound ")}
            pictures = {
                name[8:]: arrays[name].tobytes() for name in arrays if name.startswith("picture ")
            }
            found = SavedExplanation(about["values"], about["rate"], sounds, pictures)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return None
    with contextlib.suppress(OSError):
        os.utime(path)
    return found


def forget(clip_id: str) -> None:
    """All that was kept of a clip is gone."""
    shutil.rmtree(_folder() / _safe(clip_id), ignore_errors=True)


def _folder() -> Path:
    return home() / "cache" / "explanations"


def _path(clip_id: str, key: str) -> Path:
    return _folder() / _safe(clip_id) / f"{_safe(key)}.npz"


def _safe(name: str) -> str:
    """An id as a path's part; one that is none of ours becomes a hash."""
    if name.isalnum():
        return name
    return hashlib.sha256(name.encode()).hexdigest()


def _trim() -> None:
    entries = []
    for path in _folder().glob("*/*.npz"):
        with contextlib.suppress(OSError):
            entries.append((path.stat().st_mtime, path.stat().st_size, path))
    excess = sum(size for _, size, _ in entries) - LIMIT_BYTES
    for _, size, path in sorted(entries):
        if excess <= 0:
            break
        path.unlink(missing_ok=True)
        excess -= size
