"""Published files of CNN14 and CNN10: MS-CLAP 2022 and PANNs, and what is kept of them.

Kept are the input's normalisation, the first four blocks and the mel filters: what a map is made
of. At 64 mel bands a cell of block 5 would cover half of all frequencies. The filters are used
as they are; the STFT kernels are compared with the Hann STFT that takes their place.

Sizes and hashes of PANNs are those that several projects on GitHub state for their copies, the
MD5s Zenodo's own; MS-CLAP's sha256 was told by one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from core.backbones.weights.checkpoint import chosen, read_checkpoint, tensors_below
from core.backbones.weights.torchlibrosa_layout import MEL_FILTERS, mel_filters
from core.backbones.weights.weights_file import WeightsFile

if TYPE_CHECKING:
    from torch import Tensor

_PANNS = (
    "Qiuqiang Kong et al., PANNs: Large-Scale Pretrained Audio Neural Networks for Audio Pattern "
    "Recognition, IEEE/ACM TASLP 2020"
)
_PANNS_RECORD = "https://zenodo.org/records/3987831"


def convert(checkpoint: Path, name: str, prefix: str) -> dict[str, Tensor]:
    """The tensors of the network `name` below a prefix of the file's state, and its mel filters.

    Raises:
        WeightsError: it is no such file; names or shapes that are wrong are in the sentence.
    """
    from core.backbones.cnn14_family import SETTINGS, shapes

    held = read_checkpoint(checkpoint)
    tensors = tensors_below(held.get("model") if isinstance(held, dict) else None, prefix)
    kept = chosen(tensors, shapes(), prefix)
    return {**kept, MEL_FILTERS: mel_filters(tensors, SETTINGS[name], prefix)}


def _converter(name: str, prefix: str = "") -> Callable[[Path], dict[str, Tensor]]:
    return partial(convert, name=name, prefix=prefix)


CLAP_CNN14 = WeightsFile(
    name="clap-cnn14",
    title="MS-CLAP 2022, CNN14: trained on pairs of sound and text, the paper's extractor",
    licence="MS-PL",
    licence_url="https://spdx.org/licenses/MS-PL.html",
    must_accept=True,
    citation=(
        "Benjamin Elizalde et al., CLAP: Learning Audio Concepts from Natural Language "
        "Supervision, ICASSP 2023"
    ),
    published="CLAP_weights_2022.pth of microsoft/msclap, and Zenodo record 8378278",
    urls=(
        "https://huggingface.co/microsoft/msclap/resolve/main/CLAP_weights_2022.pth",
        "https://zenodo.org/records/8378278/files/CLAP_weights_2022.pth?download=1",
    ),
    size_bytes=2_330_000_000,
    sha256="5b917c47fec10547b65cf1d9096e194896fa1c2d6180536c8524289721a4c5b8",
    told="as told by one secondary source",
    bring="CLAP_weights_2022.pth (from https://huggingface.co/microsoft/msclap)",
    convert=_converter("clap-cnn14", "audio_encoder.base."),
)
PANNS_CNN14 = WeightsFile(
    name="panns-cnn14",
    title="PANNs CNN14, 32 kHz: trained on AudioSet",
    licence="CC BY 4.0",
    citation=_PANNS,
    published="Cnn14_mAP=0.431.pth of Zenodo record 3987831",
    urls=(f"{_PANNS_RECORD}/files/Cnn14_mAP%3D0.431.pth?download=1",),
    size_bytes=327_428_481,
    sha256="0dc499e40e9761ef5ea061ffc77697697f277f6a960894903df3ada000e34b31",
    md5="541141fa2ee191a88f24a3219fff024e",
    told="as several projects state it",
    bring=f"Cnn14_mAP=0.431.pth (from {_PANNS_RECORD})",
    convert=_converter("panns-cnn14"),
)
PANNS_CNN14_16K = WeightsFile(
    name="panns-cnn14-16k",
    title="PANNs CNN14, 16 kHz: trained on AudioSet, for recordings at 16 kHz",
    licence="CC BY 4.0",
    citation=_PANNS,
    published="Cnn14_16k_mAP=0.438.pth of Zenodo record 3987831",
    urls=(f"{_PANNS_RECORD}/files/Cnn14_16k_mAP%3D0.438.pth?download=1",),
    size_bytes=358_668_570,
    sha256="e2ee543a27919542c2ea03eabaa70b24dcd4e6c8e05621de6b67a94e4c5058e6",
    md5="362fc5ff18f1d6ad2f6d464b45893f2c",
    told="as several projects state it",
    bring=f"Cnn14_16k_mAP=0.438.pth (from {_PANNS_RECORD})",
    convert=_converter("panns-cnn14-16k"),
)
PANNS_CNN10 = WeightsFile(
    name="panns-cnn10",
    title="PANNs CNN10, 32 kHz: trained on AudioSet; four blocks, the smallest file",
    licence="CC BY 4.0",
    citation=_PANNS,
    published="Cnn10_mAP=0.380.pth of Zenodo record 3987831",
    urls=(f"{_PANNS_RECORD}/files/Cnn10_mAP%3D0.380.pth?download=1",),
    size_bytes=25_237_595,
    sha256=None,
    md5="bfb1f1f9968938fa8ef4012b8471f5f6",
    told="size and MD5 are Zenodo's; no sha256 is told",
    bring=f"Cnn10_mAP=0.380.pth (from {_PANNS_RECORD})",
    convert=_converter("panns-cnn10"),
)
