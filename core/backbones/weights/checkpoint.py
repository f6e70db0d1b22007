"""Published PyTorch checkpoints, read without unpickling anything but tensors and plain values."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.errors import WeightsError

if TYPE_CHECKING:
    from torch import Tensor, nn

N_NAMED = 3


def read_checkpoint(path: Path) -> Any:
    """Read a checkpoint; its tensors are read from the disk when they are used.

    NumPy arrays and scalars beside the tensors (a sampler's state, a label) need a few harmless
    names to be allowed, whatever module this NumPy keeps them in.

    Args:
        path: the file

    Returns:
        What it holds, on the CPU.

    Raises:
        WeightsError: it is no PyTorch checkpoint, is cut off, or holds anything but such values.
    """
    # PyTorch waits, in these functions, for the first checkpoint: listing weights does not need it.
    import torch

    with torch.serialization.safe_globals(_harmless()):
        for mmap in (True, False):
            # Only files of the newer ZIP layout can be mapped.
            try:
                return torch.load(path, map_location="cpu", weights_only=True, mmap=mmap)
            except Exception as error:  # whatever a damaged file makes of the reader
                problem = str(error)
    why = (
        "it holds more than tensors and plain values"
        if "Unsupported global" in problem
        else "it is cut off, damaged or something else"
    )
    raise WeightsError(f"“{path.name}” cannot be read as a PyTorch checkpoint: {why}.") from None


def tensors_below(state: object, prefix: str) -> dict[str, Tensor]:
    """Find the tensors whose names begin with a prefix.

    Args:
        state: tensors by name, as a checkpoint holds them; anything else has none
        prefix: what the names begin with

    Returns:
        The tensors by name, without the prefix.

    >>> import torch
    >>> list(tensors_below({"a.b": torch.ones(1), "c": 3}, "a."))
    ['b']
    """
    import torch

    if not isinstance(state, Mapping):
        return {}
    return {
        name[len(prefix) :]: values
        for name, values in state.items()
        if isinstance(name, str) and name.startswith(prefix) and isinstance(values, torch.Tensor)
    }


def tensor_shapes(network: nn.Module) -> dict[str, tuple[int, ...]]:
    """List the tensors that a network needs; counters of training batches are not needed.

    Args:
        network: the network

    Returns:
        The tensors' shapes by name.
    """
    return {
        name: tuple(values.shape)
        for name, values in network.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }


def select_tensors(
    tensors: Mapping[str, Tensor], shapes: Mapping[str, tuple[int, ...]], prefix: str = ""
) -> dict[str, Tensor]:
    """Select the tensors that are needed, and check their shapes.

    Args:
        tensors: those of a file, by name
        shapes: the shapes of those that are needed, by name
        prefix: stands before the names in sentences only

    Returns:
        The tensors by name, as 32-bit floats where they are floats.

    Raises:
        WeightsError: some are missing or of another shape; the sentence names the first ones.
    """
    missing = [f"{prefix}{name}" for name in shapes if name not in tensors]
    if missing:
        raise WeightsError(f"It lacks {_listed(missing)}.")
    other = [
        f"{prefix}{name} ({_size(tensors[name].shape)}, not {_size(shape)})"
        for name, shape in shapes.items()
        if tuple(tensors[name].shape) != tuple(shape)
    ]
    if other:
        raise WeightsError(f"It has another shape in {_listed(other)}.")
    return {
        name: (values.float() if values.is_floating_point() else values).contiguous()
        for name, values in ((name, tensors[name]) for name in shapes)
    }


def _harmless() -> list[Any]:
    scalar = np.int64(0).__reduce__()[0]
    rebuild = np.zeros(1).__reduce__()[0]
    kinds = [type(np.dtype(kind)) for kind in ("int64", "float64", "float32", "uint32", "bool")]
    return [
        scalar,
        (scalar, "numpy.core.multiarray.scalar"),
        rebuild,
        (rebuild, "numpy.core.multiarray._reconstruct"),
        np.ndarray,
        np.dtype,
        *kinds,
    ]


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:N_NAMED])
    more = len(names) - N_NAMED
    return f"{shown} and {more} more" if more > 0 else shown


def _size(shape: tuple[int, ...]) -> str:
    return "x".join(str(n) for n in shape) or "a number"
