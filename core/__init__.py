"""HearMap's engine: fit a detector on normal clips, find where another clip is anomalous.

`from core import Clip, Detector` is where people who build on it start. Both are imported at
first use, so that a command that needs neither does not wait for PyTorch.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from core.runtime.lazy_imports import lazy_attributes

# PyTorch and FAISS bring an OpenMP runtime each. Their idle threads spin, and on a machine with
# as many busy threads as cores that made a fit 60 times slower; idle threads that sleep cost
# nothing measurable. It must be set before either is loaded, and a user's own choice stands.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

if TYPE_CHECKING:
    from core.detectors.detector import Detector
    from core.types import AnomalyMap, Clip, Region

__all__ = ["AnomalyMap", "Clip", "Detector", "Region"]

__getattr__ = lazy_attributes(
    __name__,
    {
        "core.types": ("AnomalyMap", "Clip", "Region"),
        "core.detectors.detector": ("Detector",),
    },
)
