"""Names of files that HearMap writes, made of what users call things."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

LONGEST_STEM = 80


def file_stem(name: str, otherwise: str = "recording") -> str:
    """Make a file name's stem that every file system takes.

    Folders stay part of it, so that files of one name in two folders get two names.

    Args:
        name: The name of a recording or a model, perhaps with folders and a suffix.
        otherwise: What is given where nothing of it is left.

    Returns:
        At most 80 letters, digits, hyphens and underscores: the end of a longer name.

    >>> file_stem("day1/0001.wav"), file_stem("../a b<c>.wav"), file_stem("🎧.wav")
    ('day1_0001', 'a_b_c', 'recording')
    """
    path = PurePosixPath(name.replace("\\", "/"))
    kept = re.sub(r"[^\w-]+", "_", str(path.with_suffix(""))) if path.name else ""
    return kept.strip("_")[-LONGEST_STEM:].strip("_") or otherwise


def distinct_stems(names: Sequence[str]) -> list[str]:
    """Make a stem of each name, no two of them the same on any file system.

    Args:
        names: Names of recordings, perhaps with folders and suffixes.

    Returns:
        A stem each; those that would repeat an earlier one get a number.

    >>> distinct_stems(["a/1.wav", "a_1.wav", "A/1.flac", "2.wav"])
    ['a_1', 'a_1_2', 'A_1_3', '2']
    """
    taken: set[str] = set()
    stems = []
    for name in names:
        stem = first = file_stem(name)
        number = 1
        while stem.lower() in taken:
            number += 1
            stem = f"{first}_{number}"
        taken.add(stem.lower())
        stems.append(stem)
    return stems
