"""Whether a file is a report as `hearmap report` wrote it, which it may replace.

Such a file ends with a hash of all that is before it: in a comment after the page, or in the
comment that ends a ZIP. A report that somebody wrote remarks into is theirs.
"""

from __future__ import annotations

import hashlib
import re
import struct
from pathlib import Path

from core.errors import SettingError
from core.runtime.atomic_write import os_errors_as

_MARK = "HearMap wrote this file; the SHA-256 of what is before this mark: {}"
_MARKED_PAGE = re.compile(f"\n<!-- {_MARK.format('[0-9a-f]{64}')} -->\n\\Z".encode())
_ZIP_MARK_BYTES = len(_MARK.format("0" * 64))
_END_OF_ZIP, _NO_COMMENT = b"PK\x05\x06", b"\0\0"


def marked(content: bytes) -> bytes:
    """Add the mark to a report.

    Args:
        content: a page, or a ZIP without a comment

    Returns:
        The report, otherwise the same.

    >>> is_as_written(marked(b"<p>All is well.</p>"))
    True
    """
    mark = _MARK.format(hashlib.sha256(content).hexdigest()).encode()
    if _is_zip(content):
        return content[: -len(_NO_COMMENT)] + struct.pack("<H", len(mark)) + mark
    return content + b"\n<!-- " + mark + b" -->\n"


def is_as_written(content: bytes) -> bool:
    """Check that a file is what `marked` gave.

    Args:
        content: of the file

    Returns:
        Whether it is, to the byte.
    """
    if found := _MARKED_PAGE.search(content):
        before = content[: found.start()]
    else:
        before = content[: -_ZIP_MARK_BYTES - len(_NO_COMMENT)] + _NO_COMMENT
    return content == marked(before)


def check_replaceable(path: Path) -> None:
    """Refuse to write a report over anything but an earlier report, as HearMap wrote it.

    Args:
        path: where the report shall be; nothing need be there yet

    Raises:
        SettingError: something is there that HearMap did not write, or that has changed since.
    """
    with os_errors_as(SettingError, f"--out “{path}” cannot be read"):
        if not (path.exists() or path.is_symlink()):
            return
        if path.is_file() and not path.is_symlink() and is_as_written(path.read_bytes()):
            return
    raise SettingError(
        f"--out “{path}” is there already and is no report as HearMap wrote it; choose another "
        "name."
    )


def _is_zip(content: bytes) -> bool:
    end = content[-22:]
    return end.startswith(_END_OF_ZIP) and end.endswith(_NO_COMMENT)
