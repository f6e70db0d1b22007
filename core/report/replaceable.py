"""Whether a file is a report that `hearmap report` wrote, which it may replace."""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path
from typing import IO

from core.errors import SettingError
from core.report.page import GENERATOR, POLICY
from core.runtime.atomic_write import os_errors_as

_MEMBER = re.compile(r"report\.html|scores\.(csv|json)|pictures/[^/]+\.png|sounds/[^/]+\.wav")
_HEAD_BYTES = 1000


def check_replaceable(path: Path) -> None:
    """Refuse to write a report over anything but an earlier report.

    Args:
        path: where the report shall be; nothing need be there yet

    Raises:
        SettingError: something is there that HearMap did not write.
    """
    with os_errors_as(SettingError, f"--out “{path}” cannot be read"):
        if path.exists() and not (path.is_file() and (_is_page(path) or _is_archive(path))):
            raise SettingError(
                f"--out “{path}” is there already and is no report of HearMap's; choose another "
                "name."
            )


def _is_page(path: Path) -> bool:
    with path.open("rb") as stream:
        return _begins_as_page(stream)


def _is_archive(path: Path) -> bool:
    # Whether it has a report, and no member that `BatchReport.files` would not give.
    try:
        with zipfile.ZipFile(path) as archive:
            if not all(_MEMBER.fullmatch(name) for name in archive.namelist()):
                return False
            with archive.open("report.html") as stream:
                return _begins_as_page(stream)
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError, RuntimeError, zlib.error):
        return False


def _begins_as_page(stream: IO[bytes]) -> bool:
    text = stream.read(_HEAD_BYTES).decode("utf-8", "replace")
    # Reports of 0.1.0 name no generator, but have the policy, word by word, in their head.
    return text.startswith("<!DOCTYPE html>") and (GENERATOR in text or POLICY in text)
