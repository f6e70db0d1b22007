"""Names of a package that are imported at first use, so that the rest of it does not wait."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module


def lazy_attributes(package: str, names: Mapping[str, Sequence[str]]) -> Callable[[str], object]:
    """Make the `__getattr__` of a package (PEP 562).

    Args:
        package: its `__name__`
        names: what comes from each module

    Returns:
        The function.
    """

    def load(name: str) -> object:
        for module, its_names in names.items():
            if name in its_names:
                return getattr(import_module(module), name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return load
