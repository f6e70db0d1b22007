"""The player's sounds, and how they are packed: as 16-bit numbers.

Sounds beyond `MOST_SOUND_BYTES` are sent at a lower rate, and the player says so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.signal import resample_poly

from app.components.player.frame import Frame
from core.audio import scaled_pcm16
from core.types import Float32Array

# Streamlit sends at most 200 MB in one message; the browser holds twice this as 32-bit floats.
MOST_SOUND_BYTES = 96 * 2**20
LOWEST_SAMPLE_RATE = 8000


@dataclass(frozen=True, eq=False)
class Sound:
    """One of the sounds that can be switched at the same playhead.

    Shape:
        samples: [n] float32 in -1..1, beginning where the picture begins
    `label` is what people see; `name` is a short word for the program.
    """

    name: str
    label: str
    samples: Float32Array
    sample_rate: int


@dataclass(frozen=True)
class Rest:
    """What is left of one sound without another, by their names: made in the browser.

    Of a clip and what a map keeps of it, it is what the map removes, and need not be sent.
    """

    name: str
    label: str
    whole: str
    part: str


def packed_sounds(
    frame: Frame, sounds: Sequence[Sound | Rest]
) -> tuple[list[dict[str, Any]], list[str]]:
    """The sounds, added to the frame, and what the header says of them; and sentences for people.

    A rest is left out with what it is made of.
    """
    sent, notes = within_budget([sound for sound in sounds if isinstance(sound, Sound)])
    by_name = {sound.name: sound for sound in sent}
    described = []
    for sound in sounds:
        if isinstance(sound, Rest):
            if sound.whole in by_name and sound.part in by_name:
                described.append(
                    {
                        "name": sound.name,
                        "label": sound.label,
                        "whole": sound.whole,
                        "part": sound.part,
                    }
                )
        elif sound.name in by_name:
            described.append(packed_sound(frame, by_name[sound.name]))
    return described, notes


def within_budget(sounds: Sequence[Sound]) -> tuple[list[Sound], list[str]]:
    """The sounds as they are sent: all at full rate, else at lower ones, else the first ones.

    With them the sentences on what was changed or left out.
    """

    def n_bytes(chosen: Sequence[Sound], factor: int) -> int:
        return sum(2 * math.ceil(sound.samples.size / factor) for sound in chosen)

    factor = 1
    lowest = min(sound.sample_rate for sound in sounds)
    while n_bytes(sounds, factor) > MOST_SOUND_BYTES and (
        lowest // (2 * factor) >= LOWEST_SAMPLE_RATE
    ):
        factor *= 2
    kept = list(sounds)
    while len(kept) > 1 and n_bytes(kept, factor) > MOST_SOUND_BYTES:
        kept.pop()
    notes = []
    if factor > 1:
        kept = [_thinned(sound, factor) for sound in kept]
        notes.append(
            f"This clip is long, so you hear it up to {kept[0].sample_rate / 2000:.3g} kHz only; "
            "the downloads have every frequency."
        )
    if len(kept) < len(sounds):
        left_out = ", ".join(sound.label for sound in sounds[len(kept) :])
        notes.append(f"This clip is too long to play here in all its forms; left out: {left_out}.")
    if n_bytes(kept, 1) > MOST_SOUND_BYTES:
        n_kept = MOST_SOUND_BYTES // 2
        first = kept[0]
        kept = [Sound(first.name, first.label, first.samples[:n_kept], first.sample_rate)]
        notes.append(f"Only the first {n_kept / first.sample_rate / 60:.0f} minutes can be heard.")
    return kept, notes


def packed_sound(frame: Frame, sound: Sound) -> dict[str, Any]:
    """A sound in 16 bits, added to the frame, and what the header says of it."""
    pcm, scale = scaled_pcm16(sound.samples)
    return {
        "name": sound.name,
        "label": sound.label,
        "sample_rate": sound.sample_rate,
        "scale": scale,
        "pcm": frame.add(pcm.astype("<i2", copy=False)),
    }


def _thinned(sound: Sound, factor: int) -> Sound:
    samples = resample_poly(sound.samples, 1, factor).astype(np.float32)
    return Sound(sound.name, sound.label, samples, sound.sample_rate // factor)
