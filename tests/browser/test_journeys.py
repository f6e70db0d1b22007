"""What a person does with the app, in Chromium: the demo, own recordings, a reload, bad files."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.audio import wav_bytes
from core.evaluation.datasets.machines import FAULTS, make
from tests.browser.browser import (
    ROOT,
    AppServer,
    keyed,
    open_app,
    player,
    playhead_seconds,
    wait_idle,
)
from tests.support.bad_files import USABLE, write_bad_files

playwright_api = pytest.importorskip("playwright.sync_api")
expect, Page = playwright_api.expect, playwright_api.Page

FIT_SECONDS = 600


@pytest.fixture
def app(app_server: Callable[..., AppServer]) -> AppServer:
    return app_server(ROOT / "app" / "main.py")


def go_to(page: Page, view: str) -> None:
    page.get_by_role("link", name=view, exact=True).click()
    expect(page.get_by_role("heading", name=view, exact=True)).to_be_visible(timeout=30_000)
    wait_idle(page)


def upload(page: Page, paths: list[Path]) -> None:
    page.locator("[data-testid=stFileUploaderDropzoneInput]").set_input_files(
        [str(path) for path in paths]
    )


def choose(page: Page, label: str, option: str) -> None:
    """Takes an option of a list once the page stands still: a rerun or a scroll shuts it."""
    expect(page.get_by_role("button", name="Fit", exact=True)).to_be_visible(timeout=60_000)
    wait_idle(page)
    page.wait_for_timeout(500)
    box = page.get_by_role("combobox", name=label)
    box.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    box.fill(option)
    expect(page.get_by_role("option", name=option, exact=True)).to_be_visible()
    box.press("Enter")
    expect(box).to_have_value(option)


def clips_of(folder: Path, esc10: Path | None) -> tuple[list[Path], list[Path]]:
    """Normal recordings and ones to score: real rain and a dog where there are any."""
    if esc10 is not None:
        rain = sorted(path for path in esc10.rglob("*-10.*") if path.name.startswith(("1", "2")))
        dog = sorted(path for path in esc10.rglob("*-0.*") if path.name.startswith("4"))
        other = sorted(path for path in esc10.rglob("*-10.*") if path.name.startswith("4"))
        if len(rain) >= 8 and dog and other:
            return rain[:8], [dog[0], other[0]]
    normal = [write(folder / f"pump {k}.wav", make("pump", seed=k).clip) for k in range(8)]
    faulty = make("pump", seed=90, fault=FAULTS["pump"][0]).clip
    return normal, [
        write(folder / "pump unlike.wav", faulty),
        write(folder / "pump new.wav", make("pump", seed=91).clip),
    ]


def write(path: Path, clip) -> Path:  # type: ignore[no-untyped-def]
    path.write_bytes(wav_bytes(clip.samples, clip.sample_rate))
    return path


def play_for_a_moment(page: Page) -> None:
    expect(player(page)).to_have_attribute("data-state", "paused", timeout=60_000)
    player(page).get_by_role("button", name="Play", exact=True).click()
    expect(player(page)).to_have_attribute("data-state", "playing")
    before = playhead_seconds(page)
    page.wait_for_timeout(800)
    assert playhead_seconds(page) > before + 0.3


def test_the_demo_leads_from_the_first_page_to_sound(page: Page, app: AppServer) -> None:
    open_app(page, app)
    keyed(page, "try_demo").get_by_role("button").click()
    expect(page.get_by_role("progressbar").first).to_be_visible(timeout=60_000)
    expect(page.get_by_role("heading", name="Listen", exact=True)).to_be_visible(
        timeout=FIT_SECONDS * 1000
    )
    expect(keyed(page, "verdict")).to_contain_text(
        "Anomalous compared with the normal recordings you supplied: ", timeout=60_000
    )
    expect(page.get_by_text("Event p = ")).to_be_visible()
    assert "fault" not in keyed(page, "verdict").inner_text().lower()
    play_for_a_moment(page)
    keyed(page, "next").get_by_role("button").click()
    expect(page.get_by_role("combobox", name="Recording")).to_have_value(
        re.compile(r"^2\. fan"), timeout=30_000
    )


def test_own_recordings_fit_score_listen_download(
    page: Page, app: AppServer, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    try:
        esc10: Path | None = request.getfixturevalue("esc10")
    except pytest.skip.Exception:
        esc10 = None
    normal, unknown = clips_of(tmp_path, esc10)
    open_app(page, app)
    go_to(page, "Fit")
    upload(page, normal)
    expect(page.get_by_text("8 recordings", exact=False).first).to_be_visible(timeout=60_000)
    name = page.get_by_role("textbox", name="Name of the model")
    name.fill("Journey")
    name.press("Enter")
    page.get_by_role("button", name="Fit", exact=True).click()
    expect(page.get_by_text("is ready")).to_be_visible(timeout=FIT_SECONDS * 1000)
    expect(page.get_by_text("8 normal recordings measure")).to_be_visible()
    page.get_by_role("button", name="Score recordings with it").click()
    expect(page.get_by_role("heading", name="Score", exact=True)).to_be_visible(timeout=30_000)
    upload(page, unknown)
    page.get_by_role("button", name="Score 2 recordings").click(timeout=60_000)
    expect(page.get_by_text("of 2 recordings")).to_be_visible(timeout=FIT_SECONDS * 1000)
    page.get_by_role("button", name="Listen to the highest score").click()
    play_for_a_moment(page)
    # When the explanation is there the page runs once more, and gives its downloads new addresses.
    expect(page.locator("[class*=st-key-job_]")).to_have_count(0, timeout=120_000)
    wait_idle(page, timeout_seconds=60)
    stem = unknown[0].stem.replace(" ", "_")
    for label, ending in (
        ("Map (PNG)", "_map.png"),
        ("Map (NPZ)", "_map.npz"),
        ("Anomalous part (WAV)", "_anomalous_part.wav"),
        ("Residual (WAV)", "_residual.wav"),
        ("Regions (CSV)", "_regions.csv"),
    ):
        with page.expect_download(timeout=60_000) as waiting:
            page.get_by_role("button", name=label).click()
        kept = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(kept)
        assert kept.name == stem + ending
        assert kept.stat().st_size > 20
    with np.load(tmp_path / f"{stem}_map.npz", allow_pickle=False) as arrays:
        assert arrays["raw"].shape == (arrays["freq_hz"].size, arrays["time_s"].size)
    assert (tmp_path / f"{stem}_map.png").read_bytes().startswith(b"\x89PNG")


def test_a_reload_during_a_fit_finds_the_job_and_cancel_stops_it(
    page: Page, app: AppServer, tmp_path: Path
) -> None:
    normal = [write(tmp_path / f"fan {k}.wav", make("fan", seed=k).clip) for k in range(12)]
    open_app(page, app)
    go_to(page, "Fit")
    upload(page, normal)
    expect(page.get_by_text("12 recordings", exact=False).first).to_be_visible(timeout=60_000)
    # The slowest method: the recommended one is done before a page has been read again.
    choose(page, "Method", "STFPM")
    wait_idle(page)
    page.get_by_role("button", name="Fit", exact=True).click()
    expect(page.get_by_role("progressbar").first).to_be_visible(timeout=60_000)
    page.reload()
    expect(page.get_by_text("on 12 recordings")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("progressbar").first).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("The fit was cancelled. Nothing of it was saved.")).to_be_visible(
        timeout=120_000
    )


def test_every_bad_file_gets_its_sentence_and_the_others_go_on(
    page: Page, app: AppServer, tmp_path: Path
) -> None:
    files = write_bad_files(tmp_path / "bad")
    # Chromium cannot be handed a name of 300 characters; inside the ZIP it can.
    good = [write(tmp_path / f"good {k}.wav", make("valve", seed=k).clip) for k in range(2)]
    hostile = tmp_path / "hostile.zip"
    with zipfile.ZipFile(hostile, "w") as archive:
        archive.writestr("../../escaped.wav", good[0].read_bytes())
        inner = io.BytesIO()
        with zipfile.ZipFile(inner, "w") as nested:
            nested.writestr("x.wav", good[0].read_bytes())
        archive.writestr("inner.zip", inner.getvalue())
    open_app(page, app)
    go_to(page, "Fit")
    sent = [path for path in files.values() if len(path.name) < 250]
    upload(page, [*sent, *good, hostile])
    alert = page.get_by_text(re.compile(r"files? left out"))
    expect(alert).to_be_visible(timeout=120_000)
    wait_idle(page)
    said = page.locator("[data-testid=stAlert]").first.inner_text()
    for key, path in files.items():
        if key not in USABLE and path in sent and path.suffix != ".zip":
            assert said.count(path.name) == 1, f"{key}: {path.name} in\n{said}"
    assert "Traceback" not in said
    expect(page.locator("[data-testid=stDataFrame]")).to_be_visible()
    assert page.locator("script", has_text="alert(1)").count() == 0
    expect(page.get_by_role("button", name="Fit", exact=True)).to_be_enabled()


def test_a_benchmark_of_a_demo_machine_ends_in_numbers_and_sounds(
    page: Page, app: AppServer
) -> None:
    open_app(page, app)
    go_to(page, "Benchmark")
    page.get_by_text("Size", exact=True).click()
    sizes = {"Recordings to fit on, per class": "4", "Normal test recordings, per class": "2"}
    for label, number in sizes.items():
        page.get_by_label(label).fill(number)
        page.get_by_label(label).press("Enter")
        wait_idle(page)
    for chosen in ("As published", "0", "-6"):
        page.get_by_role("button", name=chosen, exact=True).click()
        wait_idle(page)
        page.wait_for_timeout(300)
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_text("Measuring padim on fan")).to_be_visible(timeout=60_000)
    said = "PaDiM, recommended separates anomalous from normal recordings"
    expect(page.get_by_text(said)).to_be_visible(timeout=FIT_SECONDS * 1000)
    expect(page.locator("[data-testid=stAudio]")).to_have_count(4, timeout=60_000)
    wait_idle(page, timeout_seconds=60)
    page.reload()
    expect(page.get_by_role("heading", name="ROC curves")).to_be_visible(timeout=60_000)
    wait_idle(page, timeout_seconds=60)
