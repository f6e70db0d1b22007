"""Feature maps on disk under HEARMAP_HOME/cache, oldest out first when the limit is reached."""

from __future__ import annotations

import contextlib
import shutil
import zlib
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from core.errors import StoreError
from core.runtime.atomic_write import error_reason
from core.runtime.paths import feature_cache_dir
from core.runtime.pruned_folder import mark_used, prune
from core.types import FeatureMaps

LIMIT_GIB = 8.0
LOG_MEL, CHECKSUM = "log_mel", "crc32"


class CacheMissError(StoreError):
    """Features went missing while they were in use; what made them can make them again."""


class FeatureCache:
    """A folder of 16-bit feature maps by key, never larger than its limit for long.

    A file is written under a temporary name and renamed, so a reader sees all of it or nothing;
    a damaged file counts as missing, and is made anew. Whoever has finished writing calls `trim`.

    Args:
        folder: where the files lie; by default cache/ under HEARMAP_HOME.
        limit_gib: size in GiB above which `trim` deletes files.
    """

    def __init__(self, folder: Path | None = None, limit_gib: float = LIMIT_GIB) -> None:
        self._folder = folder
        self.limit_bytes = int(limit_gib * 2**30)

    @property
    def folder(self) -> Path:
        """Where the files lie.

        Raises:
            StoreError: there is no home for them.
        """
        return self._folder or feature_cache_dir()

    def has(self, key: str, shapes: Mapping[str, tuple[int, int]]) -> bool:
        """Check whether the maps of a key are here, whole; asking protects them from deletion soon.

        Costs the reading of the file, about 1 ms for 5 s of sound.

        Args:
            key: the key.
            shapes: rows and columns of each layer, and of the log-mel under `LOG_MEL`.

        Returns:
            Whether they are. What is damaged is deleted.
        """
        path = self._path(key)
        if not mark_used(path):
            return False
        try:
            with safe_open(path, "pt") as file:
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
                said = (file.metadata() or {}).get(CHECKSUM)
        except (OSError, SafetensorError):
            tensors, said = {}, None
        found = {_layer(name): tuple(values.shape[-2:]) for name, values in tensors.items()}
        # Files of earlier versions have no checksum.
        if found == shapes and said in (None, _checksum(tensors)):
            return True
        self._delete(path)
        return False

    def read(self, key: str) -> FeatureMaps:
        """Read the maps of a key.

        Args:
            key: the key.

        Returns:
            The maps, as 32-bit floats.

        Raises:
            CacheMissError: the file went missing, or is damaged, since `has` found it whole.
        """
        try:
            tensors = load_file(self._path(key))
        except (OSError, SafetensorError):
            raise self._missing(key) from None
        log_mel = tensors.pop("0").float()
        return FeatureMaps(
            log_mel, {_layer(name): tensors[name].float() for name in sorted(tensors)}
        )

    def read_log_mel(self, key: str) -> Tensor:
        """Read the log-mel of a key without the layers.

        Args:
            key: the key.

        Returns:
            [freq, time], as 32-bit floats.

        Raises:
            CacheMissError: as `read`.
        """
        try:
            with safe_open(self._path(key), "pt") as file:
                log_mel: Tensor = file.get_tensor("0").float()
        except (OSError, SafetensorError):
            raise self._missing(key) from None
        return log_mel

    def write(self, key: str, maps: FeatureMaps) -> None:
        """Write maps under a key.

        Args:
            key: the key.
            maps: what is written, rounded to 16-bit floats.

        Raises:
            StoreError: the disk is full or the folder cannot be written.
        """
        # Numbered names keep the order of the layers, which sorting by name would lose.
        tensors = {"0": maps.log_mel.to(torch.float16).contiguous()}
        for i, (layer, values) in enumerate(maps.layers.items(), start=1):
            tensors[f"{i}:{layer}"] = values.to(torch.float16).contiguous()
        path = self._path(key)
        temporary = path.with_suffix(f".{uuid4().hex[:8]}.part")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            save_file(tensors, temporary, {CHECKSUM: _checksum(tensors)})
            temporary.replace(path)
        except (OSError, SafetensorError) as error:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            reason = error_reason(error) if isinstance(error, OSError) else error
            raise StoreError(f"Features could not be written to {self.folder}: {reason}.") from None

    def trim(self) -> None:
        """Delete the files used longest ago until the folder is within its limit."""
        prune(self.folder, most_bytes=self.limit_bytes)

    def _missing(self, key: str) -> CacheMissError:
        self._delete(self._path(key))
        return CacheMissError(
            f"Cached features under {self.folder} went missing while in use; start again."
        )

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.safetensors"

    def _delete(self, path: Path) -> None:
        with contextlib.suppress(OSError):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def _layer(name: str) -> str:
    # The layer of a numbered name.
    return name[2:] or LOG_MEL


def _checksum(tensors: Mapping[str, Tensor]) -> str:
    checksum = 0
    for name in sorted(tensors):
        checksum = zlib.crc32(tensors[name].numpy().data, checksum)
    return f"{checksum:08x}"
