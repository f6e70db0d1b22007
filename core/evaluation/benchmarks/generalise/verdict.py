"""Whether the regions of a map lie where the event is, and whether they agree with the verdict."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.evaluation.datasets.mixing import Mix
from core.spectral.spectrogram import SpectrogramSettings
from core.types import Box, Float64Array

# The box of an event holds this share of its energy along time, and along frequency.
BOXED_SHARE = 0.95


def event_box(made: Mix, settings: SpectrogramSettings) -> Box:
    """Draw the box around an event: the central 95 % of its mel power in time, and in frequency.

    Args:
        made: The mix with the event.
        settings: The front end, whose mel rows and columns count.

    Returns:
        The box.
    """
    power = made.stem_power(settings)
    time_s, freq_hz = settings.time_s(power.shape[1]), settings.freq_hz
    first, last = _central(power.sum(axis=0))
    lowest, highest = _central(power.sum(axis=1))
    half = settings.hop_seconds / 2
    return Box(
        max(0.0, float(time_s[first]) - half),
        float(time_s[last]) + half,
        float(np.interp(lowest - 0.5, np.arange(freq_hz.size), freq_hz)),
        float(np.interp(highest + 0.5, np.arange(freq_hz.size), freq_hz)),
    )


def best_overlap(
    regions: Sequence[Box], truth: Box, settings: SpectrogramSettings
) -> tuple[float, float]:
    """Find the region that overlaps most with a box, in seconds times mel rows.

    Args:
        regions: At least one.
        truth: The event's box.
        settings: The front end, whose mel rows make octaves count alike.

    Returns:
        Its intersection over union in time, and that in frequency.
    """

    def rows(box: Box) -> tuple[float, float]:
        at = np.interp((box.low_hz, box.high_hz), settings.freq_hz, np.arange(settings.n_mels))
        return float(at[0]), float(at[1])

    overlaps = [
        (_iou((one.start_s, one.end_s), (truth.start_s, truth.end_s)), _iou(rows(one), rows(truth)))
        for one in regions
    ]
    return max(overlaps, key=lambda both: both[0] * both[1])


def _central(power: Float64Array) -> tuple[int, int]:
    share = np.cumsum(power) / power.sum()
    tail = (1.0 - BOXED_SHARE) / 2
    return int(np.searchsorted(share, tail)), int(np.searchsorted(share, 1.0 - tail))


def _iou(one: tuple[float, float], other: tuple[float, float]) -> float:
    shared = min(one[1], other[1]) - max(one[0], other[0])
    whole = max(one[1], other[1]) - min(one[0], other[0])
    return max(shared, 0.0) / whole if whole > 0.0 else 0.0
