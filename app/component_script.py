"""A component's script from its parts: modules for editors and linters, one module for browsers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

_IMPORT = re.compile(r"^import .*;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)


def joined(folder: Path, parts: Sequence[str]) -> str:
    """The parts `folder/<part>.js` as one module, each using only what stands above it.

    Streamlit loads inline script from a blob, where a module can import no neighbour.
    """
    text = "\n".join((folder / f"{part}.js").read_text(encoding="utf-8") for part in parts)
    return _EXPORT.sub("", _IMPORT.sub("", text))
