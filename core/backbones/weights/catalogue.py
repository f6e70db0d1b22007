"""Weights by name: what each is, whether it is here, and loading it.

`core.backbones.weights.store` fetches, adds and removes them. A user's own weights, under
HEARMAP_HOME, come before those of the environment. A new one is one line in `WEIGHTS`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from core.backbones.weights.aisfx import AISFX
from core.backbones.weights.beats import BEATS, BEATS_PLUS
from core.backbones.weights.clap_panns import (
    CLAP_CNN14,
    LAION_HTSAT,
    PANNS_CNN10,
    PANNS_CNN14,
    PANNS_CNN14_16K,
)
from core.backbones.weights.published_file import PublishedFile
from core.backbones.weights.yamnet import YAMNET
from core.errors import StoreError, WeightsError
from core.runtime.atomic_write import os_errors_as
from core.runtime.paths import environment_weights_dir, weights_dir

if TYPE_CHECKING:
    from torch import Tensor

WEIGHTS: dict[str, PublishedFile] = {
    file.name: file
    for file in (
        *(AISFX, CLAP_CNN14, PANNS_CNN14, PANNS_CNN14_16K, PANNS_CNN10),
        *(LAION_HTSAT, BEATS, BEATS_PLUS, YAMNET),
    )
}
"""Those that HearMap knows; `find` tells which are here."""


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
    folders = [environment_weights_dir()]
    with contextlib.suppress(StoreError):  # to score nobody needs a home
        folders.insert(0, weights_dir())
    for folder in folders:
        path = folder / f"{name}.safetensors"
        if os.path.isfile(path) and os.path.isfile(path.with_suffix(".json")):
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
    from safetensors.torch import load as read_tensors

    path = _saved(name)
    with os_errors_as(WeightsError, f"The {name} weights cannot be read"):
        content = path.read_bytes()
    sha256, source_sha256 = _hashes(path)
    expected = (hashlib.sha256(content).hexdigest(), get(name).sha256 or source_sha256)
    if (sha256, source_sha256) != expected:
        raise WeightsError(_damaged(path))
    return read_tensors(content)


def source_sha256(name: str) -> str:
    """Look up the hash of the published file that the weights here were made from.

    Args:
        name: the weights' name

    Returns:
        The sha256.

    Raises:
        WeightsError: they are not here, or the note beside them is damaged.
    """
    return _hashes(_saved(name))[1]


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


def _saved(name: str) -> Path:
    path = find(name)
    if path is None:
        weights = get(name)
        raise WeightsError(
            f"The {name} weights are not here yet; run: hearmap weights fetch {name}"
            f"{_accepting(weights)}. {without_network(weights)}"
        )
    return path


def _hashes(path: Path) -> tuple[str, str]:
    # The sha256 of the saved tensors and of the published file, as the note beside them says.
    try:
        about = json.loads(path.with_suffix(".json").read_bytes())
        return str(about["sha256"]), str(about["source_sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        raise WeightsError(_damaged(path)) from None


def _damaged(path: Path) -> str:
    return f"The {path.stem} weights are damaged ({path}); run: hearmap weights fetch {path.stem}"


def _accepting(weights: PublishedFile) -> str:
    return " --accept-licence" if weights.must_accept else ""
