"""Feature maps on disk under HEARMAP_HOME/cache, oldest out first when the limit is reached."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from core.errors import StoreError
from core.runtime.paths import feature_cache_dir
from core.runtime.pruned_folder import mark_used, prune
from core.types import FeatureMaps

LIMIT_GIB = 8.0


class FeatureCache:
    """A folder of 16-bit feature maps by key, never larger than its limit for long.

    A file is written under a temporary name and renamed, so a reader sees all of it or nothing;
    a damaged file counts as missing. Whoever has finished writing calls `trim`.

    Args:
        folder: where the files lie; by default cache/ under HEARMAP_HOME.
        limit_gib: size in GiB above which `trim` deletes files.
    """

    def __init__(self, folder: Path | None = None, limit_gib: float = LIMIT_GIB) -> None:
        self.folder = folder or feature_cache_dir()
        self.limit_bytes = int(limit_gib * 2**30)

    def has(self, key: str) -> bool:
        """Check whether a key is here; asking protects it from being deleted soon.

        Args:
            key: the key.

        Returns:
            Whether its file is here.
        """
        return mark_used(self._path(key))

    def read(self, key: str) -> FeatureMaps:
        """Read the maps of a key.

        Args:
            key: the key.

        Returns:
            The maps, as 32-bit floats.

        Raises:
            StoreError: the file went missing or is damaged.
        """
        try:
            tensors = load_file(self._path(key))
        except (OSError, SafetensorError):
            self._path(key).unlink(missing_ok=True)
            raise StoreError(
                f"Cached features under {self.folder} went missing while in use; start again."
            ) from None
        log_mel = tensors.pop("0").float()
        return FeatureMaps(log_mel, {name[2:]: tensors[name].float() for name in sorted(tensors)})

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
            save_file(tensors, temporary)
            temporary.replace(path)
        except (OSError, SafetensorError) as error:
            temporary.unlink(missing_ok=True)
            raise StoreError(
                f"Features could not be written to {self.folder} ({error}); free some disk space."
            ) from None

    def trim(self) -> None:
        """Delete the files used longest ago until the folder is within its limit."""
        prune(self.folder, most_bytes=self.limit_bytes)

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.safetensors"
