"""The components' modules are where Streamlit serves them from, and ask nobody for anything."""

from __future__ import annotations

import re

import pytest
from streamlit.components.v2.component_manager import BidiComponentManager
from streamlit.testing.v1 import AppTest

from app.components.shared import component
from app.components.shared.component import FRONTEND, NAMES

MODULES = sorted(FRONTEND.rglob("*.js"))
IMPORTED = re.compile(r"""^import .*?from "(.+?)";$""", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_a_module_imports_only_neighbours_and_reaches_no_network(module) -> None:  # type: ignore[no-untyped-def]
    text = module.read_text(encoding="utf-8")
    for forbidden in ("fetch(", "XMLHttpRequest", "WebSocket", "innerHTML", "eval(", "https://"):
        assert forbidden not in text, forbidden
    for name in IMPORTED.findall(text):
        assert name.startswith("."), name
        assert (module.parent / name).resolve() in MODULES, name


def test_each_run_of_each_server_finds_the_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test's server has a component manager of its own: the second one must be told, too."""

    def page() -> None:
        from app.components.shared.component import NAMES, mount

        for name in NAMES:
            mount(name, key=name, data={}, states=("changed",))

    for _ in range(2):
        at = AppTest.from_function(page).run().run()
        assert not at.exception
    manager = BidiComponentManager()
    monkeypatch.setattr(component, "get_bidi_component_manager", lambda: manager)
    component._declare()
    for name in NAMES:
        root = manager.get_component_asset_root(f"{component._PACKAGE}.{name}")
        assert root == FRONTEND
        assert (root / name / f"{name}.js").is_file()
