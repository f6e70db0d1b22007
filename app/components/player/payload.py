"""What the player is sent: sounds, picture and regions packed into one run of bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from numpy.typing import NDArray

from app.components.player.findings import FindingList, packed_findings
from app.components.player.painted import MOST_BOXES
from app.components.player.parts import Part, packed_part
from app.components.player.pictures import NamedMap, Picture, packed_picture
from app.components.player.sounds import Residual, Sound, packed_sounds
from app.components.shared.frame import digest, frame
from core.types import Region


@dataclass(frozen=True)
class Payload:
    """Packed bytes, and the hashes by which a rerun is known to bring nothing new.

    Attributes:
        data: What the player is sent.
        digest: Changes with anything that is shown or played.
        sounds_digest: Changes with the sounds.
        clip: Names the recording, whatever part of it this is.
        regions_digest: Changes with the regions.
        n_regions: How many there are.
    """

    data: bytes
    digest: str
    sounds_digest: str
    clip: str
    regions_digest: str
    n_regions: int


def pack(
    sounds: Sequence[Sound | Residual],
    picture: Picture,
    regions: Sequence[Region],
    part: Part | None = None,
    maps: Sequence[NamedMap] = (),
    *,
    findings: FindingList | None = None,
    name: str = "recording",
    height: int = 420,
    paint: bool = False,
) -> Payload:
    """Pack what the player is sent.

    Args:
        sounds: What can be played. They are switched at one playhead and begin where the picture
            begins; the first is the recording and sets the length.
        picture: What is drawn. With a `part`, sounds and picture are that part's, and the times
            those of the whole recording.
        regions: What can be stepped through, of the whole recording.
        part: Which part of a long recording this is; `wanted_part` gives it.
        maps: Those of other models, each drawn in a panel below.
        findings: What is listed above the picture.
        name: The stem of files that the user saves from the player.
        height: Of the picture with its lanes, in CSS pixels.
        paint: Whether the user can paint a mask.

    Returns:
        The bytes and their hashes.

    Raises:
        ValueError: There is no sound, or arrays do not fit each other.
    """
    first = next(iter(sounds), None)
    if not isinstance(first, Sound):
        raise ValueError("The player needs at least one sound, the recording first.")
    arrays: dict[str, NDArray[Any]] = {}
    described, notes = packed_sounds(arrays, sounds)
    sounds_digest = digest(*arrays.values(), [(one["name"], one["caption"]) for one in described])
    boxes = [asdict(region) for region in regions]
    header: dict[str, Any] = {
        "start_s": part.start_s if part else 0.0,
        "duration_s": first.samples.size / first.sample_rate,
        "sounds": described,
        "picture": packed_picture(arrays, picture, maps),
        "regions": boxes,
        "part": packed_part(arrays, part) if part and len(part.bounds) > 1 else None,
        "notes": notes,
        "findings": packed_findings(findings or FindingList()),
        "sounds_digest": sounds_digest,
        "clip": part.clip if part else sounds_digest,
        "regions_digest": digest(boxes),
        "name": name,
        "height": height,
        "paint": paint,
        "most_painted_boxes": MOST_BOXES,
    }
    header["digest"] = digest(header, *arrays.values())
    hashes = {name: header[name] for name in ("digest", "sounds_digest", "clip", "regions_digest")}
    return Payload(frame(arrays, header=header), **hashes, n_regions=len(regions))
