"""The one scale of evidence: of maps, of scores, of every bar, mark and legend that shows them.

0.5 is the threshold, whatever the false-alarm rate: what is normal has at most that, what is
anomalous has more. Let S be the chance that a normal clip scores higher than a value, by the law
of maxima fitted to the calibration scores. The evidence of a value is
log S(value) / (2 log S(threshold)), at most 1. So it is 1 where the chance is the threshold's
squared (1 in 400 where the threshold's is 1 in 20), and near 0 in what is normal.

A map's highest cell is the clip's score, so one scale serves both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from core.detectors.calibration.gumbel import Gumbel
from core.types import Float32Array

AT_THRESHOLD = 0.5
# The least that is more, in 32 bits.
ABOVE = np.nextafter(np.float32(AT_THRESHOLD), np.float32(1.0))
COLUMNS_AT_ONCE = 4096
# A threshold below nearly all normal scores has a chance that 64 bits cannot tell from 1.
LEAST_LOG = 1e-12


@dataclass(frozen=True)
class EvidenceScale:
    """From scores to evidence in [0, 1].

    Attributes:
        tail: the law of normal clips' scores.
        threshold: the score whose evidence is 0.5.
    """

    tail: Gumbel
    threshold: float

    def evidence(self, raw: Float32Array) -> Float32Array:
        """Calibrate a raw map: the evidence map M of the paper, on one scale for all clips.

        A cell has more than 0.5 exactly where it exceeds the threshold, also after rounding.

        Args:
            raw: [freq, time], or scores of any shape.

        Returns:
            float32 in [0, 1] of the same shape; of a memory map what computes it where it is read.
        """
        if isinstance(raw, np.memmap):
            return cast("Float32Array", EvidenceOnDemand(self, raw))
        evidence = np.empty_like(raw, dtype=np.float32)
        half = 2.0 * min(float(self.tail.log_survival(np.array(self.threshold))), -LEAST_LOG)
        # A stretch at a time: an hour's map in 64-bit floats, three times over, is half a GiB.
        for start in range(0, raw.shape[-1], COLUMNS_AT_ONCE):
            columns = np.s_[..., start : start + COLUMNS_AT_ONCE]
            values = np.asarray(raw[columns], np.float64)
            found = np.clip(self.tail.log_survival(values) / half, 0.0, 1.0).astype(np.float32)
            evidence[columns] = np.where(
                values > self.threshold,
                np.maximum(found, ABOVE),
                np.minimum(found, np.float32(AT_THRESHOLD)),
            )
        return evidence

    def clip_evidence(self, score: float) -> float:
        """Compute a clip's place on the scale.

        Args:
            score: the clip's.

        Returns:
            A number in [0, 1]: more than 0.5 exactly if the clip is anomalous.
        """
        return float(self.evidence(np.array([score]))[0])


class EvidenceOnDemand:
    """The evidence map of a raw map on disk, used like an array and computed where it is read.

    Args:
        scale: the scale
        raw: [freq, time], a memory map
    """

    def __init__(self, scale: EvidenceScale, raw: Float32Array) -> None:
        self._scale = scale
        self._raw = raw
        self.shape = raw.shape

    def __getitem__(self, cells: Any) -> Float32Array:
        """Compute some cells.

        Args:
            cells: as of an array

        Returns:
            Their evidence.
        """
        return self._scale.evidence(np.array(self._raw[cells]))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Float32Array:
        """Compute the whole map.

        Args:
            dtype: of the array that is wanted
            copy: is always made

        Returns:
            [freq, time].
        """
        return self[:].astype(dtype or np.float32, copy=False)
