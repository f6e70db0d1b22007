"""Entries of ZIP files at any date: the format knows none before 1980, which a clock may be at."""

from __future__ import annotations

import time
import zipfile

_FIRST, _LAST = (1980, 1, 1, 0, 0, 0), (2107, 12, 31, 23, 59, 58)
_MODE = 0o644


def zip_entry(name: str) -> zipfile.ZipInfo:
    """Make the entry of a file that is written now.

    Args:
        name: the file's, in the ZIP

    Returns:
        The entry, for `ZipFile.writestr` together with `compress_type`.
    """
    entry = zipfile.ZipInfo(name, max(_FIRST, min(_LAST, time.localtime()[:6])))
    entry.external_attr = _MODE << 16
    return entry
