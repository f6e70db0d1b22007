"""Models and Jobs as a person uses them: keep, copy, export, import, delete, resume."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.text.views import STOPPED
from core.audio import wav_bytes
from core.storage import database, models, thresholds
from core.storage.recordings import add_recording
from core.storage.tables import JobRow, now
from tests.browser.browser import ROOT, AppServer, keyed, open_app, wait_idle
from tests.browser.elsewhere import use
from tests.support.fake_detector import FakeDetector, tone

playwright_api = pytest.importorskip("playwright.sync_api")
expect, Page = playwright_api.expect, playwright_api.Page

# No assertion is about time: this is how long a busy machine may take.
PATIENCE_MS = 90_000
expect.set_options(timeout=PATIENCE_MS)
PEAKS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept") / "hearmap-home"


@pytest.fixture
def app(
    app_server: Callable[..., AppServer], home: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[AppServer]:
    """The app, and this process on the same records."""
    server = app_server(ROOT / "app" / "main.py", home=home)
    use(monkeypatch, server.environment)
    yield server
    database.close()


def kept_model(name: str) -> models.ModelRecord:
    clips = [tone(peak) for peak in PEAKS]
    ids = [add_recording(f"{c.name}.wav", wav_bytes(c.samples, c.sample_rate)).id for c in clips]
    return models.save_model(
        FakeDetector(false_alarm_rate=0.1, k=3).fit(clips),  # type: ignore[arg-type]
        name,
        arguments={
            "clip_ids": [*ids, "0" * 64],
            "model_name": name,
            "head": "patchcore",
            "preset": "published",
            "seed": 7,
            "false_alarm_rate": 0.1,
            "channel": 0,
            "grouping": {"rule": "prefix", "field": None},
        },
        fit_seconds=12.0,
    )


def heading(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()


def test_a_model_is_kept_exported_deleted_brought_back_and_imported(
    page: Page, app: AppServer, tmp_path: Path
) -> None:
    open_app(page, app, "models")
    expect(page.get_by_text("No model yet")).to_be_visible()
    model = kept_model("Fan")
    open_app(page, app, f"models?model={model.id}")
    heading(page, "Fan")
    expect(page.get_by_text("9 normal recordings, 9.0 s of sound")).to_be_visible()
    for fact in ("CC0", "loudness", "12.0 s"):
        expect(page.get_by_role("cell", name=fact)).to_be_visible()

    name = page.get_by_role("textbox", name="Name", exact=True)
    name.fill("Fan *in* the cellar")
    page.get_by_role("textbox", name="Note").fill("since May <b>")
    page.get_by_role("button", name="Save name and note").press("Enter")
    heading(page, "Fan *in* the cellar")
    expect(page.get_by_text("since May <b>", exact=True).first).to_be_visible()

    with page.expect_download(timeout=PATIENCE_MS) as waiting:
        page.get_by_role("button", name="Export").click()
    file = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(file)
    assert file.name == "Fan_in_the_cellar.hearmap"

    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("was deleted")).to_be_visible()
    expect(page.get_by_text("No model yet")).to_be_visible()
    keyed(page, "undo_delete_now").get_by_role("button").press("Enter")
    heading(page, "Fan *in* the cellar")

    bad = tmp_path / "note.zip"
    bad.write_bytes(b"only text")
    upload = page.locator("[data-testid=stFileUploaderDropzoneInput]")
    upload.set_input_files(str(bad))
    expect(page.get_by_text("is not a model exported from HearMap")).to_be_visible()
    upload.set_input_files(str(file))
    heading(page, "Fan *in* the cellar 2")
    assert len(models.list_models()) == 2


def test_a_copy_begins_as_its_model_was_fitted(page: Page, app: AppServer) -> None:
    model = kept_model("Original")
    open_app(page, app, f"models?model={model.id}")
    page.get_by_role("button", name="Duplicate with changes").click()
    heading(page, "Fit")
    expect(page.get_by_text("The settings and recordings are those of “Original”")).to_be_visible()
    expect(page.get_by_text("1 of its recordings no longer exists")).to_be_visible()
    expect(page.get_by_text("9 recordings, 9.0 s of sound")).to_be_visible()
    expect(page.get_by_role("textbox", name="Name of the model")).to_have_value("Original")
    expect(page.get_by_role("combobox", name="Method")).to_have_value("PatchCore")
    expect(page.get_by_role("combobox", name="Which recordings belong together?")).to_have_value(
        "Recordings whose names begin alike"
    )
    expect(page.get_by_role("radio", name="As published")).to_be_checked()
    page.get_by_text("Advanced settings").click()
    expect(page.get_by_role("spinbutton", name="Seed")).to_have_value("7")
    expect(page.get_by_role("spinbutton", name="False-alarm rate, %")).to_have_value("10.00")


def test_what_is_gone_is_said_and_there_is_a_way_on(page: Page, app: AppServer) -> None:
    model = kept_model("Gone soon")
    other = kept_model("Still here")
    # Without a change there is nothing to undo, and the button says so by being off.
    thresholds.set_false_alarm_rate(model.id, 0.2, by="Ann")
    open_app(page, app, f"models?model={model.id}")
    heading(page, "Gone soon")
    # In another tab:
    thresholds.set_false_alarm_rate(model.id, 0.3, by="Ann")
    models.delete(model.id)
    page.get_by_role("button", name="Undo the last change").click()
    expect(page.get_by_text("The model of this link no longer exists.")).to_be_visible(
        timeout=PATIENCE_MS
    )
    wait_idle(page)
    open_app(page, app, f"models?model={model.id}")
    expect(page.get_by_text("The model of this link no longer exists.")).to_be_visible()
    page.get_by_text("Deleted: ").click()
    keyed(page, f"back_{model.id}").get_by_role("button").click()
    heading(page, "Gone soon")
    assert models.get_model(model.id).false_alarm_rate == 0.3
    for path in other.folder.iterdir():
        path.unlink()
    open_app(page, app, f"models?model={other.id}")
    expect(page.get_by_text("manifest.json is missing")).to_be_visible()
    expect(page.get_by_role("button", name="Delete", exact=True)).to_be_visible()


def test_a_job_that_a_restart_cut_off_is_resumed(page: Page, app: AppServer) -> None:
    model = kept_model("Fan")
    with database.writing() as session:
        session.add(
            JobRow(
                id="cut", kind="score", state="running", stage="Scoring 2 of 9", fraction=0.2,
                message="", arguments={"model_id": model.id, "clip_ids": ["0" * 64]}, result={},
                cancel_requested=False, owner="another.machine 1 boot:1",
                heartbeat_at=now().replace(year=2020), created_at=now(), started_at=now(),
            )
        )  # fmt: skip
    open_app(page, app, "jobs")
    card = keyed(page, "job_cut")
    expect(card.get_by_text("Cut off")).to_be_visible()
    expect(card.get_by_text(f"Scoring 1 recording with “{model.name}”")).to_be_visible()
    card.get_by_role("button", name="Resume").press("Enter")
    # The only clip is gone, and the model is none that this program can load: either is said.
    expect(keyed(page, "job_cut").get_by_text("Failed")).to_be_visible()
    page.get_by_text("Log", exact=True).first.click()
    expect(page.get_by_text("Put in the queue again.")).to_be_visible()


def test_the_dialog_of_a_stopped_server_speaks_of_hearmap(
    chromium: Any, app_server: Callable[..., AppServer], tmp_path: Path
) -> None:
    server = app_server(ROOT / "app" / "main.py", home=tmp_path / "home")
    # A page of its own: that the server does not answer is an error in its console.
    page = chromium.new_page()
    open_app(page, server, "jobs")
    server.process.terminate()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible(timeout=30_000)
    said = page.evaluate(
        "getComputedStyle(document.querySelector('[role=dialog] h2 + div'), '::after').content"
    )
    assert said == f'"{STOPPED}"' and "Streamlit" not in dialog.inner_text()
    page.close()
