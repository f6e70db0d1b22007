"""The sound of a finding alone: only its times and its band, one box after the other."""

from __future__ import annotations

import itertools
import math

import numpy as np

from core.explain.finding import Finding
from core.explain.measured_sound import MeasuredSound
from core.spectral.masking import apply_mask, boxes_mask
from core.types import Box, Clip, Float32Array

PAUSE_SECONDS = 0.2


def finding_clip(finding: Finding, sound: MeasuredSound) -> Clip:
    """Cut a finding out of a recording, as loud as it is there.

    Boxes at different times follow each other; those at one time sound together. A pause is before
    and after each, for players that swallow the beginning.

    Args:
        finding: of the recording.
        sound: the recording, or the part of it that the finding was made of.

    Returns:
        Its sound.
    """
    clip, settings = sound.spectrogram.clip, sound.spectrogram.settings
    rate, hop_s = clip.sample_rate, settings.hop_seconds
    # A frame more at each side fades it in and out.
    edge_s = settings.n_fft / rate
    pause = np.zeros(round(PAUSE_SECONDS * rate), np.float32)
    parts: list[Float32Array] = []
    in_order = sorted(finding.boxes, key=lambda box: box.start_s)
    for start_s, boxes in itertools.groupby(in_order, key=lambda box: box.start_s):
        together = list(boxes)
        end_s = max(box.end_s for box in together)
        first = max(0, math.floor((start_s - sound.start_s - edge_s) / hop_s))
        stop = round((end_s - sound.start_s + edge_s) * rate)
        around = clip.samples[
            first * settings.hop : max(stop, first * settings.hop + settings.n_fft)
        ]
        if around.size < settings.n_fft:
            first, around = 0, clip.samples
        from_s = sound.start_s + first * hop_s
        here = [
            Box(box.start_s - from_s, box.end_s - from_s, box.low_hz, box.high_hz)
            for box in together
        ]
        time_s = settings.time_s(settings.n_frames(around.size))
        mask = boxes_mask(here, settings.freq_hz, time_s)
        parts += [apply_mask(around, mask, settings), pause]
    samples = np.concatenate([pause, *parts])
    return Clip.from_samples(np.clip(samples, -1.0, 1.0), rate, f"{clip.name}, finding")
