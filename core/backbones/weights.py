"""Weights by name: what each is, whether it is here, fetching, adding and loading it.

Only what a network needs is kept of a published checkpoint: NAME.safetensors, and beside it
NAME.json with both sha256, the licence and the citation. A user's own weights, under
HEARMAP_HOME, come before those of the environment. A new one is one line in `WEIGHTS`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from core.backbones.aisfx_checkpoint import AISFX
from core.backbones.weights_file import WeightsFile
from core.durable import reason, temporary_beside, whole_file
from core.errors import StoreError, WeightsError
from core.home import environment_weights_dir, weights_dir
from core.progress import Progress, part, silent

if TYPE_CHECKING:
    from torch import Tensor

WEIGHTS: dict[str, WeightsFile] = {file.name: file for file in (AISFX,)}


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
            f"The {name} weights are not here yet; run: hearmap weights fetch {name}. "
            f"{_without_network(weights)}"
        )
    try:
        content = path.read_bytes()
        kept = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        stated, source = kept["sha256"], kept["source_sha256"]
    except OSError as error:
        raise WeightsError(f"The {name} weights cannot be read: {reason(error)}.") from error
    except (ValueError, KeyError, TypeError):
        stated = source = None
    if source != weights.sha256 or hashlib.sha256(content).hexdigest() != stated:
        raise WeightsError(
            f"The {name} weights are damaged ({path}); run: hearmap weights fetch {name}"
        )
    try:
        return read_tensors(content)
    except SafetensorError as error:
        raise WeightsError(f"The {name} weights are damaged ({path}): {error}.") from error


def fetch(name: str, *, progress: Progress = silent, into_environment: bool = False) -> Path:
    """The weights are kept, for this user or for everybody who uses this environment.

    Nothing is downloaded where intact ones are kept there already.

    Raises:
        WeightsError: the name is unknown, the download failed or is not what was published.
        StoreError: they could not be written.
        Cancelled: by `progress`; nothing is left behind.
    """
    weights = get(name)
    folder = environment_weights_dir() if into_environment else weights_dir()
    if find(name) == folder / f"{name}.safetensors":
        with contextlib.suppress(WeightsError):
            load(name)
            progress("Already here", 1.0)
            return folder / f"{name}.safetensors"
    with _work_folder(folder, name) as work:
        try:
            downloaded = weights.obtain(work, part(progress, 0.0, 0.9))
        except WeightsError as error:
            raise WeightsError(f"{error} {_without_network(weights)}") from error
        return _keep(weights, downloaded, work, folder, progress)


def add(name: str, file: Path, *, progress: Progress = silent) -> Path:
    """The weights are kept for this user, from a file they brought, which stays as it is.

    Raises:
        WeightsError: the file is not there or not what was published.
        StoreError: they could not be written.
    """
    weights = get(name)
    if not file.is_file():
        raise WeightsError(f"There is no file “{file}”; bring {weights.bring}.")
    if not os.access(file, os.R_OK):
        raise WeightsError(f"“{file}” cannot be read; check who owns it.")
    with _work_folder(weights_dir(), name) as work:
        return _keep(weights, file, work, weights_dir(), progress)


def _keep(
    weights: WeightsFile, downloaded: Path, work: Path, folder: Path, progress: Progress
) -> Path:
    progress("Checking", 0.9)
    checkpoint = weights.unpack(downloaded, work)
    found = _file_sha256(checkpoint)
    if found != weights.sha256:
        raise WeightsError(
            f"“{downloaded.name}” is not what was published as {weights.name}: its sha256 begins "
            f"{found[:12]}, expected was {weights.sha256[:12]}. {_without_network(weights)}"
        )
    from safetensors.torch import save as tensor_bytes

    progress("Converting", 0.95)
    content = tensor_bytes(weights.convert(checkpoint))
    about = {
        "name": weights.name,
        "title": weights.title,
        "licence": weights.licence,
        "citation": weights.citation,
        "published": weights.published,
        "source_sha256": weights.sha256,
        "sha256": hashlib.sha256(content).hexdigest(),
        "changes": "only the tensors that are needed, converted to safetensors",
    }
    path = folder / f"{weights.name}.safetensors"
    with whole_file(path) as temporary:
        temporary.write_bytes(content)
    with whole_file(path.with_suffix(".json")) as temporary:
        temporary.write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    progress("Kept", 1.0)
    return path


@contextlib.contextmanager
def _work_folder(folder: Path, name: str) -> Iterator[Path]:
    """A folder beside the weights, hence on their disk, which is gone afterwards."""
    work = temporary_beside(folder / name)
    try:
        work.mkdir(parents=True)
        yield work
    except OSError as error:
        raise StoreError(f"Weights could not be kept in {folder}: {reason(error)}.") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _without_network(weights: WeightsFile) -> str:
    return (
        f"On a machine without a network, bring {weights.bring} and run: "
        f"hearmap weights add {weights.name} FILE"
    )


def _file_sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
