"""Weights by name: what each is, whether it is here, and loading it.

What brings them here and takes them away is in `weights_keeping`. A user's own weights, under
HEARMAP_HOME, come before those of the environment. A new one is one line in `WEIGHTS`.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from core.backbones.weights.aisfx_checkpoint import AISFX
from core.backbones.weights.beats_checkpoint import BEATS, BEATS_PLUS
from core.backbones.weights.cnn14_checkpoints import (
    CLAP_CNN14,
    PANNS_CNN10,
    PANNS_CNN14,
    PANNS_CNN14_16K,
)
from core.backbones.weights.htsat_checkpoint import LAION_HTSAT
from core.backbones.weights.weights_file import WeightsFile
from core.errors import WeightsError
from core.runtime.atomic_write import error_reason
from core.runtime.paths import environment_weights_dir, weights_dir

if TYPE_CHECKING:
    from torch import Tensor

WEIGHTS: dict[str, WeightsFile] = {
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


def list_weights() -> list[WeightsFile]:
    """Every file of weights that HearMap knows; `find` tells which are here."""
    return list(WEIGHTS.values())


def get(name: str) -> WeightsFile:
    """The weights of that name.

    Raises:
        WeightsError: there are none; the sentence lists those there are.
    """
    if name not in WEIGHTS:
        known = ", ".join(sorted(WEIGHTS))
        raise WeightsError(f"There are no weights called “{name}”; HearMap knows {known}.")
    return WEIGHTS[name]


def find(name: str) -> Path | None:
    """The kept tensors of the weights: the user's, else the environment's, else None."""
    get(name)
    for folder in (weights_dir(), environment_weights_dir()):
        path = folder / f"{name}.safetensors"
        if path.is_file() and path.with_suffix(".json").is_file():
            return path
    return None


def load(name: str) -> dict[str, Tensor]:
    """The tensors of the weights by name, on the CPU, every byte checked.

    Raises:
        WeightsError: they are not here, or not what was kept.
    """
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
        kept = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        stated, source = kept["sha256"], kept["source_sha256"]
    except OSError as error:
        raise WeightsError(f"The {name} weights cannot be read: {error_reason(error)}.") from error
    except (ValueError, KeyError, TypeError):
        stated = source = None
    if source != (weights.sha256 or source) or hashlib.sha256(content).hexdigest() != stated:
        raise WeightsError(
            f"The {name} weights are damaged ({path}); run: hearmap weights fetch {name}"
        )
    try:
        return read_tensors(content)
    except SafetensorError as error:
        raise WeightsError(f"The {name} weights are damaged ({path}): {error}.") from error


def source_sha256(name: str) -> str:
    """The sha256 of the published file that the weights here were made from.

    Raises:
        WeightsError: they are not here, or the note beside them is damaged.
    """
    path = find(name)
    try:
        if path is not None:
            return str(json.loads(path.with_suffix(".json").read_text("utf-8"))["source_sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise WeightsError(f"The {name} weights are damaged; run: hearmap weights fetch {name}")


def without_network(weights: WeightsFile) -> str:
    """What to do on a machine without a network."""
    return (
        f"On a machine without a network, bring {weights.bring} and run: "
        f"hearmap weights add {weights.name} FILE{_accepting(weights)}"
    )


def _accepting(weights: WeightsFile) -> str:
    return " --accept-licence" if weights.must_accept else ""
