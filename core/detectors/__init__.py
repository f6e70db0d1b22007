"""Heads, and the detector that joins one with a backbone and its calibration.

What needs PyTorch is imported at first use: `core.detectors.calibration` does not wait for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.runtime.lazy_imports import lazy_attributes

if TYPE_CHECKING:
    from core.detectors.detector import Detector
    from core.detectors.heads.head import CellScores, Head, HeadSettings
    from core.detectors.registry import HEADS

__all__ = ["HEADS", "CellScores", "Detector", "Head", "HeadSettings"]

__getattr__ = lazy_attributes(
    __name__,
    {
        "core.detectors.registry": ("HEADS",),
        "core.detectors.heads.head": ("CellScores", "Head", "HeadSettings"),
        "core.detectors.detector": ("Detector",),
    },
)
