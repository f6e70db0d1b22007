"""Warnings on many recordings as few sentences: those that differ in their numbers are one."""

from __future__ import annotations

import re
from collections.abc import Iterable

from core.audio.source import shown_name

MOST_NAMES = 3
_NUMBER = re.compile(r"[-+−]?\d[\d,.]*|“[^”]*”")


def grouped_warnings(warned: Iterable[tuple[str, Iterable[str]]], n_recordings: int) -> list[str]:
    """Put warnings on recordings together.

    >>> grouped_warnings([("a.wav", ["Very quiet (-80 dBFS)."])], 2)
    ['“a.wav”: Very quiet (-80 dBFS).']
    >>> grouped_warnings([(name, ["Very quiet (-80 dBFS)."]) for name in "abc"], 24)
    ['3 of 24 recordings, such as “a”: Very quiet (-80 dBFS). The others: “b”, “c”.']

    Args:
        warned: the name of each recording, and the sentences on it
        n_recordings: how many recordings there are

    Returns:
        Sentences with the recordings' names, in the order in which they first come.
    """
    found: dict[str, tuple[str, dict[str, None]]] = {}
    for name, sentences in warned:
        for sentence in sentences:
            kind = _NUMBER.sub("0", sentence)
            found.setdefault(kind, (sentence, {}))[1][f"“{shown_name(name)}”"] = None
    return [_together(first, list(names), n_recordings) for first, names in found.values()]


def _together(sentence: str, names: list[str], n_recordings: int) -> str:
    if len(names) == 1:
        return f"{names[0]}: {sentence}"
    n_more = len(names) - 1 - MOST_NAMES
    others = ", ".join(names[1 : 1 + MOST_NAMES]) + (f" and {n_more} more" if n_more > 0 else "")
    return (
        f"{len(names)} of {n_recordings} recordings, such as {names[0]}: {sentence} "
        f"The other{'s' if len(names) > 2 else ''}: {others}."
    )
