"""The player's sounds, and how they are packed: as 16-bit numbers.

Sounds beyond `MOST_SOUND_BYTES` are sent at a lower rate, and the player says so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from core.audio.writing import scaled_pcm16
from core.types import Float32Array

# Streamlit sends at most 200 MB in one message; the browser holds twice this as 32-bit floats.
MOST_SOUND_BYTES = 96 * 2**20
LOWEST_SAMPLE_RATE = 8000


@dataclass(frozen=True, eq=False)
class Sound:
    """One of the sounds that can be switched at the same playhead.

    Attributes:
        name: A short word for the program.
        caption: What people see.
        samples: [n] in -1..1, beginning where the picture begins.
        sample_rate: In hertz.
    """

    name: str
    caption: str
    samples: Float32Array
    sample_rate: int


@dataclass(frozen=True)
class Residual:
    """One sound without another: made in the browser, since it need not be sent.

    Attributes:
        name: A short word for the program.
        caption: What people see.
        whole: The name of the sound.
        part: The name of what is taken from it.
    """

    name: str
    caption: str
    whole: str
    part: str


def packed_sounds(
    arrays: dict[str, NDArray[Any]], sounds: Sequence[Sound | Residual]
) -> tuple[list[dict[str, Any]], list[str]]:
    """Pack sounds; a residual is left out with what it is made of.

    Args:
        arrays: Where the packed arrays are added, as "sound." and the name.
        sounds: The sounds in their order.

    Returns:
        What the header says of them, and sentences for people on what was changed or left out.
    """
    fitting, notes = within_budget([sound for sound in sounds if isinstance(sound, Sound)])
    sent = {sound.name: sound for sound in fitting}
    described: list[dict[str, Any]] = []
    for sound in sounds:
        if isinstance(sound, Residual):
            if sound.whole in sent and sound.part in sent:
                described.append(asdict(sound))
        elif sound.name in sent:
            values = dict(vars(sent[sound.name]))
            arrays[f"sound.{sound.name}"], scale = scaled_pcm16(values.pop("samples"))
            described.append(values | {"scale": scale})
    return described, notes


def within_budget(sounds: Sequence[Sound]) -> tuple[list[Sound], list[str]]:
    """Choose how sounds are sent: all at full rate, else at lower ones, else the first ones.

    Args:
        sounds: The sounds, the most important first.

    Returns:
        The sounds, and sentences for people on what was changed or left out.
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
        kept = [
            replace(
                sound,
                samples=resample_poly(sound.samples, 1, factor).astype(np.float32),
                sample_rate=sound.sample_rate // factor,
            )
            for sound in kept
        ]
        notes.append(
            "This recording is long, so you hear it only up to "
            f"{kept[0].sample_rate / 2000:.3g} kHz; the downloads have every frequency."
        )
    if len(kept) < len(sounds):
        left_out = ", ".join(sound.caption for sound in sounds[len(kept) :])
        notes.append(
            f"This recording is too long to play here in all its forms; left out: {left_out}."
        )
    if n_bytes(kept, 1) > MOST_SOUND_BYTES:
        n_kept = MOST_SOUND_BYTES // 2
        first = kept[0]
        kept = [replace(first, samples=first.samples[:n_kept])]
        notes.append(f"Only the first {n_kept / first.sample_rate / 60:.0f} minutes can be heard.")
    return kept, notes
