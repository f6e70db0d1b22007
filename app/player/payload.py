"""What the player gets: picture, sounds and regions packed into one run of bytes.

Streamlit hands a component's top-level bytes over as they are, while bytes inside a dict arrive
as the text of their repr; so everything travels in one framing of our own:

    b"HMP1" | uint32 n | JSON of n bytes, padded with spaces | arrays

`n` is such that the arrays begin at a multiple of 8; each array begins at a multiple of 8 after
that, little-endian, and the JSON names its offset, length in bytes and, for a picture, what its
values mean. A picture longer than `MOST_COLUMNS` columns is thinned by the maximum, so that a
click in an hour stays visible; sounds beyond `MOST_SOUND_BYTES` are sent at a lower rate, and the
player says so.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from app.player.parts import Part
from core.types import Float32Array, Float64Array, Region

MAGIC = b"HMP1"
MOST_COLUMNS = 4000
MOST_OVERVIEW_COLUMNS = 2000
# Streamlit sends at most 200 MB in one message; the browser holds twice this as 32-bit floats.
MOST_SOUND_BYTES = 96 * 2**20
LOWEST_SAMPLE_RATE = 8000
# Deeper than 16-bit sound ever shows; 255 steps of it are under half a decibel each.
DEEPEST_DB = 120.0
MARGIN_ZERO = 128


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


@dataclass(frozen=True, eq=False)
class Picture:
    """What the player draws.

    Shape:
        level_db, probability, raw: [freq, time]; freq_hz: [freq]; time_s, score_over_time: [time]
    `freq_hz` and `time_s` are the centres of rows and columns, strictly increasing, columns evenly
    spaced. The contour runs where `raw` crosses `map_threshold`; without `raw`, where
    `probability` crosses `contour_probability`; with neither there is none.
    """

    level_db: Float32Array
    probability: Float32Array
    score_over_time: Float32Array
    map_threshold: float
    freq_hz: Float64Array
    time_s: Float64Array
    raw: Float32Array | None = None
    contour_probability: float | None = None


@dataclass(frozen=True, eq=False)
class NamedMap:
    """Another map of the same clip, drawn below under the same playhead and zoom.

    Shape:
        probability, raw: [freq, time] on the picture's axes; score_over_time: [time]
    """

    label: str
    probability: Float32Array
    raw: Float32Array
    score_over_time: Float32Array
    map_threshold: float


@dataclass(frozen=True)
class Payload:
    """Packed bytes, and the hashes by which a rerun is known to bring nothing new.

    `clip` names the clip whatever part of it this is; `regions_digest` changes with the regions.
    """

    data: bytes
    digest: str
    sounds_digest: str
    clip: str
    regions_digest: str


class _Frame:
    """Arrays laid one after the other, each at a multiple of 8 bytes."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.size = 0

    def add(self, array: NDArray[np.generic]) -> dict[str, int]:
        """Appends an array and gives its place."""
        data = np.ascontiguousarray(array).tobytes()
        place = {"offset": self.size, "length": len(data)}
        self.parts += [data, bytes(-len(data) % 8)]
        self.size += len(data) + -len(data) % 8
        return place


def pack(
    sounds: Sequence[Sound],
    picture: Picture,
    regions: Sequence[Region],
    part: Part | None = None,
    maps: Sequence[NamedMap] = (),
) -> Payload:
    """The player's bytes.

    With a `part`, sounds and picture are that stretch, `time_s` are times of the whole clip, and
    the regions are those of the whole clip. Each of `maps` has a panel of its own.

    Raises:
        ValueError: no sound, or arrays that do not fit each other.
    """
    if not sounds:
        raise ValueError("The player needs at least one sound.")
    _check(picture)
    frame = _Frame()
    sent, notes = _within_budget(sounds)
    described_sounds = [_packed_sound(frame, sound) for sound in sent]
    sounds_digest = hashlib.sha256(b"".join(frame.parts)).hexdigest()[:16]
    described_regions = [asdict(region) for region in regions]
    first = sounds[0]
    header: dict[str, Any] = {
        "version": 2,
        "start_s": part.start_s if part else 0.0,
        "duration_s": first.samples.size / first.sample_rate,
        "sounds": described_sounds,
        "picture": _packed_picture(frame, picture),
        "maps": [_packed_map(frame, picture, other) for other in maps],
        "regions": described_regions,
        "part": _packed_part(frame, part) if part and len(part.bounds) > 1 else None,
        "notes": notes,
    }
    named = json.dumps([sounds_digest, [(s.name, s.label) for s in sent]]).encode()
    header["sounds_digest"] = sounds_digest = hashlib.sha256(named).hexdigest()[:16]
    header["clip"] = clip = part.clip if part else sounds_digest
    regions_digest = hashlib.sha256(json.dumps(described_regions).encode()).hexdigest()[:16]
    header["regions_digest"] = regions_digest
    digest = hashlib.sha256(json.dumps(header, sort_keys=True).encode())
    for part in frame.parts:
        digest.update(part)
    header["digest"] = digest.hexdigest()[:16]
    text = json.dumps(header, allow_nan=False, ensure_ascii=False).encode()
    text += b" " * (-(len(MAGIC) + 4 + len(text)) % 8)
    data = b"".join([MAGIC, len(text).to_bytes(4, "little"), text, *frame.parts])
    return Payload(data, header["digest"], sounds_digest, clip, regions_digest)


def unpack(data: bytes) -> tuple[dict[str, Any], bytes]:
    """The header and the run of arrays behind it: what the player does first, in Python.

    Raises:
        ValueError: this is no player payload.
    """
    if data[:4] != MAGIC:
        raise ValueError("This is not the data of a player.")
    length = int.from_bytes(data[4:8], "little")
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def _check(picture: Picture) -> None:
    shape = (picture.freq_hz.size, picture.time_s.size)
    layers = [picture.level_db, picture.probability]
    layers += [picture.raw] if picture.raw is not None else []
    if any(layer.shape != shape for layer in layers) or picture.score_over_time.shape != shape[1:]:
        raise ValueError(f"The picture's layers do not all have its axes' shape {shape}.")
    if min(shape) < 2:
        raise ValueError(f"A picture needs two rows and two columns, not {shape}.")


def _within_budget(sounds: Sequence[Sound]) -> tuple[list[Sound], list[str]]:
    """The sounds as they are sent: all at full rate, else at lower ones, else the first ones."""

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


def _thinned(sound: Sound, factor: int) -> Sound:
    samples = resample_poly(sound.samples, 1, factor).astype(np.float32)
    return Sound(sound.name, sound.label, samples, sound.sample_rate // factor)


def _packed_sound(frame: _Frame, sound: Sound) -> dict[str, Any]:
    # The full 16 bits go to each sound's own peak: what a map keeps is often 40 dB below the clip.
    samples = np.nan_to_num(sound.samples, nan=0.0, posinf=0.0, neginf=0.0)
    peak = float(np.abs(samples).max(initial=0.0))
    scale = peak / 32767 if peak > 0 else 1.0
    pcm = np.rint(samples / scale).astype("<i2")
    return {
        "name": sound.name,
        "label": sound.label,
        "sample_rate": sound.sample_rate,
        "scale": scale,
        "pcm": frame.add(pcm),
    }


def _packed_part(frame: _Frame, part: Part) -> dict[str, Any]:
    factor = math.ceil(part.score_over_time.size / MOST_OVERVIEW_COLUMNS)
    score = _columns_by_max(_finite(part.score_over_time)[None], factor)[0]
    return {"index": part.index, "bounds": part.bounds, "score": frame.add(score.astype("<f4"))}


def _packed_picture(frame: _Frame, picture: Picture) -> dict[str, Any]:
    factor = math.ceil(picture.time_s.size / MOST_COLUMNS)
    level = _columns_by_max(_finite(picture.level_db), factor)
    high = float(level.max())
    low = max(float(level.min()), high - DEEPEST_DB)
    span_db = max(high - low, 1e-6)
    level_steps = np.rint((np.clip(level, low, high) - low) * (255 / span_db))
    probability = _columns_by_max(_finite(picture.probability), factor)
    score = _columns_by_max(_finite(picture.score_over_time)[None], factor)[0]
    step = float(picture.time_s[-1] - picture.time_s[0]) / (picture.time_s.size - 1)
    first = float(picture.time_s[0]) + step * (factor - 1) / 2
    return {
        "n_freq": int(level.shape[0]),
        "n_time": int(level.shape[1]),
        "level": frame.add(level_steps.astype(np.uint8)),
        "level_min_db": low,
        "level_max_db": low + span_db,
        "probability": frame.add(np.rint(np.clip(probability, 0, 1) * 255).astype(np.uint8)),
        "margin": _packed_margin(frame, picture, factor),
        "margin_zero": MARGIN_ZERO,
        "score": frame.add(score.astype("<f4")),
        "threshold": float(picture.map_threshold),
        "freq_hz": [float(hz) for hz in picture.freq_hz],
        "first_s": first,
        "step_s": step * factor,
    }


def _packed_map(frame: _Frame, picture: Picture, other: NamedMap) -> dict[str, Any]:
    shape = picture.level_db.shape
    if other.probability.shape != shape or other.raw.shape != shape:
        raise ValueError(f"The map “{other.label}” does not have the picture's shape {shape}.")
    factor = math.ceil(picture.time_s.size / MOST_COLUMNS)
    probability = _columns_by_max(_finite(other.probability), factor)
    score = _columns_by_max(_finite(other.score_over_time)[None], factor)[0]
    distance = _finite(other.raw) - np.float32(other.map_threshold)
    return {
        "label": other.label,
        "probability": frame.add(np.rint(np.clip(probability, 0, 1) * 255).astype(np.uint8)),
        "margin": _packed_distance(frame, distance, factor),
        "score": frame.add(score.astype("<f4")),
        "threshold": float(other.map_threshold),
    }


def _packed_margin(frame: _Frame, picture: Picture, factor: int) -> dict[str, int] | None:
    if picture.raw is not None:
        distance = _finite(picture.raw) - np.float32(picture.map_threshold)
    elif picture.contour_probability is not None:
        distance = _finite(picture.probability) - np.float32(picture.contour_probability)
    else:
        return None
    return _packed_distance(frame, distance, factor)


def _packed_distance(frame: _Frame, distance: Float32Array, factor: int) -> dict[str, int]:
    """How far each cell lies above the threshold: `MARGIN_ZERO` is on it, whatever its scale.

    Cells are never rounded across it, so the contour encloses exactly the cells above.
    """
    distance = _columns_by_max(distance, factor)
    # Near the threshold is where the contour is drawn, so far cells may saturate.
    reach = float(np.quantile(np.abs(distance), 0.99)) or 1.0
    steps = np.clip(np.rint(distance * (126 / reach)), -126, 126)
    steps = np.where(distance > 0, np.maximum(steps, 1), np.minimum(steps, -1))
    return frame.add((MARGIN_ZERO + steps).astype(np.uint8))


def _columns_by_max(layer: Float32Array, factor: int) -> Float32Array:
    """Every `factor` columns become one, their maximum; the last may stand for fewer."""
    if factor == 1:
        return layer
    starts = np.arange(0, layer.shape[1], factor)
    thinned: Float32Array = np.maximum.reduceat(layer, starts, axis=1)
    return thinned


def _finite(layer: Float32Array) -> Float32Array:
    """The layer with what is not a number set to its lowest number."""
    layer = np.asarray(layer, np.float32)
    good = np.isfinite(layer)
    if good.all():
        return layer
    lowest = layer[good].min() if good.any() else np.float32(0)
    return np.where(good, layer, lowest)
