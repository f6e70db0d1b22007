"""Streamlit components whose scripts are real JavaScript modules.

`frontend/` holds a folder of modules and styles for each component, and `frontend/shared/` for what
they have in common. The modules import each other by relative paths; nothing is bundled.

Streamlit serves such a folder (`asset_dir`) below `_stcore/bidi-components/NAME/`. It looks for the
declaration in the pyproject.toml of installed distributions, which serves none of the ways in which
this app runs. Tried with Streamlit 1.65 and 1.67, the declaration is not found

- in an editable install, as no importable module has the distribution's name (`hearmap`);
- in a wheel, as it holds no pyproject.toml;
- in a checkout that is only on PYTHONPATH, as in the tests; if another checkout is installed
  besides, that one's files would be served.

So the app declares the folder itself, on the component manager of the server that runs. This is the
only part of Streamlit used here that its documentation does not describe; a test holds it. The name
in the address holds a hash of the files, so that a page that stays open while the server is
replaced, or a cache on the way, never mixes two versions.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit import runtime
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest

COMPONENTS = Path(__file__).resolve().parents[1]
FRONTEND = COMPONENTS / "frontend"
NAMES = ("player", "threshold", "triage")


_FILES = sorted(path for path in FRONTEND.rglob("*") if path.suffix in (".css", ".js"))
_VERSION = hashlib.sha256(b"".join(path.read_bytes() for path in _FILES)).hexdigest()
_PACKAGE = f"hearmap-{_VERSION[:12]}"
_STYLES = {
    name: "\n".join(
        (FRONTEND / folder / f"{file}.css").read_text(encoding="utf-8")
        for folder, file in (("shared", "component"), (name, name))
    )
    for name in NAMES
}
_declaring = threading.Lock()


def mount(name: str, *, key: str, data: Any, states: Collection[str]) -> Mapping[str, Any]:
    """Show a component where the page stands.

    Args:
        name: One of `NAMES`; its script is `frontend/NAME/NAME.js`, its style
            `shared/component.css` followed by `NAME/NAME.css`, which may say otherwise.
        key: What keeps the component and its state through runs of the page.
        data: What the script is given: one run of bytes, or what JSON can hold.
        states: The names of the values that the script sends.

    Returns:
        The values that the script has sent.
    """
    if not runtime.exists():
        # A page that is imported, not served: there is nothing to show it in.
        return {}
    _declare()
    component = st.components.v2.component(
        f"{_PACKAGE}.{name}",
        html=f'<div class="hearmap-{name}"></div>',
        css=_STYLES[name],
        js=f"{name}/{name}.js",
    )
    # Streamlit keeps a value only where a callback is given for its change.
    callbacks: dict[str, Any] = {f"on_{state}_change": lambda: None for state in states}
    result: Mapping[str, Any] = component(key=key, data=data, **callbacks)
    return result


def _declare() -> None:
    """Tell the server that runs where the components' files lie, once."""
    manager = get_bidi_component_manager()
    with _declaring:
        if manager.get_component_asset_root(f"{_PACKAGE}.{NAMES[0]}") is None:
            configs = [ComponentConfig(name, FRONTEND.name) for name in NAMES]
            manager.register_from_manifest(ComponentManifest(_PACKAGE, "", configs), COMPONENTS)
