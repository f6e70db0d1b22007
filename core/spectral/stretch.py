"""A stretch of a sound that may reach beyond its ends, where the sound is reflected."""

from __future__ import annotations

import torch
from torch import Tensor


def stretch(samples: Tensor, first: int, last: int) -> Tensor:
    """Cut samples first..last; what lies outside the recording is its reflection.

    Args:
        samples: [..., n].
        first: the first sample, before the recording where negative.
        last: the sample after the last, after the recording where beyond n.

    Returns:
        [..., last - first].
    """
    n_samples = samples.shape[-1]
    inside = samples[..., max(0, first) : min(n_samples, last)]
    before, after = max(0, -first), max(0, last - n_samples)
    if before or after:
        left = samples[..., 1 : before + 1].flip(-1)
        right = samples[..., n_samples - 1 - after : n_samples - 1].flip(-1)
        inside = torch.cat([left, inside, right], dim=-1)
    return inside
