"""Downloading a file over HTTP, with progress, going on where it was cut off."""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from pathlib import Path

import requests

from core.errors import StoreError, WeightsError
from core.runtime.atomic_write import os_errors_as
from core.runtime.progress import Progress

# A connection that is cut costs what came of one chunk.
CHUNK_BYTES = 1 << 16
TIMEOUT_SECONDS = (10.0, 60.0)
N_TRIES = 3
PAUSE_SECONDS = 1.0


class _CutOffError(Exception):
    """The connection ended before the file did."""


_CUT_OFF = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    _CutOffError,
)


def download(url: str, target: Path, progress: Progress, *, tries: int = N_TRIES) -> Path:
    """Download a file whole.

    What is here of it from an earlier try is not asked for again, if the server says that its
    file is still the same (Range with If-Range). A connection that is cut off is taken up again
    as long as that brings something, and then `tries` times. Cancelled by `progress`, or cut off
    for good, it leaves the part beside `target` for the next time.

    Args:
        url: where the file is
        target: where it shall be
        progress: called with every block that comes
        tries: how often a connection that brings nothing is tried

    Returns:
        `target`.

    Raises:
        WeightsError: no network, no such file, or cut off; what to do is for the caller to say.
        StoreError: the disk is full or the folder cannot be written.
    """
    part = _part(target)
    progress = _rising(progress)
    failures = 0
    with os_errors_as(StoreError, f"“{target.name}” could not be saved in {target.parent}"):
        target.parent.mkdir(parents=True, exist_ok=True)
        while True:
            had = _size(part)
            try:
                _go_on(url, part, progress)
                break
            except _CUT_OFF as error:
                failures = 1 if _size(part) > had else failures + 1
                if failures >= tries or not _size(part):
                    raise WeightsError(_explain(url, part, error)) from None
                time.sleep(PAUSE_SECONDS * failures)
            except requests.RequestException as error:
                raise WeightsError(f"{_host(url)} cannot be asked for it: {error}.") from None
        part.replace(target)
        _about(part).unlink(missing_ok=True)
    return target


def downloaded_bytes(target: Path) -> int:
    """Measure how much of a download is here from an earlier try.

    Args:
        target: where the file shall be

    Returns:
        Bytes.
    """
    return _size(_part(target))


def delete(target: Path) -> None:
    """Delete a download and its part.

    Args:
        target: where the file is, or should have been
    """
    part = _part(target)
    for path in (target, part, _about(part)):
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def _rising(progress: Progress) -> Progress:
    # It does not fall where a download has to begin again.
    highest = 0.0

    def report(stage: str, fraction: float) -> None:
        nonlocal highest
        highest = max(highest, fraction)
        progress(stage, highest)

    return report


def _go_on(url: str, part: Path, progress: Progress) -> None:
    have, version = _size(part), _version(part)
    headers = {"Accept-Encoding": "identity", "User-Agent": "hearmap"}
    if have and version:
        headers |= {"Range": f"bytes={have}-", "If-Range": version}
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT_SECONDS) as answer:
        if answer.status_code == 416:
            # Nothing lies behind what is here: either all of it is, or it is of another file.
            if answer.headers.get("Content-Range", "").rpartition("/")[2] == str(have):
                return
            part.unlink()
            _go_on(url, part, progress)
            return
        if answer.status_code not in (200, 206):
            raise WeightsError(f"{_host(url)} does not give it (HTTP {answer.status_code}).")
        if answer.status_code == 200 or not headers.get("Range"):
            have = 0
        length = answer.headers.get("Content-Length")
        total = have + int(length) if length and length.isdigit() else None
        free = shutil.disk_usage(part.parent).free
        if total is not None and total - have > free:
            raise StoreError(
                f"The download needs {(total - have) / 1e6:,.0f} MB more in {part.parent}, and "
                f"{free / 1e6:,.0f} MB are free; make room, then try again."
            )
        version = answer.headers.get("ETag") or answer.headers.get("Last-Modified") or ""
        # A weak validator does not promise the same bytes.
        version = "" if version.startswith("W/") else version
        _about(part).write_text(json.dumps({"version": version}), encoding="utf-8")
        with part.open("ab" if have else "wb") as stream:
            of_all = f" of {total / 1e6:,.0f}" if total else ""
            for block in answer.iter_content(CHUNK_BYTES):
                stream.write(block)
                have += len(block)
                stage = f"Downloading, {have / 1e6:,.0f}{of_all} MB"
                progress(stage, min(1.0, have / total) if total else 0.0)
        if total is not None and have != total:
            raise _CutOffError


def _explain(url: str, part: Path, error: Exception) -> str:
    have = _size(part)
    if have:
        return (
            f"The download from {_host(url)} was cut off; the {have / 1e6:,.1f} MB that came are "
            "saved, and the next try goes on from there."
        )
    if isinstance(error, requests.Timeout):
        return f"{_host(url)} does not answer; try again later."
    return f"{_host(url)} could not be reached; is there a network?"


def _host(url: str) -> str:
    return url.split("/")[2]


def _part(target: Path) -> Path:
    return target.with_name(f"{target.name}.part")


def _about(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _version(part: Path) -> str:
    try:
        return str(json.loads(_about(part).read_bytes())["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
