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
ABOUT = "HearMap wrote these files (SHA-256) and may replace them as long as they are the same."

# Systems put these into folders that people look at; an interrupted write leaves the last.
_NOBODYS = re.compile(
    rf"\.DS_Store|Thumbs\.db|desktop\.ini|\..*\.[0-9a-f]{{8}}{re.escape(TEMPORARY_SUFFIX)}"
)


def check_output_folder(
    folder: Path, inputs: Sequence[Path] = (), within: Mapping[str, str] | None = None
) -> None:
    """Refuse a folder for results that holds anything but what HearMap wrote there.

    HearMap's are the files that `add_output_files` listed in the folder and that have not
    changed since. A folder that was written before there was such a list counts as someone
    else's: file names alone do not tell whose a file is.

    Args:
        folder: where the results shall be written; it need not be there yet
        inputs: files that are read, which are not overwritten even if HearMap wrote them
        within: folders in it whose entries have names that say what is in them and are never
            overwritten, each with the pattern of those names

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
        if not _is_hearmaps(entry, listed, within or {}):
            raise SettingError(
                f"--out “{folder}” holds “{entry.name}”, which HearMap did not write there, or "
                "which has changed since; choose a new or an empty folder."
            )


def _is_hearmaps(
    entry: Path, listed: Mapping[str, list[str]] | None, within: Mapping[str, str]
) -> bool:
    if entry.is_symlink():
        return False
    if entry.name in within and entry.is_dir():
        names = (one.name for one in entry.iterdir())
        return all(re.fullmatch(within[entry.name], n) or _NOBODYS.fullmatch(n) for n in names)
    if not entry.is_file():
        return False
    if entry.name == LIST_NAME:
        return listed is not None
    if _NOBODYS.fullmatch(entry.name):
        return True
    known = (listed or {}).get(entry.name)
    return known is not None and _sha256(entry.read_bytes()) in known


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
    listed = add_output_files(folder, files)
    for name in listed.keys() - files.keys():
        (folder / name).unlink(missing_ok=True)
    _write_list(folder, {name: listed[name] for name in files})


def add_output_files(folder: Path, files: Mapping[str, bytes]) -> dict[str, list[str]]:
    """Write results, each whole or not at all, beside those that are listed in a folder.

    Args:
        folder: where to write, which `check_output_folder` has passed
        files: content by name

    Returns:
        The hashes that each listed file of the folder may have.

    Raises:
        StoreError: a file could not be written.
    """
    before = _listed(folder) or {}
    after = {name: [_sha256(content)] for name, content in files.items()}
    # Both states of a file are HearMap's until all are written: a run may be cut off.
    names = {*before, *after}
    _write_list(folder, {name: before.get(name, []) + after.get(name, []) for name in names})
    for name, content in files.items():
        write_file(folder / name, content)
    _write_list(folder, before | after)
    return before | after


def _listed(folder: Path) -> dict[str, list[str]] | None:
    # Read the hashes that each of HearMap's files may have; None where there is no whole list.
    try:
        content = json.loads((folder / LIST_NAME).read_text(encoding="utf-8"))
        if content["about"] != ABOUT:
            return None
        # A name is never a path, so that nothing outside of the folder is ever deleted.
        return {
            name: [str(one) for one in hashes]
            for name, hashes in content["files"].items()
            if name not in ("", "..") and Path(name).name == name
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _write_list(folder: Path, hashes: Mapping[str, list[str]]) -> None:
    text = json.dumps({"about": ABOUT, "files": hashes}, indent=1, sort_keys=True)
    write_file(folder / LIST_NAME, f"{text}\n".encode())


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
