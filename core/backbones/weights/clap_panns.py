"""Published files with torchlibrosa's front end: PANNs, MS-CLAP 2022 and LAION-CLAP.

Saved of PANNs and MS-CLAP are the input's normalisation, the first four blocks and the mel
filters: what a map is made of. At 64 mel bands a cell of block 5 would cover half of all
frequencies. The filters are used as they are; the STFT kernels are compared with the Hann STFT
that takes their place.

Sizes and hashes of PANNs are those that several projects on GitHub state for their copies, the
MD5s Zenodo's own; MS-CLAP's sha256 is from one secondary source. Of LAION-CLAP the audio tower is
saved, not the text tower or the optimiser.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from core.backbones.weights.checkpoint import (
    read_checkpoint,
    select_tensors,
    tensor_shapes,
    tensors_below,
)
from core.backbones.weights.published_file import PublishedFile
from core.backbones.weights.torchlibrosa_layout import MEL_FILTERS, mel_filters

if TYPE_CHECKING:
    from torch import Tensor


# Recomputed by HTSAT's class, or of its classifier.
_NOT_NEEDED = re.compile(
    r"(head|norm)\.|.*(relative_position_index|attn_mask|tscam_conv|extractor)"
)


def convert(
    checkpoint: Path, name: str, key: str = "model", prefixes: tuple[str, ...] = ("",)
) -> dict[str, Tensor]:
    """Read the tensors of a network, and its mel filters.

    Args:
        checkpoint: the published file
        name: the backbone's name
        key: where the file holds its tensors
        prefixes: what the names of the network's tensors may begin with in the file

    Returns:
        The tensors by their names in the network, and the filters, [bin, freq], under
        `MEL_FILTERS`.

    Raises:
        WeightsError: it is no such file, or laion-clap is needed and does not work here; names or
            shapes that are wrong are in the sentence.
    """
    # PyTorch waits, in these functions, for the first conversion: listing weights does not need it.
    from core.backbones.front_ends import FRONT_ENDS

    held = read_checkpoint(checkpoint)
    state = held.get(key) if isinstance(held, dict) else None
    prefix = next((one for one in prefixes if tensors_below(state, one)), prefixes[0])
    tensors = tensors_below(state, prefix)
    return {
        **select_tensors(tensors, _needed(name), prefix),
        MEL_FILTERS: mel_filters(tensors, FRONT_ENDS[name], prefix),
    }


def _needed(name: str) -> dict[str, tuple[int, ...]]:
    import torch

    from core.backbones.networks.cnn14 import four_blocks
    from core.backbones.networks.htsat import Htsat

    if name == "laion-htsat":
        shapes = tensor_shapes(Htsat().tower)
        return {name: shape for name, shape in shapes.items() if not _NOT_NEEDED.match(name)}
    with torch.device("meta"):
        return tensor_shapes(four_blocks(name))


def _panns(name: str, title: str, file: str, **known: Any) -> PublishedFile:
    record = "https://zenodo.org/records/3987831"
    return PublishedFile(
        name=name,
        title=title,
        licence="CC BY 4.0",
        citation=(
            "Qiuqiang Kong et al., PANNs: Large-Scale Pretrained Audio Neural Networks for Audio "
            "Pattern Recognition, IEEE/ACM TASLP 2020"
        ),
        published=f"{file} of Zenodo record 3987831",
        urls=(f"{record}/files/{quote(file)}?download=1",),
        bring=f"{file} (from {record})",
        convert=partial(convert, name=name),
        **known,
    )


CLAP_CNN14 = PublishedFile(
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
    hash_source="as one secondary source states it",
    bring="CLAP_weights_2022.pth (from https://huggingface.co/microsoft/msclap)",
    convert=partial(convert, name="clap-cnn14", prefixes=("audio_encoder.base.",)),
)
PANNS_CNN14 = _panns(
    "panns-cnn14",
    "PANNs CNN14, 32 kHz: trained on AudioSet",
    "Cnn14_mAP=0.431.pth",
    size_bytes=327_428_481,
    sha256="0dc499e40e9761ef5ea061ffc77697697f277f6a960894903df3ada000e34b31",
    md5="541141fa2ee191a88f24a3219fff024e",
    hash_source="as several projects state it",
)
PANNS_CNN14_16K = _panns(
    "panns-cnn14-16k",
    "PANNs CNN14, 16 kHz: trained on AudioSet, for recordings at 16 kHz",
    "Cnn14_16k_mAP=0.438.pth",
    size_bytes=358_668_570,
    sha256="e2ee543a27919542c2ea03eabaa70b24dcd4e6c8e05621de6b67a94e4c5058e6",
    md5="362fc5ff18f1d6ad2f6d464b45893f2c",
    hash_source="as several projects state it",
)
PANNS_CNN10 = _panns(
    "panns-cnn10",
    "PANNs CNN10, 32 kHz: trained on AudioSet; four blocks, the smallest file",
    "Cnn10_mAP=0.380.pth",
    size_bytes=25_237_595,
    sha256=None,
    md5="bfb1f1f9968938fa8ef4012b8471f5f6",
    hash_source="size and MD5 are Zenodo's; no sha256 is known",
)
LAION_HTSAT = PublishedFile(
    name="laion-htsat",
    title="LAION-CLAP, HTSAT-tiny: trained on 630,000 pairs of sound and text",
    licence="CC0 1.0",
    citation=(
        "Yusong Wu et al., Large-Scale Contrastive Language-Audio Pretraining with Feature Fusion "
        "and Keyword-to-Caption Augmentation, ICASSP 2023"
    ),
    published="630k-audioset-best.pt of lukewys/laion_clap on Hugging Face",
    urls=("https://huggingface.co/lukewys/laion_clap/resolve/main/630k-audioset-best.pt",),
    size_bytes=1_863_587_645,
    sha256="8053c9775516af2f4902e1e8281e356cc1bf7a85e8b761908170767b77c3f037",
    hash_source="as several projects state it",
    bring="630k-audioset-best.pt (from https://huggingface.co/lukewys/laion_clap)",
    needs="the package laion-clap",
    # As `torch.nn.DataParallel` names them, and without it.
    convert=partial(
        convert,
        name="laion-htsat",
        key="state_dict",
        prefixes=("module.audio_branch.", "audio_branch."),
    ),
)
