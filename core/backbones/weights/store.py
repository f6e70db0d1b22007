"""Fetching, adding and removing weights.

Only what a network needs is saved of a published checkpoint: NAME.safetensors, and beside it
NAME.json with both sha256, the licence and the citation.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from core.backbones.weights import download
from core.backbones.weights.catalogue import WEIGHTS, find, get, load, without_network
from core.backbones.weights.published_file import PublishedFile
from core.errors import StoreError, WeightsError
from core.runtime.atomic_write import os_errors_as, temporary_beside, write_file
from core.runtime.paths import environment_weights_dir, weights_dir
from core.runtime.progress import Progress, part, silent


def fetch(
    name: str,
    *,
    progress: Progress = silent,
    into_environment: bool = False,
    accept_licence: bool = False,
) -> Path:
    """Download weights, check and save them.

    Nothing is downloaded where intact ones are saved there already. A download that is stopped or
    cut off leaves its part, and the next one goes on from there.

    Args:
        name: the weights' name
        progress: called with stage and fraction
        into_environment: whether they are saved for everybody who uses this Python environment,
            not for this user
        accept_licence: whether the user accepts the licence, where one must be accepted

    Returns:
        The saved tensors.

    Raises:
        WeightsError: the name is unknown, the licence not accepted where it must be, the download
            failed or is not what was published.
        StoreError: they could not be written.
        Cancelled: by `progress`; only the part of a download is left behind.
    """
    weights = get(name)
    folder = environment_weights_dir() if into_environment else weights_dir()
    if find(name) == folder / f"{name}.safetensors":
        with contextlib.suppress(WeightsError):
            load(name)
            progress("Already here", 1.0)
            return folder / f"{name}.safetensors"
    _check_licence(weights, accept_licence, "fetch")
    with _work_folder(folder, name) as work:
        try:
            downloaded = _obtain(weights, work, folder, part(progress, 0.0, 0.9))
        except WeightsError as error:
            raise WeightsError(f"{error} {without_network(weights)}") from error
        try:
            saved = _save(weights, downloaded, work, folder, progress)
        except WeightsError:
            # What is not what was published need not be gone on with.
            download.delete(downloaded)
            raise
        download.delete(downloaded)
        return saved


def add(
    name: str,
    file: Path,
    *,
    called: str = "",
    progress: Progress = silent,
    accept_licence: bool = False,
) -> Path:
    """Check and save weights from a file the user brought, which stays as it is.

    Args:
        name: the weights' name
        file: the published file
        called: what the user knows the file as, where that is not its name
        progress: called with stage and fraction
        accept_licence: whether the user accepts the licence, where one must be accepted

    Returns:
        The saved tensors, this user's.

    Raises:
        WeightsError: the file is not there or not what was published, or the licence must be
            accepted first.
        StoreError: they could not be written.
    """
    weights = get(name)
    if not file.is_file():
        raise WeightsError(f"There is no file “{file}”; bring {weights.bring}.")
    if not os.access(file, os.R_OK):
        raise WeightsError(f"“{file}” cannot be read; check who owns it.")
    _check_licence(weights, accept_licence, "add")
    with _work_folder(weights_dir(), name) as work:
        return _save(weights, file, work, weights_dir(), progress, called)


def remove(name: str) -> None:
    """Delete the user's own copy of weights, and what is left of a download.

    Args:
        name: the weights' name

    Raises:
        WeightsError: there are no weights of that name.
        StoreError: they could not be removed.
    """
    get(name)
    with os_errors_as(StoreError, f"The {name} weights could not be removed"):
        for suffix in ("safetensors", "json"):
            (weights_dir() / f"{name}.{suffix}").unlink(missing_ok=True)
    download.delete(_download_target(name, weights_dir()))


def downloaded_bytes(name: str) -> int:
    """Measure how much of a download that was cut off is here.

    Args:
        name: the weights' name

    Returns:
        Bytes.
    """
    try:
        return download.downloaded_bytes(_download_target(name, weights_dir()))
    except StoreError:  # no home, so nothing in it
        return 0


def _obtain(weights: PublishedFile, work: Path, folder: Path, progress: Progress) -> Path:
    if weights.browser_page:
        raise WeightsError(
            f"{weights.short_title} cannot be downloaded by a program: open "
            f"{weights.browser_page} in a browser."
        )
    if weights.obtain is not None:
        return weights.obtain(work, progress)
    target = _download_target(weights.name, folder)
    if target.is_file():
        # Its check was stopped.
        return target
    # The same file below HEARMAP_WEIGHTS_MIRROR, a web address, comes first where that is set.
    mirror = os.environ.get("HEARMAP_WEIGHTS_MIRROR", "").strip().rstrip("/")
    file = urlsplit(weights.urls[0]).path.rpartition("/")[2]
    urls = [*([f"{mirror}/{file}"] if mirror else []), *weights.urls]
    for url in urls[:-1]:
        with contextlib.suppress(WeightsError):
            return download.download(url, target, progress)
    return download.download(urls[-1], target, progress)


def _download_target(name: str, folder: Path) -> Path:
    return folder / "downloads" / name


def _check_licence(weights: PublishedFile, accepted: bool, action: str) -> None:
    if weights.must_accept and not accepted:
        file = " FILE" if action == "add" else ""
        raise WeightsError(
            f"The {weights.name} weights are under {weights.licence}, whose terms you have to "
            f"accept: read them at {weights.licence_url}, then run: "
            f"hearmap weights {action} {weights.name}{file} --accept-licence"
        )


def _save(
    weights: PublishedFile,
    downloaded: Path,
    work: Path,
    folder: Path,
    progress: Progress,
    called: str = "",
) -> Path:
    # Brings PyTorch, which the Weights view and `hearmap weights list` do not wait for.
    from safetensors.torch import save as tensor_bytes

    called = called or downloaded.name
    progress("Checking", 0.9)
    checkpoint = weights.unpack(downloaded, work) if weights.unpack else downloaded
    sha256 = _check_published(weights, checkpoint, called)
    progress("Converting", 0.95)
    try:
        content = tensor_bytes(weights.convert(checkpoint))
    except WeightsError as error:
        raise WeightsError(f"“{called}” is not {weights.name}'s. {error}") from error
    about = {
        "name": weights.name,
        "title": weights.title,
        "licence": weights.licence,
        "licence_accepted": weights.must_accept,
        "citation": weights.citation,
        "published": weights.published,
        "source_sha256": sha256,
        "sha256": hashlib.sha256(content).hexdigest(),
        "changes": "only the tensors that are needed, converted to safetensors",
    }
    path = folder / f"{weights.name}.safetensors"
    write_file(path, content)
    write_file(path.with_suffix(".json"), (json.dumps(about, indent=2) + "\n").encode())
    progress("Saved", 1.0)
    return path


def _check_published(weights: PublishedFile, checkpoint: Path, called: str) -> str:
    # Gives the sha256 of a checkpoint that is, as far as is known, what was published.
    sha256 = found = _digest(checkpoint, "sha256")
    kind, expected = "sha256", weights.sha256
    if not expected and weights.md5:
        kind, found, expected = "MD5", _digest(checkpoint, "md5"), weights.md5
    if expected and found != expected:
        raise WeightsError(
            f"“{called}” is not what was published as {weights.name}: its {kind} begins "
            f"{found[:12]}, expected was {expected[:12]}. "
            f"{_what_it_is(weights, checkpoint, sha256)}{without_network(weights)}"
        )
    return sha256


def _what_it_is(weights: PublishedFile, checkpoint: Path, sha256: str) -> str:
    # A sentence on what is wrong with a file that is not the published one, as far as is seen.
    for other in WEIGHTS.values():
        if sha256 == other.sha256 or (other.md5 and _digest(checkpoint, "md5") == other.md5):
            return f"It is {other.name}'s: run hearmap weights add {other.name} FILE. "
    size = checkpoint.stat().st_size
    if weights.size_is_exact and size < weights.size_bytes:
        mine, whole = size / 1e6, weights.size_bytes / 1e6
        return f"It is cut off, or another file: {mine:.1f} MB of {whole:.1f}. "
    try:
        weights.convert(checkpoint)
    except WeightsError as error:
        return f"{error} "
    except Exception:  # whatever another file makes of the reader
        return ""
    return "Its tensors have the right names and shapes, but other values. "


@contextlib.contextmanager
def _work_folder(folder: Path, name: str) -> Iterator[Path]:
    # A folder beside the weights, hence on their disk, which is gone afterwards.
    work = temporary_beside(folder / name)
    try:
        with os_errors_as(StoreError, f"Weights could not be saved in {folder}"):
            work.mkdir(parents=True)
            yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _digest(path: Path, kind: str) -> str:
    digest = hashlib.new(kind, usedforsecurity=kind == "sha256")
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
