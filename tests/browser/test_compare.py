"""Compare in Chromium: four heads' pictures of one clip under one playhead and one zoom."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from core.storage import database
from tests.browser.browser import ROOT, AppServer, open_app, player, wait_idle
from tests.browser.elsewhere import RecordsOf, use
from tests.support.seen_models import PLANTED, make_models

playwright_api = pytest.importorskip("playwright.sync_api")
expect, Page = playwright_api.expect, playwright_api.Page

TITLES = ("PaDiM", "PatchCore", "CFA", "STFPM")


@pytest.fixture
def compared(
    app_server: Callable[..., AppServer],
    records_of: RecordsOf,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> tuple[AppServer, str]:
    """The app with four models, and the address of the clip that all have scored."""
    use(monkeypatch, records_of(tmp_path / "home"))
    model_ids, clip_id = make_models(list(PLANTED))
    database.close()
    address = f"compare?model={model_ids[0]}&clip={clip_id}"
    return app_server(ROOT / "app" / "main.py", home=tmp_path / "home"), address


def test_four_heads_side_by_side(page: Page, compared: tuple[AppServer, str]) -> None:
    server, address = compared
    page.set_viewport_size({"width": 1280, "height": 1600})
    open_app(page, server, address)
    expect(page.get_by_text("3 of 4 models find this recording anomalous")).to_be_visible(
        timeout=60_000
    )
    expect(page.get_by_text("agree on 1.2–1.8 s")).to_be_visible()
    expect(player(page)).to_have_attribute("data-maps", "4", timeout=30_000)
    # Only once it is painted has it its height.
    expect(player(page)).to_have_attribute("data-view", re.compile(r"\d"))
    for title in TITLES:
        expect(player(page).get_by_role("img", name=title)).to_have_count(1)
    plot = player(page).locator(".plot").bounding_box()
    assert plot is not None
    # A click in the last model's picture moves the one playhead; the whole clip is 4 s.
    page.mouse.click(plot["x"] + plot["width"] * 0.75, plot["y"] + plot["height"] - 150)
    left = plot["width"] / 2 + 46
    wanted = 4 * (plot["width"] * 0.75 - left) / (plot["width"] / 2 - 62)
    page.wait_for_function(
        """wanted => [...document.querySelectorAll("*")]
          .map((e) => e.shadowRoot?.querySelector(".hearmap-player")).some((root) =>
            root && Math.abs(Number(root.dataset.playheadSeconds) - wanted) < 0.05)""",
        arg=wanted,
    )
    # One zoom, and what one model keeps at the same playhead.
    page.keyboard.press("+")
    page.keyboard.press("4")
    expect(player(page)).to_have_attribute("data-sound", "kept_2")
    start, end, *_ = (player(page).get_attribute("data-view") or "").split()
    assert float(end) - float(start) == pytest.approx(0.7 * 4, rel=0.02)
    # One model less: the share is of three.
    page.get_by_role("button", name="Remove Pump stfpm").or_(
        page.locator("[data-baseweb=tag]", has_text="Pump stfpm").locator("[role=presentation]")
    ).first.click()
    expect(page.get_by_text("3 of 3 models find this recording anomalous")).to_be_visible(
        timeout=30_000
    )
    wait_idle(page)
    expect(page.get_by_text("What each model costs")).to_be_visible()
    expect(
        page.get_by_role("button", name="Fit these methods on the same recordings")
    ).to_be_visible()
