"""The player on a page: one component, and what its user has done in it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.components.player.painted import PaintedMask, painted_of
from app.components.player.parts import Part
from app.components.player.payload import Payload, pack
from app.components.player.pictures import NamedMap, Picture
from app.components.player.sounds import Rest, Sound
from app.components.shared.component import mount
from core.types import Box, Region


@dataclass(frozen=True)
class PlayerEvent(Box):
    """What the user chose in the player: a region by its index, or a box of their own."""

    region_index: int | None = None


@dataclass(frozen=True)
class PlayerState:
    """What the user has done in the player so far: what is chosen, and what is painted."""

    selection: PlayerEvent | None = None
    painted: PaintedMask | None = None


def player(
    sounds: Sequence[Sound | Rest],
    picture: Picture,
    regions: Sequence[Region],
    *,
    key: str,
    height: int = 420,
    part: Part | None = None,
    paint: bool = False,
    maps: Sequence[NamedMap] = (),
) -> PlayerState:
    """The player for one clip; gives what is selected and painted in it.

    `sounds` are switched at one playhead and begin where the picture begins; the first is the
    clip and sets the length. `height` is that of the picture with its lanes, in CSS pixels. With
    a fixed `key` playback goes on through reruns, and through new regions for the same sounds.
    `part` says which stretch of a long clip this is (`wanted_part` gives it). With `paint` the
    user can paint a mask of their own. `maps` of other models come below, each in a panel.
    """
    packed = pack(sounds, picture, regions, part, maps)
    return show(packed, len(regions), key=key, height=height, paint=paint)


def show(
    payload: Payload, n_regions: int, *, key: str, height: int = 420, paint: bool = False
) -> PlayerState:
    """The player for what `pack` made, which a caller may have kept."""
    # Height and paint are not part of the clip: they ride in front, the rest can be kept packed.
    data = height.to_bytes(4, "little") + int(paint).to_bytes(4, "little") + payload.data
    result = mount("player", key=key, data=data, states=("selection", "painted", "part"))
    return PlayerState(
        event_of(result.get("selection"), payload, n_regions),
        painted_of(result.get("painted"), payload.clip),
    )


def event_of(selection: Any, payload: Payload, n_regions: int) -> PlayerEvent | None:
    """The event in what a browser sent, or None where it is malformed or of another clip."""
    if not isinstance(selection, Mapping) or selection.get("clip") != payload.clip:
        return None
    numbers = [selection.get(name) for name in ("start_s", "end_s", "low_hz", "high_hz")]
    if not all(_is_number(number) for number in numbers):
        return None
    start_s, end_s, low_hz, high_hz = (float(number) for number in numbers if number is not None)
    if not (0 <= start_s < end_s and 0 <= low_hz < high_hz):
        return None
    index = selection.get("region_index")
    if index is None:
        return PlayerEvent(start_s, end_s, low_hz, high_hz)
    # Regions follow the threshold: an index into other regions than these names nothing.
    if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < n_regions:
        return None
    if selection.get("regions") != payload.regions_digest:
        return None
    return PlayerEvent(start_s, end_s, low_hz, high_hz, index)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
