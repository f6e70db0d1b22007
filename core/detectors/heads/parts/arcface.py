"""AnoPatch's training parts: ArcFace over classes, SpecAugment's masks, attentive pooling.

ArcFace: Deng et al., CVPR 2019. Attentive statistics with global context: Desplanques et al.,
"ECAPA-TDNN", Interspeech 2020, section 3.1. SpecAugment: Park et al., Interspeech 2019.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

N_ATTENTION = 128
SMALLEST_VARIANCE = 1e-12


class ArcFace(nn.Module):
    """Angles to one direction a class, that of the right class made `margin` wider (Eq. 1, 2).

    Args:
        n_features: of an embedding.
        n_classes: how many classes.
        scale: s.
        margin: m, in radians.
    """

    def __init__(self, n_features: int, n_classes: int, scale: float, margin: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(n_classes, n_features))
        nn.init.xavier_uniform_(self.weight)
        self.scale, self.margin = scale, margin

    def forward(self, embeddings: Tensor, classes: Tensor) -> Tensor:
        """Compute the mean loss.

        Where angle and margin together pass a half turn the cosine would rise again; it goes on
        down in a straight line there, as in ArcFace's own code.

        Args:
            embeddings: [batch, feature].
            classes: [batch].

        Returns:
            The loss.
        """
        cosine = F.linear(F.normalize(embeddings), F.normalize(self.weight))
        right = cosine.gather(1, classes[:, None])
        sine = (1.0 - right.square()).clamp(min=1e-9).sqrt()
        wider = right * math.cos(self.margin) - sine * math.sin(self.margin)
        beyond = right - math.sin(math.pi - self.margin) * self.margin
        wider = torch.where(right > math.cos(math.pi - self.margin), wider, beyond)
        return F.cross_entropy(self.scale * cosine.scatter(1, classes[:, None], wider), classes)


class AttentiveStatistics(nn.Module):
    """Mean and spread of a clip's tokens, each weighted per channel by attention.

    Args:
        n_channels: of a token.
    """

    def __init__(self, n_channels: int) -> None:
        super().__init__()
        self.inner = nn.Linear(3 * n_channels, N_ATTENTION)
        self.norm = nn.BatchNorm1d(N_ATTENTION)
        self.outer = nn.Linear(N_ATTENTION, n_channels)

    def forward(self, tokens: Tensor) -> Tensor:
        """Pool tokens.

        Args:
            tokens: [batch, token, channel].

        Returns:
            [batch, 2 * channel].
        """
        mean, spread = _statistics(tokens, torch.full_like(tokens, 1.0 / tokens.shape[1]))
        context = torch.cat([mean, spread], dim=1)[:, None].expand(-1, tokens.shape[1], -1)
        inner = F.relu(self.inner(torch.cat([tokens, context], dim=2)))
        normed = self.norm(inner.flatten(0, 1)).reshape(inner.shape)
        weight = self.outer(torch.tanh(normed)).softmax(dim=1)
        return torch.cat(_statistics(tokens, weight), dim=1)


def masked(log_mel: Tensor, freq: int, time: int, generator: torch.Generator) -> Tensor:
    """Set one band and one stretch of each log-mel to the mean, 0.

    Their widths are drawn from 0 up. Time is not warped: in a machine's sound that may be what is
    wrong with it.

    Args:
        log_mel: [batch, freq, time].
        freq: most bands.
        time: most frames.
        generator: of the widths and places.

    Returns:
        [batch, freq, time].
    """
    values = log_mel.clone()
    for one in values:
        for axis, most in ((0, freq), (1, time)):
            size = one.shape[axis]
            width = int(torch.randint(min(most, size) + 1, (1,), generator=generator))
            start = int(torch.randint(size - width + 1, (1,), generator=generator))
            one.narrow(axis, start, width).zero_()
    return values


def _statistics(tokens: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    mean = (weight * tokens).sum(dim=1)
    variance = (weight * (tokens - mean[:, None]).square()).sum(dim=1)
    return mean, variance.clamp(min=SMALLEST_VARIANCE).sqrt()
