"""Arrays and JSON in one run of bytes, and arrays as bytes: what the components are sent.

Streamlit hands a component's top-level bytes over as they are, while bytes inside a dict arrive as
the text of their repr; so everything travels in the layout of safetensors, which `frontend/shared/
frame.js` reads.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from core.detectors.calibration.evidence_scale import AT_THRESHOLD
from core.types import Float32Array


def frame(arrays: Mapping[str, NDArray[Any]], **said: Any) -> bytes:
    """Pack arrays and values.

    Args:
        arrays: uint8, int16 or float32, by name, of any shape.
        **said: What JSON can hold; a text is packed as it is, since it may be JSON already and
            writing that anew is most of the work.

    Returns:
        The bytes, as safetensors lays them out.
    """
    texts = {
        name: value
        if isinstance(value, str)
        else json.dumps(value, ensure_ascii=False, allow_nan=False)
        for name, value in said.items()
    }
    packed: bytes = save({n: np.ascontiguousarray(array) for n, array in arrays.items()}, texts)
    return packed


def digest(*parts: Any) -> str:
    """Hash arrays and values, so that a rerun is known to bring nothing new.

    Args:
        *parts: Arrays, or what JSON can hold.

    Returns:
        16 hexadecimal digits.
    """
    found = hashlib.sha256()
    for part in parts:
        is_array = isinstance(part, np.ndarray)
        found.update(part.tobytes() if is_array else json.dumps(part, sort_keys=True).encode())
    return found.hexdigest()[:16]


def steps_of(shares: Float32Array) -> NDArray[np.uint8]:
    """Pack shares in steps of a byte.

    Args:
        shares: In 0..1, of any shape; what lies beyond is cut.

    Returns:
        0..255, of the same shape.
    """
    steps: NDArray[np.uint8] = np.rint(np.clip(shares, 0.0, 1.0) * 255).astype(np.uint8)
    return steps


def evidence_steps(evidence: Float32Array) -> NDArray[np.uint8]:
    """Pack evidence in steps of a byte, so that none is rounded across the threshold.

    Args:
        evidence: In [0, 1], of any shape.

    Returns:
        0..127 at the threshold and below, 128..255 above, of the same shape.
    """
    steps, above = steps_of(evidence), evidence > AT_THRESHOLD
    found: NDArray[np.uint8] = np.where(above, np.maximum(steps, 128), np.minimum(steps, 127))
    return found


def columns_by_max(layer: Float32Array, factor: int) -> Float32Array:
    """Thin columns by the maximum, so that a click in an hour stays visible.

    Args:
        layer: [..., time]; what is not finite counts as its lowest value.
        factor: How many columns become one; the last may stand for fewer.

    Returns:
        [..., time / factor]
    """
    layer = np.asarray(layer, np.float32)
    good = np.isfinite(layer)
    if not good.all():
        layer = np.where(good, layer, layer[good].min() if good.any() else np.float32(0))
    if factor == 1:
        return layer
    starts = np.arange(0, layer.shape[-1], factor)
    thinned: Float32Array = np.maximum.reduceat(layer, starts, axis=-1)
    return thinned
