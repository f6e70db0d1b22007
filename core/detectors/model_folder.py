"""A model on disk: a folder of manifest.json and tensors.safetensors, written whole, read checked.

The manifest holds what the detector says of itself and, beside it, the keys of `OWN_KEYS`: the
format's version, who wrote it and when, the size and sha256 of the tensors, and a sha256 of the
manifest's own content. A changed byte in either file is found before anything is used.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import importlib.metadata
import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import ModelError, StoreError
from core.runtime.atomic_write import (
    error_reason,
    os_errors_as,
    sync_file,
    sync_folder,
    temporary_beside,
)

if TYPE_CHECKING:
    from torch import Tensor

FORMAT_VERSION = 1
MANIFEST = "manifest.json"
TENSORS = "tensors.safetensors"
OWN_KEYS = ("format_version", "program_version", "created_at", "tensors", "manifest_sha256")


def write_model(folder: Path, manifest: dict[str, Any], tensors: dict[str, Tensor]) -> None:
    """Write a model to a folder, whole, replacing a whole one that was there; or change nothing.

    A round trip through `read_model` is allowed: values it put there are replaced by new ones.

    Args:
        folder: the model's.
        manifest: plain JSON (no NaN); the values of `OWN_KEYS` are set here.
        tensors: by name.

    Raises:
        StoreError: the system refused (a full disk, say), or `folder` holds something else
            than a whole model.
    """
    import safetensors.torch

    folder = folder.absolute().resolve()
    content = {key: value for key, value in manifest.items() if key not in OWN_KEYS}
    # Not JSON is a mistake of the program's, found before the disk is touched.
    json.dumps(content, allow_nan=False)
    _restore_interrupted(folder)
    temporary = temporary_beside(folder)
    try:
        check_place(folder)
        temporary.mkdir(parents=True)
        safetensors.torch.save_file(_plain(tensors), temporary / TENSORS)
        sync_file(temporary / TENSORS)
        content |= {
            "format_version": FORMAT_VERSION,
            "program_version": program_version(),
            "created_at": datetime.datetime.now(datetime.timezone.utc).isoformat(),
            "tensors": {
                "file": TENSORS,
                "size_bytes": (temporary / TENSORS).stat().st_size,
                "sha256": _file_sha256(temporary / TENSORS),
            },
        }
        content["manifest_sha256"] = content_sha256(content)
        text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
        (temporary / MANIFEST).write_text(text + "\n", encoding="utf-8")
        sync_file(temporary / MANIFEST)
        sync_folder(temporary)
        _take_place(temporary, folder)
    except (OSError, safetensors.SafetensorError) as error:
        reason = error_reason(error) if isinstance(error, OSError) else error
        raise StoreError(
            f"The model “{folder.name}” could not be saved in {folder.parent}: {reason}. "
            "Nothing was changed."
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def check_place(folder: Path) -> None:
    """Refuse a place for a model where anything is but a model as HearMap wrote it, or nothing.

    Args:
        folder: the model's.

    Raises:
        StoreError: it is a file, or holds something else, or a model that was changed since.
    """
    if not (folder.exists() or folder.is_symlink()):
        return
    with os_errors_as(StoreError, f"“{folder}” cannot be read"):
        if folder.is_dir():
            names = {path.name for path in folder.iterdir()}
            with contextlib.suppress(ModelError):
                if not names or (names == {MANIFEST, TENSORS} and check_model(folder)):
                    return
    raise StoreError(
        f"“{folder}” is there already and is not a model as HearMap wrote it; choose another "
        "name, so that nothing of yours is lost."
    )


def delete_model(folder: Path) -> None:
    """Delete a model, whole or damaged; a folder that holds anything else stays as it is.

    Args:
        folder: the model's.
    """
    with contextlib.suppress(OSError):
        if not {path.name for path in folder.iterdir()} - {MANIFEST, TENSORS}:
            shutil.rmtree(folder, ignore_errors=True)


def read_model(folder: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Read a model, every byte checked.

    Args:
        folder: the model's.

    Returns:
        The manifest, `OWN_KEYS` included, and the tensors of `write_model`.

    Raises:
        ModelError: `folder` is no model, is damaged, or was made by a newer HearMap.
    """
    import safetensors.torch

    folder = folder.absolute()
    _restore_interrupted(folder)
    manifest = check_model(folder)
    try:
        tensors = safetensors.torch.load_file(folder / TENSORS)
    except OSError as error:
        raise ModelError(_unreadable(folder.name, TENSORS, error)) from error
    except safetensors.SafetensorError as error:
        raise ModelError(
            f"The model “{folder.name}” is damaged: {TENSORS} is not a tensor file ({error})."
        ) from error
    # Read, they begin at any byte; copied, at a multiple of 64 like those of a fit. On the way to a
    # product that is another order of sums, and AnoPatch's distances differed in the last bit.
    return manifest, {name: values.clone() for name, values in tensors.items()}


def check_model(folder: Path, name: str | None = None) -> dict[str, Any]:
    """Check that every byte of both files is what was written; nothing is loaded.

    Args:
        folder: the model's.
        name: what sentences call the model; by default what its folder is called.

    Returns:
        The manifest.

    Raises:
        ModelError: as `read_model`.
    """
    name = name or folder.absolute().name
    manifest = read_manifest(folder, name)
    path, stated = folder / TENSORS, manifest["tensors"]
    if not path.is_file():
        raise ModelError(f"The model “{name}” is incomplete: {TENSORS} is missing.")
    try:
        size_bytes = path.stat().st_size
        if size_bytes != stated["size_bytes"]:
            instead = f"has {size_bytes:,} bytes instead of {stated['size_bytes']:,}"
            raise ModelError(_damaged(name, TENSORS, instead))
        if _file_sha256(path) != stated["sha256"]:
            raise ModelError(_damaged(name, TENSORS))
    except OSError as error:
        raise ModelError(_unreadable(name, TENSORS, error)) from error
    return manifest


def read_manifest(folder: Path, name: str | None = None) -> dict[str, Any]:
    """Read and check the manifest alone; the tensors are neither read nor checked.

    Args:
        folder: the model's.
        name: what sentences call the model; by default what its folder is called.

    Returns:
        The manifest.

    Raises:
        ModelError: as `read_model`.
    """
    name = name or folder.absolute().name
    if not folder.is_dir():
        what = "is not a folder" if folder.exists() else "is not there"
        raise ModelError(
            f"The model “{name}” {what}; a model is a folder with {MANIFEST} and {TENSORS}."
        )
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(
            f"The folder “{name}” is not a HearMap model: {MANIFEST} is missing."
        ) from None
    except OSError as error:
        raise ModelError(_unreadable(name, MANIFEST, error)) from error
    except (ValueError, RecursionError):  # not UTF-8, or not JSON
        raise ModelError(_damaged(name, MANIFEST)) from None
    if not isinstance(manifest, dict) or not isinstance(manifest.get("format_version"), int):
        raise ModelError(_damaged(name, MANIFEST))
    if manifest["format_version"] > FORMAT_VERSION:
        raise ModelError(
            f"The model “{name}” was made by a newer HearMap; update this one to open it."
        )
    if manifest.get("manifest_sha256") != content_sha256(manifest):
        raise ModelError(_damaged(name, MANIFEST))
    return manifest


def program_version() -> str:
    """Look up HearMap's version as installed.

    Returns:
        The version; "unknown" from a bare source tree.
    """
    try:
        return importlib.metadata.version("hearmap")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def _unreadable(name: str, file: str, error: OSError) -> str:
    return f"The model “{name}” cannot be read: {file}: {error_reason(error)}."


def _damaged(name: str, file: str, what: str = "is not what was saved") -> str:
    return (
        f"The model “{name}” is damaged: {file} {what}. "
        "Fit it again, or copy it again from its source."
    )


def content_sha256(content: dict[str, Any]) -> str:
    """Hash what a record says, whatever the order of its keys.

    Args:
        content: plain JSON; its own hash, `manifest_sha256`, does not count.

    Returns:
        The SHA-256, in hexadecimal.
    """
    counted = {key: value for key, value in content.items() if key != "manifest_sha256"}
    return hashlib.sha256(json.dumps(counted, sort_keys=True).encode()).hexdigest()


def _file_sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _plain(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    # The tensors on the CPU, contiguous, no two of one memory, as the format demands.
    plain: dict[str, Tensor] = {}
    taken: set[int] = set()
    for name, tensor in tensors.items():
        own = tensor.detach().cpu().contiguous()
        memory = own.untyped_storage()
        if memory.data_ptr() in taken or memory.nbytes() != own.nbytes:
            own = own.clone()
        taken.add(own.untyped_storage().data_ptr())
        plain[name] = own
    return plain


def _replaced(folder: Path) -> Path:
    # Names may be as long as the disk allows; no two may have one place.
    name = folder.name
    if len(name) > 40:
        name = f"{name[:31]}~{hashlib.sha256(os.fsencode(name)).hexdigest()[:8]}"
    return folder.with_name(f".{name}.replaced")


def _take_place(temporary: Path, folder: Path) -> None:
    # Renames the new folder to its place; the old one steps aside and comes back on failure.
    old = _replaced(folder)
    had_old = folder.exists()
    if had_old:
        delete_model(old)
        os.replace(folder, old)
    try:
        os.replace(temporary, folder)
    except OSError:
        if had_old:
            os.replace(old, folder)
        raise
    sync_folder(folder.parent)
    if had_old:
        delete_model(old)


def _restore_interrupted(folder: Path) -> None:
    """Brings back the old model after power was lost between the renames of `_take_place`."""
    with contextlib.suppress(OSError, ModelError):
        if not folder.exists() and check_model(_replaced(folder)):
            os.replace(_replaced(folder), folder)
