"""anomalib 2.7's own classes, where the package is here, without the framework around them.

anomalib's packages import Lightning, timm and kornia before any of their classes; the four things
compared here need only PyTorch. So its packages are made bare and only their own files are run:
`pip install --no-deps anomalib==2.7.0` is enough (the extra `compare`).
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

_BARE = (
    "",
    ".utils",
    ".data",
    ".models",
    ".models.components",
    ".models.components.base",
    ".models.components.sampling",
    ".models.components.feature_extractors",
    ".models.image",
    ".models.image.patchcore",
    ".models.image.padim",
)


@dataclass(frozen=True)
class AnomalibClasses:
    """What is compared: each is anomalib's code, called on the same embeddings as ours."""

    coreset: Callable[[torch.Tensor, float], Any]
    nearest: Callable[[torch.Tensor, torch.Tensor], Any]
    mahalanobis: Callable[[torch.Tensor, list[torch.Tensor]], torch.Tensor]


def load() -> AnomalibClasses | None:
    """Load anomalib's classes.

    Returns:
        None where it is not installed or is laid out otherwise.
    """
    found = importlib.util.find_spec("anomalib")
    if found is None or not found.submodule_search_locations:
        return None
    root = Path(next(iter(found.submodule_search_locations)))
    bare = {name: _bare(root, name) for name in _BARE}
    try:
        parts = "anomalib.models.components."
        base = importlib.import_module(parts + "base.dynamic_buffer")
        bare[".models.components.base"].DynamicBufferMixin = base.DynamicBufferMixin
        greedy = importlib.import_module(parts + "sampling.k_center_greedy")
        components = bare[".models.components"]
        components.DynamicBufferMixin = base.DynamicBufferMixin
        components.KCenterGreedy = greedy.KCenterGreedy
        # Never called here: feature extractor, blur and the types of their results.
        components.TimmFeatureExtractor = components.GaussianBlur2d = torch.nn.Identity
        components.MultiVariateGaussian = torch.nn.Identity
        bare[".models.components.feature_extractors"].dryrun_find_featuremap_dims = None
        bare[".data"].InferenceBatch = tuple
        deprecation = importlib.import_module("anomalib.utils.deprecation")
        bare[".utils"].deprecate = deprecation.deprecate
        patchcore = importlib.import_module("anomalib.models.image.patchcore.torch_model")
        padim = importlib.import_module("anomalib.models.image.padim.anomaly_map")
    except (ImportError, AttributeError):
        return None

    def nearest(rows: torch.Tensor, bank: torch.Tensor) -> Any:
        holder = types.SimpleNamespace(
            memory_bank=bank, euclidean_dist=patchcore.PatchcoreModel.euclidean_dist
        )
        return patchcore.PatchcoreModel.nearest_neighbors(holder, rows, 1)

    return AnomalibClasses(
        coreset=lambda points, ratio: greedy.KCenterGreedy(points, ratio).select_coreset_idxs(),
        nearest=nearest,
        mahalanobis=padim.AnomalyMapGenerator.compute_distance,
    )


def _bare(root: Path, name: str) -> Any:
    module: Any = types.ModuleType(f"anomalib{name}")
    module.__path__ = [str(root.joinpath(*name.split(".")[1:]))]
    sys.modules[module.__name__] = module
    return module
