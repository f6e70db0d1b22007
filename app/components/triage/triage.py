"""The list on a page: one component, and what its user has done in it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from app.components.shared.component import mount
from core.storage.annotations import VERDICTS
from core.storage.tables import LONGEST_NOTE

MOST_WANTED = 4
MOST_CHANGES = 10_000


@dataclass(frozen=True)
class Change:
    """A label that a user gave a clip, or took from it where `verdict` is None.

    `source` is the list it was given in, `number` its place in the order there.
    """

    source: str
    number: int
    clip_id: str
    verdict: str | None
    note: str


def triage_list(data: bytes, known: Collection[str], *, key: str) -> str | None:
    """The list; gives the id of a clip that the user wants to open in Listen, or None.

    With a fixed `key` what is played, filtered and chosen stays through reruns.
    """
    result = mount("triage", key=key, data=data, states=("wanted", "changes", "opened"))
    opened = result.get("opened")
    return opened if isinstance(opened, str) and opened in known else None


def wanted(key: str, known: Collection[str]) -> list[str]:
    """The clips whose glances the list asks for, most urgent first."""
    said = _sent(key).get("wanted")
    sent = said.get("ids") if isinstance(said, Mapping) else None
    if not isinstance(sent, Sequence) or isinstance(sent, str):
        return []
    return [item for item in sent[:MOST_WANTED] if isinstance(item, str) and item in known]


def changes(key: str, acknowledged: Mapping[str, int]) -> list[Change]:
    """What was labelled since the changes acknowledged, oldest first; malformed ones are left out.

    The list sends every change until it is acknowledged, so that none is lost between two runs.
    """
    sent = _sent(key).get("changes")
    if not isinstance(sent, Sequence) or isinstance(sent, str):
        return []
    found = [change for item in sent[:MOST_CHANGES] if (change := _change(item)) is not None]
    new = [change for change in found if change.number > acknowledged.get(change.source, 0)]
    return sorted(new, key=lambda change: change.number)


def _change(item: Any) -> Change | None:
    if not isinstance(item, Mapping):
        return None
    source, number, clip_id = item.get("source"), item.get("number"), item.get("id")
    verdict, note = item.get("verdict"), item.get("note")
    if not (isinstance(source, str) and isinstance(clip_id, str) and isinstance(note, str)):
        return None
    if not isinstance(number, int) or isinstance(number, bool):
        return None
    if verdict is not None and verdict not in VERDICTS:
        return None
    return Change(source[:64], number, clip_id, verdict, note[:LONGEST_NOTE])


def _sent(key: str) -> Mapping[str, Any]:
    sent = st.session_state.get(key)
    return sent if isinstance(sent, Mapping) else {}
