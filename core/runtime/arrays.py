"""Files of arrays (NPZ), written whole and read without unpickling anything."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.runtime.atomic_write import atomic_write


def save_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """Save arrays in a file that is there whole or not at all.

    Args:
        path: where the file shall be; its folder is made if need be
        arrays: the arrays by name

    Raises:
        StoreError: the system refused.
    """
    with atomic_write(path) as temporary, temporary.open("xb") as stream:
        np.savez(stream, **arrays)


def load_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Load all arrays of a file, every byte checked.

    Args:
        path: the file

    Returns:
        The arrays by name.

    Raises:
        OSError: it is not there, or the system refused.
        ValueError: it is no such file, or damaged.
    """
    try:
        # Reading an array to its end checks its sum.
        # An open stream, since numpy leaves a damaged file open that it opened itself.
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            return dict(arrays)
    except (EOFError, KeyError, TypeError, AttributeError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"{path} is damaged") from error
