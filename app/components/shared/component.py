"""What the app's own components are made of: one script of several files, one style of two."""

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


def styled(own: Path) -> str:
    """A component's style: what all of them share, then its own, which may say otherwise."""
    shared = Path(__file__).with_name("component.css")
    return shared.read_text(encoding="utf-8") + own.read_text(encoding="utf-8")
