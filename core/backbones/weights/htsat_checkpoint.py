"""LAION-CLAP's published file: kept is the audio tower, not the text tower or the optimiser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from core.backbones.weights.checkpoint import chosen, read_checkpoint, tensors_below
from core.backbones.weights.torchlibrosa_layout import MEL_FILTERS, mel_filters
from core.backbones.weights.weights_file import WeightsFile

if TYPE_CHECKING:
    from torch import Tensor

_PREFIXES = ("module.audio_branch.", "audio_branch.")


def convert(checkpoint: Path) -> dict[str, Tensor]:
    """HTSAT's tensors by laion-clap's names, and the mel filters.

    Raises:
        WeightsError: it is no such file, or laion-clap does not work here.
    """
    from core.backbones.htsat import SETTINGS, shapes

    held = read_checkpoint(checkpoint)
    state = held.get("state_dict") if isinstance(held, dict) else None
    # As `torch.nn.DataParallel` names them, and without it.
    prefix = next((one for one in _PREFIXES if tensors_below(state, one)), _PREFIXES[0])
    tensors = tensors_below(state, prefix)
    kept = chosen(tensors, shapes(), prefix)
    return {**kept, MEL_FILTERS: mel_filters(tensors, SETTINGS, prefix)}


LAION_HTSAT = WeightsFile(
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
    told="as several projects state it",
    bring="630k-audioset-best.pt (from https://huggingface.co/lukewys/laion_clap)",
    needs="the package laion-clap, with NumPy below 2",
    convert=convert,
)
