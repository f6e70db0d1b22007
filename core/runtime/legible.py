"""File names as text: on a disk a name is bytes, and not every byte is of a character."""

from __future__ import annotations

import re

_NO_CHARACTER = re.compile("[\ud800-\udfff]")


def legible(name: str) -> str:
    r"""Write the bytes of a file's name that are no characters as \xNN.

    Python keeps such bytes as characters that can be neither printed nor saved.

    Args:
        name: a name or a path, as the system gave it

    Returns:
        Text that can be printed and saved anywhere; the same where every byte was of a character.

    >>> legible("m\udcfcll.wav")
    'm\\xfcll.wav'
    """
    return _NO_CHARACTER.sub(lambda one: f"\\x{ord(one[0]) & 0xFF:02x}", name)
