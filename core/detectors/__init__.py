"""Heads, and the detector that joins one with a backbone and its calibration."""

from core.detectors.detector import Detector
from core.detectors.head import CellScores, Head, HeadSettings
from core.detectors.registry import HEADS

__all__ = ["HEADS", "CellScores", "Detector", "Head", "HeadSettings"]
