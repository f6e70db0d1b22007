"""LAION-CLAP's audio tower: HTSAT-tiny, a Swin transformer on a folded spectrogram.

Chen et al., "HTS-AT", ICASSP 2022; weights of Wu et al., "Large-Scale Contrastive Language-Audio
Pretraining", ICASSP 2023. The network is laion-clap's own class; what is ours is the way back
from its tokens to frequency and time.
"""

from __future__ import annotations

import warnings
from functools import partial
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

from core.backbones.backbone import Backbone
from core.backbones.laion_import import import_tower
from core.backbones.weights import catalogue
from core.backbones.weights.checkpoint import needed
from core.backbones.weights.torchlibrosa_layout import MEL_FILTERS
from core.spectral.spectrogram import SpectrogramSettings, log_mel_frames

SETTINGS = SpectrogramSettings(
    sample_rate=48_000,
    n_fft=1024,
    hop=480,
    n_mels=64,
    f_min_hz=50.0,
    f_max_hz=14_000.0,
    mel_scale="slaney",
    mel_norm="slaney",
    compression="decibel",
)
WINDOW_FRAMES = 1024
N_FOLDS = 4
STRIDES = {"stage1": 4, "stage2": 8, "stage3": 16, "stage4": 32}
LAYERS = ("stage1", "stage2", "stage3")
# Recomputed by the class, or of its classifier.
_NOT_NEEDED = ("relative_position_index", "attn_mask", "tscam_conv", "head.", "norm.", "extractor")


class Htsat(nn.Module):
    """HTSAT-tiny's stages as maps [batch, channel, freq, time] on the log-mel's axes.

    The network takes 1024 frames at once. It folds them into a square: four stretches of 256
    frames, one above the other. A stage's tokens are rows of that square; here they are put back
    side by side. Departures: 1024 frames are heard as they are, 10.24 s, where the original
    stretches the 1001 frames of 10 s to 1024, so that a cell is a whole number of frames; a
    shorter sound is repeated to fill them frame by frame, where the original repeats samples.
    """

    def __init__(self) -> None:
        super().__init__()
        config = SimpleNamespace(
            model_name="tiny",
            class_num=527,
            mel_bins=SETTINGS.n_mels,
            sample_rate=SETTINGS.sample_rate,
            window_size=SETTINGS.n_fft,
            hop_size=SETTINGS.hop,
            fmin=SETTINGS.f_min_hz,
            fmax=SETTINGS.f_max_hz,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.tower: Any = import_tower("htsat").create_htsat_model(config)

    def forward(self, log_mel: Tensor, layers: tuple[str, ...]) -> dict[str, Tensor]:
        """Maps of the named stages from [batch, freq, time], at most 1024 frames.

        Stages after the last one named are not computed.
        """
        n_frames = log_mel.shape[-1]
        repeats = -(-WINDOW_FRAMES // n_frames)
        x = log_mel.repeat(1, 1, repeats)[..., :WINDOW_FRAMES].transpose(1, 2)[:, None]
        x = self.tower.bn0(x.transpose(1, 3)).transpose(1, 3)
        x = self.tower.pos_drop(self.tower.patch_embed(self.tower.reshape_wav2img(x)))
        maps: dict[str, Tensor] = {}
        for (name, stride), stage in zip(STRIDES.items(), self.tower.layers, strict=True):
            for block in stage.blocks:
                x, _ = block(x)
            if name in layers:
                maps[name] = unfolded(x)[..., : n_frames // stride]
            if len(maps) == len(layers):
                break
            if stage.downsample is not None:
                x = stage.downsample(x)
        return maps


def unfolded(tokens: Tensor) -> Tensor:
    """Tokens of the folded square, [batch, rows * columns, channel], on the log-mel's axes.

    A square of 4 n rows and as many columns has row i of stretch k at row k n + i; the map has n
    rows and four times the columns: [batch, channel, n, 16 n].

    >>> unfolded(torch.arange(64.0)[None, :, None])[0, 0, 1, :9].tolist()
    [8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 24.0]
    """
    n_batch, n_tokens, n_channels = tokens.shape
    side = round(n_tokens**0.5)
    folds = tokens.reshape(n_batch, N_FOLDS, side // N_FOLDS, side, n_channels)
    return folds.permute(0, 4, 2, 1, 3).reshape(n_batch, n_channels, side // N_FOLDS, -1)


def shapes() -> dict[str, tuple[int, ...]]:
    """Names and shapes of the tensors the network needs.

    Raises:
        WeightsError: laion-clap does not work here.
    """
    return {
        name: shape
        for name, shape in needed(Htsat().tower).items()
        if not any(
            part in name if part[-1] != "." else name.startswith(part) for part in _NOT_NEEDED
        )
    }


def laion_htsat(device: torch.device) -> Backbone:
    """The backbone laion-htsat on a device.

    Raises:
        WeightsError: its weights are not here or damaged, or laion-clap does not work here.
    """
    tensors = catalogue.load("laion-htsat")
    filters = tensors.pop(MEL_FILTERS)
    network = Htsat()
    network.tower.load_state_dict(tensors, strict=False)
    return backbone_of(network, filters, catalogue.source_sha256("laion-htsat"), device)


def backbone_of(
    network: Htsat, filters: Tensor, weights_sha256: str, device: torch.device
) -> Backbone:
    """The network, frozen, behind its front end with these filters."""
    return Backbone(
        name="laion-htsat",
        settings=SETTINGS,
        default_layers=LAYERS,
        strides=STRIDES,
        reach_frames=WINDOW_FRAMES,
        weights_sha256=weights_sha256,
        licence=catalogue.get("laion-htsat").licence,
        network=network.eval().requires_grad_(False).to(device),
        device=device,
        front_end=partial(log_mel_frames, settings=SETTINGS, filters=filters.to(device)),
        window_frames=WINDOW_FRAMES,
    )
