"""Weights by name: what each is, whether it is here, and loading it.

`core.backbones.weights.store` fetches, adds and removes them. A user's own weights, under
HEARMAP_HOME, come before those of the environment. A new one is one line in `WEIGHTS`.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from core.backbones.weights.aisfx import AISFX
from core.backbones.weights.beats import BEATS, BEATS_PLUS
from core.backbones.weights.clap_panns import CLAP_CNN14, PANNS_CNN10, PANNS_CNN14, PANNS_CNN14_16K
from core.backbones.weights.laion_clap import LAION_HTSAT
from core.backbones.weights.published_file import PublishedFile
from core.errors import WeightsError
from core.runtime.atomic_write import error_reason
from core.runtime.paths import environment_weights_dir, weights_dir

if TYPE_CHECKING:
    from torch import Tensor

WEIGHTS: dict[str, PublishedFile] = {
    file.name: file
    for file in (
        AISFX,
        CLAP_CNN14,
        PANNS_CNN14,
        PANNS_CNN14_16K,
        PANNS_CNN10,
        LAION_HTSAT,
        BEATS,
        BEATS_PLUS,
    )
}


def list_weights() -> list[PublishedFile]:
    """List the weights that HearMap knows; `find` tells which are here.

    Returns:
        Every published file.
    """
    return list(WEIGHTS.values())


def get(name: str) -> PublishedFile:
    """Look up weights by name.

    Args:
        name: the weights' name

    Returns:
        The published file.

    Raises:
        WeightsError: there are none of that name; the sentence lists those there are.
    """
    if name not in WEIGHTS:
        known = ", ".join(sorted(WEIGHTS))
        raise WeightsError(f"There are no weights called “{name}”; HearMap knows {known}.")
    return WEIGHTS[name]


def find(name: str) -> Path | None:
    """Find the saved tensors of weights.

    Args:
        name: the weights' name

    Returns:
        The user's, else the environment's, else None.

    Raises:
        WeightsError: there are no weights of that name.
    """
    get(name)
    for folder in (weights_dir(), environment_weights_dir()):
        path = folder / f"{name}.safetensors"
        if path.is_file() and path.with_suffix(".json").is_file():
            return path
    return None


def load(name: str) -> dict[str, Tensor]:
    """Load the tensors of weights, every byte checked.

    Args:
        name: the weights' name

    Returns:
        The tensors by name, on the CPU.

    Raises:
        WeightsError: they are not here, or not what was saved.
    """
    # Brings PyTorch, which listing weights does not wait for.
    from safetensors import SafetensorError
    from safetensors.torch import load as read_tensors

    weights, path = get(name), find(name)
    if path is None:
        raise WeightsError(
            f"The {name} weights are not here yet; run: hearmap weights fetch {name}"
            f"{_accepting(weights)}. {without_network(weights)}"
        )
    try:
        content = path.read_bytes()
        hashes = _hashes(path)
    except OSError as error:
        raise WeightsError(f"The {name} weights cannot be read: {error_reason(error)}.") from error
    if hashes is None or hashes != (
        hashlib.sha256(content).hexdigest(),
        weights.sha256 or hashes[1],
    ):
        raise WeightsError(
            f"The {name} weights are damaged ({path}); run: hearmap weights fetch {name}"
        )
    try:
        return read_tensors(content)
    except SafetensorError as error:
        raise WeightsError(f"The {name} weights are damaged ({path}): {error}.") from error


def source_sha256(name: str) -> str:
    """Look up the hash of the published file that the weights here were made from.

    Args:
        name: the weights' name

    Returns:
        The sha256.

    Raises:
        WeightsError: they are not here, or the note beside them is damaged.
    """
    path = find(name)
    try:
        hashes = _hashes(path) if path is not None else None
    except OSError:
        hashes = None
    if hashes is None:
        raise WeightsError(f"The {name} weights are damaged; run: hearmap weights fetch {name}")
    return hashes[1]


def without_network(weights: PublishedFile) -> str:
    """Say what to do on a machine without a network.

    Args:
        weights: the published file

    Returns:
        A sentence with the command.
    """
    return (
        f"On a machine without a network, bring {weights.bring} and run: "
        f"hearmap weights add {weights.name} FILE{_accepting(weights)}"
    )


def _hashes(path: Path) -> tuple[str, str] | None:
    # The sha256 of the saved tensors and of the published file; None where the note is damaged.
    try:
        about = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        return str(about["sha256"]), str(about["source_sha256"])
    except (ValueError, KeyError, TypeError):
        return None


def _accepting(weights: PublishedFile) -> str:
    return " --accept-licence" if weights.must_accept else ""
