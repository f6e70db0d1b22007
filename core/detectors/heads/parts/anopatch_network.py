"""AnoPatch's network: BEATs, attentive pooling of its tokens, and a linear map to 128 numbers."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from core.backbones.networks.beats import BeatsNetwork, folded
from core.detectors.heads.parts.arcface import AttentiveStatistics
from core.errors import SettingError

N_EMBEDDING = 128
# From so many layers on what is computed inside them is not kept for the way back, so that a large
# batch of a large network fits; benchmarks/anopatch.py measures what that saves and costs.
FRUGAL_FROM_LAYERS = 6


class AnoPatchNetwork(nn.Module):
    """Log-mels [batch, freq, time] to embeddings [batch, 128], and the tokens they are of.

    Args:
        beats: the network, which is copied.
    """

    def __init__(self, beats: BeatsNetwork) -> None:
        super().__init__()
        self.beats = copy.deepcopy(beats)
        self.beats.requires_grad_(True)
        self.beats.frugal = len(self.beats.layers) >= FRUGAL_FROM_LAYERS
        width = self.beats.config.encoder_embed_dim
        self.pooling = AttentiveStatistics(width)
        # As in ECAPA-TDNN: without it what all clips share would drown what tells them apart.
        self.norm = nn.BatchNorm1d(2 * width)
        self.embedding = nn.Linear(2 * width, N_EMBEDDING)

    def forward(self, log_mel: Tensor) -> tuple[Tensor, Tensor]:
        """Compute embeddings and tokens.

        Args:
            log_mel: [batch, freq, time].

        Returns:
            [batch, 128] and [batch, token, channel].
        """
        tokens = self.beats.tokens(log_mel)
        return self.embedding(self.norm(self.pooling(tokens))), tokens


def beats_of(network: object) -> BeatsNetwork:
    """Check that a backbone's network is a BEATs.

    Args:
        network: the backbone's.

    Returns:
        The network.

    Raises:
        SettingError: it is another.
    """
    if not isinstance(network, BeatsNetwork):
        raise SettingError("AnoPatch needs a BEATs network; choose backbone beats or beats-small.")
    return network


def frozen_embedding(layer: Tensor) -> tuple[Tensor, Tensor]:
    """Compute the embedding of a stretch by the network as it is.

    Args:
        layer: its maps, [channel, freq, time].

    Returns:
        The mean over all tokens, [channel], and the tokens [token, channel].
    """
    tokens = folded(layer[None])[0]
    return tokens.mean(dim=0), tokens


def fixed_length(log_mel: Tensor, n_frames: int, start: int) -> Tensor:
    """Cut so many frames; a shorter sound is repeated.

    Args:
        log_mel: [freq, time].
        n_frames: how many.
        start: the first frame.

    Returns:
        [freq, n_frames].
    """
    if log_mel.shape[1] < n_frames:
        log_mel = torch.cat([log_mel] * -(-n_frames // log_mel.shape[1]), dim=1)
    return log_mel[:, start : start + n_frames]
