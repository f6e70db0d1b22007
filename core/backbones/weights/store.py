"""Weights are fetched or added, checked, kept and removed.

Only what a network needs is kept of a published checkpoint: NAME.safetensors, and beside it
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
from core.backbones.weights.weights_file import WeightsFile
from core.errors import StoreError, WeightsError
from core.runtime.atomic_write import atomic_write, error_reason, temporary_beside
from core.runtime.paths import environment_weights_dir, weights_dir
from core.runtime.progress import Progress, part, silent


def fetch(
    name: str,
    *,
    progress: Progress = silent,
    into_environment: bool = False,
    accept_licence: bool = False,
) -> Path:
    """The weights are kept, for this user or for everybody who uses this environment.

    Nothing is downloaded where intact ones are kept there already. A download that is stopped or
    cut off leaves its part, and the next one goes on from there.

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
            kept = _keep(weights, downloaded, work, folder, progress)
        except WeightsError:
            # What is not what was published need not be gone on with.
            download.forget(downloaded)
            raise
        download.forget(downloaded)
        return kept


def add(
    name: str,
    file: Path,
    *,
    called: str = "",
    progress: Progress = silent,
    accept_licence: bool = False,
) -> Path:
    """The weights are kept for this user, from a file they brought, which stays as it is.

    `called` is what they know the file as, where that is not its name.

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
        return _keep(weights, file, work, weights_dir(), progress, called)


def remove(name: str) -> None:
    """The user's own copy of the weights is gone, and what is left of a download.

    Raises:
        StoreError: they could not be removed.
    """
    get(name)
    path = weights_dir() / f"{name}.safetensors"
    try:
        for kept in (path, path.with_suffix(".json")):
            kept.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            f"The {name} weights could not be removed: {error_reason(error)}."
        ) from error
    download.forget(_download_target(name, weights_dir()))


def downloaded_bytes(name: str) -> int:
    """How much of a download that was cut off is here."""
    return download.kept_bytes(_download_target(name, weights_dir()))


def _obtain(weights: WeightsFile, work: Path, folder: Path, progress: Progress) -> Path:
    if weights.obtain is not None:
        return weights.obtain(work, progress)
    target = _download_target(weights.name, folder)
    if target.is_file():
        # Its check was stopped.
        return target
    urls = [*_mirrored(weights.urls[0]), *weights.urls]
    for url in urls[:-1]:
        with contextlib.suppress(WeightsError):
            return download.download(url, target, progress)
    return download.download(urls[-1], target, progress)


def _mirrored(url: str) -> list[str]:
    """The same file below HEARMAP_WEIGHTS_MIRROR, a web address, where that is set."""
    mirror = os.environ.get("HEARMAP_WEIGHTS_MIRROR", "").strip().rstrip("/")
    return [f"{mirror}/{urlsplit(url).path.rpartition('/')[2]}"] if mirror else []


def _download_target(name: str, folder: Path) -> Path:
    return folder / "downloads" / name


def _check_licence(weights: WeightsFile, accepted: bool, action: str) -> None:
    if weights.must_accept and not accepted:
        file = " FILE" if action == "add" else ""
        raise WeightsError(
            f"The {weights.name} weights are under {weights.licence}, whose terms you have to "
            f"accept: read them at {weights.licence_url}, then run: "
            f"hearmap weights {action} {weights.name}{file} --accept-licence"
        )


def _keep(
    weights: WeightsFile,
    downloaded: Path,
    work: Path,
    folder: Path,
    progress: Progress,
    called: str = "",
) -> Path:
    progress("Checking", 0.9)
    checkpoint = weights.unpack(downloaded, work)
    sha256 = _check_published(weights, checkpoint, called or downloaded.name)
    from safetensors.torch import save as tensor_bytes

    progress("Converting", 0.95)
    try:
        content = tensor_bytes(weights.convert(checkpoint))
    except WeightsError as error:
        raise WeightsError(
            f"“{called or downloaded.name}” is not {weights.name}'s. {error}"
        ) from error
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
    with atomic_write(path) as temporary:
        temporary.write_bytes(content)
    with atomic_write(path.with_suffix(".json")) as temporary:
        temporary.write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    progress("Kept", 1.0)
    return path


def _check_published(weights: WeightsFile, checkpoint: Path, name: str) -> str:
    """The sha256 of a checkpoint that is, as far as is known, what was published."""
    found = _digest(checkpoint, "sha256")
    if weights.sha256 is not None:
        fits, said = found == weights.sha256, f"sha256 begins {found[:12]}"
        expected = weights.sha256[:12]
    elif weights.md5 is not None:
        md5 = _digest(checkpoint, "md5")
        fits, said, expected = md5 == weights.md5, f"MD5 begins {md5[:12]}", weights.md5[:12]
    else:
        return found
    if fits:
        return found
    raise WeightsError(
        f"“{name}” is not what was published as {weights.name}: its {said}, expected was "
        f"{expected}. {_what_it_is(weights, checkpoint, found)}{without_network(weights)}"
    )


def _what_it_is(weights: WeightsFile, checkpoint: Path, sha256: str) -> str:
    """A sentence on what is wrong with a file that is not the published one, as far as is seen."""
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
    """A folder beside the weights, hence on their disk, which is gone afterwards."""
    work = temporary_beside(folder / name)
    try:
        work.mkdir(parents=True)
        yield work
    except OSError as error:
        raise StoreError(
            f"Weights could not be kept in {folder}: {error_reason(error)}."
        ) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _digest(path: Path, kind: str) -> str:
    digest = hashlib.new(kind, usedforsecurity=kind == "sha256")
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
