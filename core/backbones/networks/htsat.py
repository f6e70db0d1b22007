"""LAION-CLAP's audio tower: HTSAT-tiny, a Swin transformer on a folded spectrogram.

Chen et al., "HTS-AT", ICASSP 2022; weights of Wu et al., "Large-Scale Contrastive Language-Audio
Pretraining", ICASSP 2023. The network is laion-clap's own class; what is ours is the way back
from its tokens to frequency and time.
"""

from __future__ import annotations

import warnings
from types import SimpleNamespace
from typing import Any, ClassVar

from torch import Tensor, nn

from core.backbones.front_ends import FRONT_ENDS
from core.backbones.networks.laion_import import import_tower

WINDOW_FRAMES = 1024
N_FOLDS = 4


class Htsat(nn.Module):
    """HTSAT-tiny's stages as maps [batch, channel, freq, time] on the log-mel's axes.

    The network takes 1024 frames at once. It folds them into a square: four stretches of 256
    frames, one above the other. A stage's tokens are rows of that square; here they are put back
    side by side. Departures: 1024 frames are taken as they are, 10.24 s, where the original
    stretches the 1001 frames of 10 s to 1024, so that a cell is a whole number of frames; a
    shorter sound is repeated to fill them frame by frame, where the original repeats samples.

    Raises:
        WeightsError: laion-clap does not work here.
    """

    default_layers = ("stage1", "stage2", "stage3")
    strides: ClassVar = {"stage1": 4, "stage2": 8, "stage3": 16, "stage4": 32}
    reach_frames = window_frames = WINDOW_FRAMES

    def __init__(self) -> None:
        super().__init__()
        settings = FRONT_ENDS["laion-htsat"]
        config = SimpleNamespace(
            model_name="tiny",
            class_num=527,
            mel_bins=settings.n_mels,
            sample_rate=settings.sample_rate,
            window_size=settings.n_fft,
            hop_size=settings.hop,
            fmin=settings.f_min_hz,
            fmax=settings.f_max_hz,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.tower: Any = import_tower("htsat").create_htsat_model(config)

    def forward(self, log_mel: Tensor, layers: tuple[str, ...]) -> dict[str, Tensor]:
        """Compute the maps of some stages; stages after the last one named are not computed.

        Args:
            log_mel: [batch, freq, time], at most 1024 frames
            layers: "stage1" to "stage4"

        Returns:
            Each stage's map, [batch, channel, freq, time].
        """
        n_frames = log_mel.shape[-1]
        repeats = -(-WINDOW_FRAMES // n_frames)
        x = log_mel.repeat(1, 1, repeats)[..., :WINDOW_FRAMES].transpose(1, 2)[:, None]
        x = self.tower.bn0(x.transpose(1, 3)).transpose(1, 3)
        x = self.tower.pos_drop(self.tower.patch_embed(self.tower.reshape_wav2img(x)))
        maps: dict[str, Tensor] = {}
        for (name, stride), stage in zip(self.strides.items(), self.tower.layers, strict=True):
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
    """Put the tokens of the folded square on the log-mel's axes.

    A square of 4 n rows and as many columns has row i of stretch k at row k n + i; the map has n
    rows and four times the columns.

    Args:
        tokens: [batch, rows * columns, channel]

    Returns:
        [batch, channel, n, 16 n]

    >>> import torch
    >>> unfolded(torch.arange(64.0)[None, :, None])[0, 0, 1, :9].tolist()
    [8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 24.0]
    """
    n_batch, n_tokens, n_channels = tokens.shape
    side = round(n_tokens**0.5)
    folds = tokens.reshape(n_batch, N_FOLDS, side // N_FOLDS, side, n_channels)
    return folds.permute(0, 4, 2, 1, 3).reshape(n_batch, n_channels, side // N_FOLDS, -1)
