"""Heads, and the detector that joins one with a backbone and its calibration.

What needs PyTorch is imported at first use: `core.detectors.calibration` does not wait for it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.detectors.detector import Detector
    from core.detectors.heads.head import CellScores, Head, HeadSettings
    from core.detectors.registry import HEADS

__all__ = ["HEADS", "CellScores", "Detector", "Head", "HeadSettings"]

_HOMES = {
    "HEADS": "core.detectors.registry",
    "CellScores": "core.detectors.heads.head",
    "Detector": "core.detectors.detector",
    "Head": "core.detectors.heads.head",
    "HeadSettings": "core.detectors.heads.head",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
