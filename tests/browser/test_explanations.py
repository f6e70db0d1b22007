"""Why a recording scored as it did, in Chromium: heard, flipped, and taken away as a report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from core.audio import wav_bytes
from core.jobs.tasks.fit import FitTask
from core.jobs.tasks.score import ScoreTask
from core.storage import database, recordings, scores
from tests.browser.browser import (
    ROOT,
    AppServer,
    player,
    playhead_seconds,
)
from tests.browser.elsewhere import RecordsOf, use
from tests.core.detectors.test_detector import RATE, click, steady_noise

playwright_api = pytest.importorskip("playwright.sync_api")
expect, Page, Browser = playwright_api.expect, playwright_api.Page, playwright_api.Browser

JOB_SECONDS = 300
SECONDS = 2.0
HOSTILE = "click <script>alert(1)<script>.wav"
SOUNDS_LOAD = """() => Promise.all([...document.querySelectorAll("audio")].map((sound) =>
  new Promise((done, failed) => {
    sound.onloadedmetadata = () => done(sound.duration);
    sound.onerror = () => failed(new Error(sound.getAttribute("aria-label")));
    sound.load();
  })))"""


@pytest.fixture
def address(
    app_server: Callable[..., AppServer],
    records_of: RecordsOf,
    aisfx_weights: object,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[AppServer, str]:
    """The app with a model and one recording with a click in it, and where Listen shows it."""
    home = tmp_path_factory.mktemp("explained") / "home"
    with pytest.MonkeyPatch.context() as patch:
        use(patch, records_of(home))
        normal = [
            recordings.add_recording(
                f"normal {seed}.wav", wav_bytes(steady_noise(SECONDS, seed), RATE)
            ).id
            for seed in range(8)
        ]
        model = FitTask(clip_ids=normal, model_name="Noise", false_alarm_rate=0.12).run()
        model_id = model["model_id"]
        sound = steady_noise(SECONDS, 90) + click(SECONDS, at_s=1.2, hz=4000.0)
        wanted = recordings.add_recording(HOSTILE, wav_bytes(sound.clip(-1, 1), RATE)).id
        ScoreTask(model_id=model_id, clip_ids=[wanted, normal[0]]).run()
        assert scores.list_scores(model_id)[0].clip_id == wanted
        database.close()
    server = app_server(ROOT / "app" / "main.py", home)
    return server, f"?model={model_id}&clip={wanted}"


def hear(page: Page, label: str, name: str) -> None:
    """Switches the player to that sound while it plays."""
    root = player(page)
    root.get_by_role("radio", name=label).click()
    expect(root).to_have_attribute("data-sound", name)
    root.get_by_role("button", name="Play", exact=True).click()
    expect(root).to_have_attribute("data-state", "playing")
    before = playhead_seconds(page)
    page.wait_for_function(
        """before => [...document.querySelectorAll("*")]
          .map((e) => e.shadowRoot?.querySelector(".hearmap-player")).find(Boolean)
          .dataset.playheadSeconds > before + 0.1""",
        arg=before,
    )
    root.get_by_role("button", name="Pause", exact=True).click()


def download(page: Page, label: str, folder: Path) -> Path:
    with page.expect_download(timeout=60_000) as waiting:
        page.get_by_role("button", name=label).click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def opens_offline(browser: Browser, path: Path) -> tuple[int, str]:
    """The number of sounds that load in a report opened from disk, and its text."""
    page = browser.new_context(offline=True).new_page()
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(path.as_uri())
    lengths = page.evaluate(SOUNDS_LOAD)
    assert all(length > 0.3 for length in lengths)
    broken = "() => [...document.images].filter((one) => !one.naturalWidth).length"
    assert page.evaluate(broken) == 0
    text = page.locator("body").inner_text()
    page.context.close()
    assert not complaints
    assert not [url for url in asked if not url.startswith(("file:", "data:"))]
    return len(lengths), text


def test_an_explanation_is_heard_flipped_and_taken_away(
    page: Page, chromium: Browser, address: tuple[AppServer, str], tmp_path: Path
) -> None:
    server, query = address
    # A page that watches a job is seldom idle: what it shows is waited for instead.
    page.goto(f"{server.url}/listen{query}")
    expect(page.get_by_text("The measures of faithfulness")).to_be_visible(
        timeout=JOB_SECONDS * 1000
    )
    expect(page.locator(".hm-card")).to_have_count(5)
    finding = player(page).locator(".findings li").first
    expect(finding).to_contain_text("above this recording’s background; none of 8 normal")
    page.get_by_text("Spectrum against normal").click()
    expect(page.get_by_text("Compared is everything that is shown.")).to_be_visible()
    finding.get_by_role("button").click()
    expect(player(page)).to_have_attribute("data-solo", "true")
    expect(page.get_by_text("Compared is 1.")).to_be_visible()
    mask = download(page, "Limit mask (CSV)", tmp_path).read_text("utf-8-sig").splitlines()
    assert mask[0].startswith("hz,recording_dbfs") and len(mask) == 97
    player(page).get_by_role("button", name="Remove the box").click()
    hear(page, "Filled", "filled")
    hear(page, "Nearest normal", "nearest")

    page.get_by_role("tab", name="What would make it normal?").click()
    page.get_by_role("button", name="Find it").click()
    expect(page.get_by_text("of the map decides it.")).to_be_visible(timeout=JOB_SECONDS * 1000)
    hear(page, "Made normal", "normal")

    player(page).get_by_role("button", name="Next region").click()
    page.get_by_role("tab", name="Your own mask").click()
    page.get_by_role("button", name="Score without").click()
    expect(page.get_by_text("The evidence goes from").last).to_be_visible(
        timeout=JOB_SECONDS * 1000
    )
    hear(page, "Without your mask", "own")

    page.get_by_role("button", name="Make a report").click()
    expect(page.get_by_role("button", name="Report (HTML)")).to_be_visible(
        timeout=JOB_SECONDS * 1000
    )
    n_sounds, text = opens_offline(chromium, download(page, "Report (HTML)", tmp_path))
    # Those of the explanation, and one for each finding.
    assert n_sounds > 5 and HOSTILE in text and "CC BY 4.0" in text
    assert text.index("above this recording’s background") < text.index("Faithfulness")

    page.goto(f"{server.url}/score{query}")
    page.get_by_role("button", name="Make a report").click(timeout=60_000)
    expect(page.get_by_role("button", name="Report (HTML)")).to_be_visible(
        timeout=JOB_SECONDS * 1000
    )
    n_sounds, text = opens_offline(chromium, download(page, "Report (HTML)", tmp_path))
    assert n_sounds == 2 and f"1. {HOSTILE}" in text
