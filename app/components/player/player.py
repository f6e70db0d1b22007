"""The player on a page: one component, and what its user has done in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.components.player.painted import PaintedMask, painted_of
from app.components.player.payload import Payload
from app.components.shared import messages
from app.components.shared.component import mount
from core.types import Box


@dataclass(frozen=True)
class PlayerEvent(Box):
    """What the user chose in the player: a region, or a box of their own.

    Attributes:
        region_index: Of the region, None for a box of their own.
    """

    region_index: int | None = None


@dataclass(frozen=True)
class PlayerState:
    """What the user has done in the player so far.

    Attributes:
        selection: What is chosen.
        painted: What is painted.
    """

    selection: PlayerEvent | None = None
    painted: PaintedMask | None = None


def show(payload: Payload, *, key: str) -> PlayerState:
    """Show what `pack` made.

    Args:
        payload: The packed recording.
        key: What keeps playback through reruns, and through new regions for the same sounds.

    Returns:
        What is selected and painted.
    """
    states = ("selection", "painted", "part")
    result = mount("player", key=key, data=payload.data, states=states)
    selection, painted = result.get("selection"), result.get("painted")
    return PlayerState(event_of(selection, payload), painted_of(painted, payload.clip))


def event_of(selection: Any, payload: Payload) -> PlayerEvent | None:
    """Read the choice that a browser sent.

    Args:
        selection: What it sent.
        payload: What it was sent.

    Returns:
        The choice; None where it is malformed or of another recording.
    """
    if not isinstance(selection, Mapping) or selection.get("clip") != payload.clip:
        return None
    names = ("start_s", "end_s", "low_hz", "high_hz")
    box = messages.box([selection.get(name) for name in names])
    index = selection.get("region_index")
    if box is None:
        return None
    if index is None:
        return PlayerEvent(**vars(box))
    # Regions follow the threshold: an index into other regions than these names nothing.
    place = messages.index(index, payload.n_regions)
    if place is None or selection.get("regions") != payload.regions_digest:
        return None
    return PlayerEvent(**vars(box), region_index=place)
