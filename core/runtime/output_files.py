"""A folder of results in which nothing is overwritten but what HearMap wrote there itself."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from core.errors import SettingError
from core.runtime.atomic_write import TEMPORARY_SUFFIX, os_errors_as, write_file

LIST_NAME = ".hearmap-files.json"

# Systems put these into folders that people look at; an interrupted write leaves the last.
_NOBODYS = re.compile(
    rf"\.DS_Store|Thumbs\.db|desktop\.ini|\..*\.[0-9a-f]{{8}}{re.escape(TEMPORARY_SUFFIX)}"
)


def check_output_folder(folder: Path, inputs: Sequence[Path] = ()) -> None:
    """Refuse a folder for results that holds anything but what HearMap wrote there.

    HearMap's are the files that `write_output_files` listed in the folder and that have not
    changed since. A folder that was written before there was such a list counts as someone
    else's: file names alone do not tell whose a file is.

    Args:
        folder: where the results shall be written; it need not be there yet
        inputs: files that are read, which are not overwritten even if HearMap wrote them

    Raises:
        SettingError: an input lies in the folder, it holds something that HearMap did not write
            or that has changed since, or it is no folder.
    """
    with os_errors_as(SettingError, f"--out “{folder}” cannot be a folder"):
        entries = sorted(folder.iterdir()) if folder.exists() else []
    for path in inputs:
        if any(entry.exists() and path.exists() and entry.samefile(path) for entry in entries):
            raise SettingError(
                f"“{path}” lies in --out “{folder}”, which is written anew; choose another folder."
            )
    listed = _listed(folder)
    for entry in entries:
        if entry.name == LIST_NAME or _NOBODYS.fullmatch(entry.name):
            continue
        known = listed.get(entry.name, [])
        if entry.is_symlink() or not entry.is_file() or _sha256(entry.read_bytes()) not in known:
            raise SettingError(
                f"--out “{folder}” holds “{entry.name}”, which HearMap did not write there, or "
                "which has changed since; choose a new or an empty folder."
            )


def write_output_files(
    folder: Path, files: Mapping[str, bytes], inputs: Sequence[Path] = ()
) -> None:
    """Write results, each whole or not at all, in place of those of an earlier run.

    Files of the earlier run that this one does not write are deleted.

    Args:
        folder: where to write, as `check_output_folder` takes it
        files: content by name
        inputs: files that were read and stay

    Raises:
        SettingError: as `check_output_folder`; nothing was written.
        StoreError: a file could not be written.
    """
    check_output_folder(folder, inputs)
    before = _listed(folder)
    after = {name: [_sha256(content)] for name, content in files.items()}
    # Both states of a file are HearMap's until all are written: a run may be cut off.
    names = {*before, *after}
    _write_list(folder, {name: before.get(name, []) + after.get(name, []) for name in names})
    for name, content in files.items():
        write_file(folder / name, content)
    for name in before.keys() - after.keys():
        (folder / name).unlink(missing_ok=True)
    _write_list(folder, after)


def _listed(folder: Path) -> dict[str, list[str]]:
    # Read the hashes that each of HearMap's files may have; none where there is no whole list.
    try:
        listed = json.loads((folder / LIST_NAME).read_text(encoding="utf-8"))["files"]
        # A name is never a path, so that nothing outside of the folder is ever deleted.
        return {
            name: [str(one) for one in hashes]
            for name, hashes in listed.items()
            if name not in ("", "..") and Path(name).name == name
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def _write_list(folder: Path, hashes: Mapping[str, list[str]]) -> None:
    about = "HearMap wrote these files (SHA-256) and may replace them as long as they are the same."
    text = json.dumps({"about": about, "files": hashes}, indent=1, sort_keys=True)
    write_file(folder / LIST_NAME, f"{text}\n".encode())


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
