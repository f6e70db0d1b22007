"""The triage list on a page: one component, and what its user has done in it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.components.shared import messages
from app.components.shared.component import mount
from core.storage.annotations import VERDICTS
from core.storage.tables import LONGEST_NOTE

MOST_WANTED = 4
MOST_CHANGES = 10_000


@dataclass(frozen=True)
class Change:
    """An annotation that a user made or deleted.

    Attributes:
        source: The list it was made in.
        number: Its place in the order of changes there.
        clip_id: The recording.
        verdict: What the user said of it, None where the annotation was deleted.
        note: The user's words.
    """

    source: str
    number: int
    clip_id: str
    verdict: str | None
    note: str


def triage_list(data: bytes, known: Collection[str], *, key: str) -> str | None:
    """Show the list.

    Args:
        data: What `frame` packed.
        known: The recordings that are in it.
        key: What keeps what is played, filtered and chosen through runs of the page.

    Returns:
        The recording that the user wants to open in Listen, or None.
    """
    result = mount("triage", key=key, data=data, states=("wanted", "changes", "opened"))
    opened = result.get("opened")
    return opened if isinstance(opened, str) and opened in known else None


def wanted(key: str, known: Collection[str]) -> list[str]:
    """Read which glances the list asks for.

    Args:
        key: The list's key.
        known: The recordings that are in it.

    Returns:
        The recordings, most urgent first.
    """
    message = messages.sent(key).get("wanted")
    ids = _listed(message.get("ids") if isinstance(message, Mapping) else None)
    return [item for item in ids[:MOST_WANTED] if isinstance(item, str) and item in known]


def changes(key: str, acknowledged: Mapping[str, int]) -> list[Change]:
    """Read what the list has changed and nobody has saved yet.

    The list sends every change until it is acknowledged, so that none is lost between two runs.

    Args:
        key: The list's key.
        acknowledged: For each list the number of its last change that is saved.

    Returns:
        The changes, oldest first; malformed ones are left out.
    """
    found = map(_change, _listed(messages.sent(key).get("changes"))[:MOST_CHANGES])
    new = [one for one in found if one and one.number > acknowledged.get(one.source, 0)]
    return sorted(new, key=lambda change: change.number)


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else []


def _change(item: Any) -> Change | None:
    if not isinstance(item, Mapping):
        return None
    source, number, clip_id = item.get("source"), item.get("number"), item.get("id")
    verdict, note = item.get("verdict"), item.get("note")
    if not (isinstance(source, str) and isinstance(clip_id, str) and isinstance(note, str)):
        return None
    if not isinstance(number, int) or isinstance(number, bool):
        return None
    if verdict not in (None, *VERDICTS):
        return None
    return Change(source[:64], number, clip_id, verdict, note[:LONGEST_NOTE])
