"""laion-clap's own model code, without what `import laion_clap` brings with it.

`import laion_clap` (1.1.7) needs torchvision, which it does not declare, and downloads three
tokenizers. Its audio towers need neither: they import once the two packages around them stand in
`sys.modules` as bare packages, and what they import and never use resolves: a name of torchvision,
and h5py. laion-clap is installed without its dependencies (most serve its training only, and its
metadata asks for NumPy below 2, though the towers compute the same with NumPy 2).
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import sys
import warnings
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

from core.errors import WeightsError

_PACKAGES = ("laion_clap", "laion_clap.clap_module")
_TORCHVISION = ("torchvision", "torchvision.ops", "torchvision.ops.misc")
HOW = "pip install --no-deps 'laion-clap>=1.1.6,<2'"


def import_tower(name: str) -> ModuleType:
    """Import one of laion-clap's network modules.

    Whatever `laion_clap` was in `sys.modules` before, it is again afterwards.

    Args:
        name: "htsat" or "pann_model"

    Returns:
        The module `laion_clap.clap_module.NAME`.

    Raises:
        WeightsError: laion-clap is not installed here, or does not work.
    """
    full = f"{_PACKAGES[1]}.{name}"
    if full in sys.modules:
        return sys.modules[full]
    try:
        with _bare_packages(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module(full)
    except Exception as error:  # whatever an old package makes of newer ones
        raise WeightsError(
            "LAION-CLAP's networks run in the package laion-clap, which does not work here "
            f"({type(error).__name__}: {error}); run: {HOW}"
        ) from error


@contextlib.contextmanager
def _bare_packages() -> Iterator[None]:
    found = importlib.util.find_spec("laion_clap")
    if found is None or not found.submodule_search_locations:
        raise ImportError("it is not installed")
    root = Path(next(iter(found.submodule_search_locations)))
    unused = ("h5py", *_TORCHVISION)
    names = [
        *_PACKAGES,
        *(name for name in unused if not importlib.util.find_spec(name.partition(".")[0])),
    ]
    before = {name: sys.modules[name] for name in names if name in sys.modules}
    cache_dir = os.environ.get("NUMBA_CACHE_DIR")
    for name in names:
        bare = ModuleType(name)
        bare.__spec__ = ModuleSpec(name, None, is_package=True)
        bare.__path__ = [str(root.joinpath(*name.split(".")[1:]))] if name in _PACKAGES else []
        sys.modules[name] = bare
    if _TORCHVISION[-1] in names:
        vars(sys.modules[_TORCHVISION[-1]])["FrozenBatchNorm2d"] = type("FrozenBatchNorm2d", (), {})
    try:
        yield
    finally:
        for name in names:
            sys.modules.pop(name, None)
        sys.modules.update(before)
        # Its module for PANNs sets this for the whole process.
        os.environ.pop("NUMBA_CACHE_DIR", None)
        if cache_dir is not None:
            os.environ["NUMBA_CACHE_DIR"] = cache_dir
