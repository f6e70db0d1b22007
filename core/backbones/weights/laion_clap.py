"""LAION-CLAP's published file: the audio tower is saved, not the text tower or the optimiser."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

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

# As `torch.nn.DataParallel` names them, and without it.
_PREFIXES = ("module.audio_branch.", "audio_branch.")
# Recomputed by the class, or of its classifier.
_NOT_NEEDED = re.compile(
    r"(head|norm)\.|.*(relative_position_index|attn_mask|tscam_conv|extractor)"
)


def convert(checkpoint: Path) -> dict[str, Tensor]:
    """Read HTSAT's tensors and its mel filters.

    Args:
        checkpoint: the published file

    Returns:
        The tensors by laion-clap's names, and the filters, [bin, freq], under `MEL_FILTERS`.

    Raises:
        WeightsError: it is no such file, or laion-clap does not work here.
    """
    # PyTorch waits for the first conversion: listing weights does not need it.
    from core.backbones.front_ends import FRONT_ENDS
    from core.backbones.networks.htsat import Htsat

    held = read_checkpoint(checkpoint)
    state = held.get("state_dict") if isinstance(held, dict) else None
    prefix = next((one for one in _PREFIXES if tensors_below(state, one)), _PREFIXES[0])
    tensors = tensors_below(state, prefix)
    shapes = {
        name: shape
        for name, shape in tensor_shapes(Htsat().tower).items()
        if not _NOT_NEEDED.match(name)
    }
    return {
        **select_tensors(tensors, shapes, prefix),
        MEL_FILTERS: mel_filters(tensors, FRONT_ENDS["laion-htsat"], prefix),
    }


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
    convert=convert,
)
