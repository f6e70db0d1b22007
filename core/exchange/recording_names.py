"""Which recording a file means, where it names one by its path or by the end of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

Key = TypeVar("Key")


def find_by_name(name: str, names: Mapping[Key, Iterable[str]]) -> list[Key]:
    r"""Find the recordings that a name can mean.

    Args:
        name: What a file calls the recording, with / or \ between folders.
        names: Every name of each recording.

    Returns:
        The recordings of this name; where there is none, those whose name has the other's end, the
        folders of either being whole.

    >>> known = {1: ["day1/0001.wav"], 2: ["day2/0001.wav"], 3: ["b.wav"]}
    >>> find_by_name("day2/0001.wav", known), find_by_name("0001.wav", known)
    ([2], [1, 2])
    >>> find_by_name("C:\\field\\day1\\0001.wav", known), find_by_name("1.wav", known)
    ([1], [])
    """
    exact = [key for key, own in names.items() if name in own]
    if exact or not name:
        return exact
    wanted = f"/{_plain(name)}"
    ends = {key: [f"/{_plain(one)}" for one in own] for key, own in names.items()}
    return [
        key
        for key, own in ends.items()
        if any(one.endswith(wanted) or wanted.endswith(one) for one in own)
    ]


def _plain(name: str) -> str:
    return name.replace("\\", "/").removeprefix("./").lstrip("/")


def with_other_names(names: Iterable[str]) -> str:
    """Write the names of one recording.

    Args:
        names: All of them, the first one first.

    Returns:
        The names in one line.

    >>> with_other_names(["a.wav", "b.wav"])
    'a.wav, also b.wav'
    """
    return ", also ".join(names)
