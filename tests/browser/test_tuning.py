"""Tune and Triage in Chromium, with keyboard and mouse, on a home of seeded clips."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.storage import database
from core.storage.models import load_calibration
from tests.browser.browser import ROOT, AppServer, keyed, open_app, wait_idle
from tests.browser.elsewhere import RecordsOf, use
from tests.support.seeded_home import MODEL_ID, seed

playwright_api = pytest.importorskip("playwright.sync_api")
expect, Page, Locator = playwright_api.expect, playwright_api.Page, playwright_api.Locator

N_CLIPS = 64


@pytest.fixture(autouse=True)
def patient() -> Iterator[None]:
    """On a machine that does other work a rerun may take longer than the usual five seconds."""
    expect.set_options(timeout=30_000)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture
def app(
    app_server: Callable[..., AppServer],
    records_of: RecordsOf,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> AppServer:
    home = tmp_path_factory.mktemp("seeded")
    use(monkeypatch, records_of(home))
    seed(N_CLIPS, seconds=2.0)
    database.close()
    return app_server(ROOT / "app" / "main.py", home=home)


def go_to(page: Page, view: str) -> None:
    page.get_by_role("link", name=view, exact=True).click()
    expect(page.get_by_role("heading", name=view, exact=True)).to_be_visible()
    wait_idle(page)


def line_root(page: Page) -> Locator:
    return page.locator(".hearmap-threshold")


def triage_root(page: Page) -> Locator:
    return page.locator(".hearmap-triage")


def shown(root: Locator) -> dict[str, Any]:
    """Every figure of Tune that follows the line."""
    return {
        "sentence": root.locator(".sentence").inner_text(),
        "tag": root.locator(".tag").inner_text(),
        "dots": root.locator(".dots").get_attribute("aria-label"),
        "day": root.locator(".big").inner_text(),
        "cost": root.locator(".cost-panel > p").inner_text(),
        "near": root.locator(".sides").inner_text(),
        "spoken": root.get_by_role("slider").get_attribute("aria-valuetext"),
    }


def rate(root: Locator) -> float:
    return float(root.get_attribute("data-rate") or "nan")


def test_the_line_moves_by_keyboard_and_mouse_and_every_figure_with_it(
    page: Page, app: AppServer
) -> None:
    open_app(page, app)
    go_to(page, "Tune")
    root = line_root(page)
    line = root.get_by_role("slider", name="Threshold")
    expect(line).to_be_visible()
    assert rate(root) == pytest.approx(0.05)
    before = shown(root)
    line.press("ArrowLeft")
    after = shown(root)
    assert [name for name in before if before[name] == after[name]] in ([], ["near"])
    # One stop to the left lets one more of the 59 held-out clips pass the line.
    assert rate(root) == pytest.approx(4 / 60)
    assert "about 6.7 would be called anomalous by mistake" in after["sentence"]
    calibrated = load_calibration(MODEL_ID)
    threshold = float(root.get_attribute("data-threshold") or "nan")
    assert threshold == pytest.approx(calibrated.threshold(4 / 60))
    expect(page).to_have_url(re.compile(r"rate=0\.0666667"))
    line.press("Shift+ArrowLeft")
    assert rate(root) == pytest.approx(14 / 60)
    assert [name for name, said in shown(root).items() if said == after[name]] == []
    line.press("End")
    assert rate(root) == pytest.approx(1e-4)
    expect(page.get_by_text("59 normal recordings measure")).to_be_visible()

    wait_idle(page)
    stage, handle = root.locator(".stage").bounding_box(), line.bounding_box()
    assert stage is not None and handle is not None
    y = stage["y"] + 120
    page.mouse.move(handle["x"] + handle["width"] / 2, y)
    page.mouse.down()
    page.mouse.move(stage["x"] + 0.35 * stage["width"], y, steps=5)
    assert rate(root) > 0.02
    page.mouse.up()
    dragged = rate(root)
    expect(page).to_have_url(re.compile(rf"rate={dragged:.6g}".replace(".", r"\.")))

    clips_a_day = root.get_by_label("Recordings a day")
    day = root.locator(".big").inner_text()
    clips_a_day.fill("5000")
    assert root.locator(".big").inner_text() != day
    expect(page).to_have_url(re.compile("day=5000"))
    link = page.url

    page.get_by_label("Why").fill("the night shift complained")
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("Your name").press("Tab")
    keyed(page, "keep_threshold").get_by_role("button").click()
    expect(root.locator(".where")).to_contain_text(", saved")
    expect(keyed(page, "undo_threshold").get_by_role("button")).to_be_enabled()
    assert rate(root) == pytest.approx(dragged)
    keyed(page, "undo_threshold").get_by_role("button").click()
    expect(root).to_have_attribute("data-rate", "0.05")

    # The link opens the line where it stood, for anybody.
    page.goto("about:blank")
    page.goto(link)
    expect(root).to_have_attribute("data-rate", re.compile(rf"^{dragged:.6g}"[:8]))
    expect(root.get_by_label("Recordings a day")).to_have_value("5000")


def test_triage_steps_labels_filters_exports_and_imports(
    page: Page, app: AppServer, tmp_path: Path
) -> None:
    open_app(page, app)
    go_to(page, "Triage")
    root = triage_root(page)
    expect(root).to_have_attribute("data-ready", "true")
    expect(root.locator(".count")).to_have_text(
        f"{N_CLIPS} of {N_CLIPS} recordings shown, 0 annotated"
    )
    listbox = root.get_by_role("listbox")
    listbox.focus()
    first = root.get_attribute("data-at")
    page.keyboard.press("j")
    second = root.get_attribute("data-at")
    assert first != second
    page.keyboard.press("k")
    assert root.get_attribute("data-at") == first

    expect(root).to_have_attribute("data-pictured", str(first))
    page.keyboard.press("Space")
    expect(root).to_have_attribute("data-state", "playing")
    expect(root).to_have_attribute("data-state", "paused")

    # However fast one steps, the picture of the clip where one stops comes.
    for key in "jjjjjjkkkjjkkkkk":
        page.keyboard.press(key)
        page.wait_for_timeout(45)
    assert root.get_attribute("data-at") == first
    for _ in range(9):
        page.keyboard.press("j")
    page.keyboard.press("k")
    expect(root).to_have_attribute("data-pictured", str(root.get_attribute("data-at")))
    page.keyboard.press("Home")

    page.keyboard.press("e")
    page.keyboard.type("a knock")
    page.keyboard.press("Enter")
    page.keyboard.press("2")
    # The next one is there after a label, and each press counts, however fast.
    assert root.get_attribute("data-at") == second
    for key in "2213":
        page.keyboard.press(key)
    expect(root).to_have_attribute("data-annotated", "5")
    expect(root).to_have_attribute("data-unsaved", "0")

    root.get_by_role("combobox", name="Annotation").select_option("anomalous")
    expect(root).to_have_attribute("data-shown", "3")
    root.get_by_label("Search names and notes").fill("knock")
    expect(root).to_have_attribute("data-shown", "1")
    root.get_by_label("Search names and notes").fill("")
    root.get_by_role("combobox", name="Annotation").select_option("")
    root.get_by_label("How rare").select_option("50")
    expect(root).not_to_have_attribute("data-shown", str(N_CLIPS))
    root.get_by_label("How rare").select_option("")
    root.get_by_role("combobox", name="Verdict").select_option("normal")
    expect(root).not_to_have_attribute("data-shown", str(N_CLIPS))
    root.get_by_role("combobox", name="Verdict").select_option("")

    with page.expect_download() as waiting:
        keyed(page, "export_labels").get_by_role("button").click()
    exported = tmp_path / "annotations.csv"
    waiting.value.save_as(exported)
    rows = list(csv.DictReader(io.StringIO(exported.read_text(encoding="utf-8-sig"))))
    assert len(rows) == N_CLIPS
    labelled = [row["annotation"] for row in rows if row["annotation"]]
    assert labelled == ["anomalous", "anomalous", "anomalous", "normal", "unsure"]
    assert rows[0]["note"] == "a knock" and rows[0]["clip_id"] == first

    edited = tmp_path / "edited.csv"
    edited.write_text(
        f"name;annotation;note\n{rows[5]['name']};normal;as usual\n{rows[6]['name']};perhaps;\n"
        "nowhere.wav;normal;\n"
    )
    page.locator("[data-testid=stFileUploaderDropzoneInput]").set_input_files(str(edited))
    expect(page.get_by_text("1 annotation imported.")).to_be_visible()
    expect(page.get_by_text("“perhaps” is not an annotation")).to_be_visible()
    expect(page.get_by_text("no scored recording has the name “nowhere.wav”")).to_be_visible()
    expect(root).to_have_attribute("data-annotated", "6")

    # What was labelled is what Tune counts.
    go_to(page, "Tune")
    counts = line_root(page).locator(".counts")
    expect(counts).to_contain_text("of 3 recordings annotated anomalous found")
    expect(line_root(page).locator(".curve-box").first).to_be_visible()
    expect(line_root(page).locator(".cost-panel")).to_contain_text("from 3 annotations")
