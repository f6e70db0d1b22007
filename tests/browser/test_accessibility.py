"""axe finds no serious violation on any view: names, roles, contrast, focus, in both themes.

axe-core (MPL-2.0) comes inside the package axe-playwright-python and is used as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app import navigation
from core.storage import database
from tests.browser.browser import ROOT, AppServer, player, wait_idle, watched_page
from tests.browser.elsewhere import RecordsOf, use
from tests.support.seen_models import make_models

playwright_api = pytest.importorskip("playwright.sync_api")
axe_api = pytest.importorskip("axe_playwright_python.sync_playwright")

# Every view that app/main.py lists; the first is at the root.
VIEWS = list(navigation.ICONS)
WITH_PLAYER = {"listen", "compare"}
# Streamlit's own, which no page of ours can change.
NOT_OURS = {
    # The frame of a page: the header has no landmark, and headings begin where a page begins.
    "region",
}


@pytest.fixture(scope="module")
def full_app(
    app_server: Callable[..., AppServer],
    records_of: RecordsOf,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[AppServer, str]]:
    """The app with two models that have scored a clip, so that every view has what it shows."""
    home = tmp_path_factory.mktemp("accessible") / "home"
    with pytest.MonkeyPatch.context() as patched:
        use(patched, records_of(home))
        model_ids, clip_id = make_models(["padim", "stfpm"])
        database.close()
    yield app_server(ROOT / "app" / "main.py", home=home), f"?model={model_ids[0]}&clip={clip_id}"


@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing_serious(view: str, chromium: Any, full_app: tuple[Any, str]) -> None:
    server, query = full_app
    found = []
    page, _ = watched_page(chromium, reduced_motion="reduce")
    try:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.goto(f"{server.url}/{'' if view == VIEWS[0] else view}{query}")
            wait_idle(page, timeout_seconds=120)
            if view in WITH_PLAYER:
                player(page).locator(".plot").wait_for(timeout=60_000)
            wait_idle(page, timeout_seconds=60)
            page.get_by_role("heading", level=1).first.wait_for(timeout=30_000)
            background = page.evaluate("getComputedStyle(document.body).backgroundColor")
            assert (sum(map(int, re.findall(r"\d+", background)[:3])) < 384) == (scheme == "dark")
            violations = axe_api.Axe().run(page).response["violations"]
            found += [f"{scheme}: {told(one)}" for one in violations if is_serious(one)]
    finally:
        page.context.close()
    assert found == []


def is_serious(violation: dict[str, Any]) -> bool:
    return violation["impact"] in {"serious", "critical"} and violation["id"] not in NOT_OURS


def told(violation: dict[str, Any]) -> str:
    nodes = violation["nodes"][:4]
    said = [f"{node['html'][:160]}: {reason_of(node)}" for node in nodes]
    return f"{violation['id']} ({violation['impact']}), {violation['help']}: {'; '.join(said)}"


def reason_of(node: dict[str, Any]) -> str:
    checks = [*node["any"], *node["all"], *node["none"]]
    return checks[0]["message"] if checks else ""


def test_every_view_is_looked_at() -> None:
    files = {path.stem for path in (ROOT / "app" / "views").glob("*.py")} - {"__init__"}
    assert set(VIEWS) == files
    assert Path(ROOT / "app" / "views" / f"{VIEWS[0]}.py").is_file()
