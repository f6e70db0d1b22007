"""What the player gets: picture, sounds and regions packed into one run of bytes.

Streamlit hands a component's top-level bytes over as they are, while bytes inside a dict arrive
as the text of their repr; so everything travels in one framing of our own:

    b"HMP1" | uint32 n | JSON of n bytes, padded with spaces | arrays

`n` is such that the arrays begin at a multiple of 8; each array begins at a multiple of 8 after
that, little-endian, and the JSON names its offset, length in bytes and, for a picture, what its
values mean. How each becomes arrays is in `sounds`, `pictures` and `parts`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from app.components.player.frame import Frame
from app.components.player.parts import Part, packed_part
from app.components.player.pictures import (
    NamedMap,
    Picture,
    check_picture,
    packed_map,
    packed_picture,
)
from app.components.player.sounds import Rest, Sound, packed_sounds
from core.types import Region

MAGIC = b"HMP1"


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


def pack(
    sounds: Sequence[Sound | Rest],
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
    first = next(iter(sounds), None)
    if not isinstance(first, Sound):
        raise ValueError("The player needs at least one sound, the clip first.")
    check_picture(picture)
    frame = Frame()
    described_sounds, notes = packed_sounds(frame, sounds)
    sounds_digest = hashlib.sha256(b"".join(frame.parts)).hexdigest()[:16]
    described_regions = [asdict(region) for region in regions]
    header: dict[str, Any] = {
        "version": 2,
        "start_s": part.start_s if part else 0.0,
        "duration_s": first.samples.size / first.sample_rate,
        "sounds": described_sounds,
        "picture": packed_picture(frame, picture),
        "maps": [packed_map(frame, picture, other) for other in maps],
        "regions": described_regions,
        "part": packed_part(frame, part) if part and len(part.bounds) > 1 else None,
        "notes": notes,
    }
    named = json.dumps(
        [sounds_digest, [(s["name"], s["label"]) for s in described_sounds]]
    ).encode()
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
