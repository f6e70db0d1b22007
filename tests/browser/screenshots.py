"""Pictures of every view: `python -m tests.browser.screenshots [--views A,B] [--update-docs]`.

Serves the app with a home of its own, walks it as a person would, and writes PNG files of each
view empty, busy, failed and full, light and dark, at 1280 and 700 pixels, into build/screenshots.
Few of them are committed: those in docs/screenshots, which --update-docs replaces. Needs
Playwright, Chromium and the weights; a quarter of an hour on two cores.
"""

from __future__ import annotations

import argparse
import http.server
import io
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from core import jobs
from core.audio import wav_bytes
from core.evaluation.benchmarks.run_saved import run_saved
from core.evaluation.datasets.machines import make
from core.jobs.tasks.fit import FitTask
from core.runtime.progress import silent
from core.storage import database
from core.storage.annotations import save_annotation
from core.storage.scores import list_scores
from core.storage.thresholds import set_false_alarm_rate
from tests.browser.browser import (
    CHROMIUM_ARGUMENTS,
    ROOT,
    AppServer,
    _free_port,
    _stop,
    _wait_until_served,
    chromium_path,
    player,
    wait_idle,
)
from tests.support.seeded_home import MODEL_ID, seed

FOLDER = ROOT / "build" / "screenshots"
SHOWN = ROOT / "docs" / "screenshots"
WIDE, NARROW = 1280, 700
SCHEMES = ("light", "dark")
VIEWS = {
    "start": "Start: the demo or one's own recordings, and the models there are",
    "fit": "Fit: every recording checked, then learned from",
    "score": "Score: new recordings sorted by evidence",
    "listen": "Listen: where a recording is anomalous, seen and heard",
    "compare": "Compare: one recording as several models see it",
    "triage": "Triage: many recordings, one key each",
    "tune": "Tune: what a threshold costs",
    "benchmark": "Benchmark: methods measured on sounds whose anomalies are known",
    "models": "Models: what each was trained on",
    "jobs": "Jobs: long work, its queue and its log",
    "weights": "Weights: the networks that listen",
}
STATES = {
    "empty": "Nothing there yet.",
    "busy": "At work, with time left and a way to stop.",
    "cancelled": "Stopped by the user.",
    "failed": "What went wrong, and a way on.",
    "done": "A model is ready.",
    "full": "In use.",
    "lasting": "A fault that lasts the whole recording.",
    "why": "Why: what the map keeps, removes and fills, scored again.",
    "flip": "What would make it normal.",
    "tour": "A tour of two minutes.",
}
FIT_MILLISECONDS = 600_000
MOST_BYTES = 200_000
BENCHMARK = {
    "source": "machines", "normals": ["fan", "valve"], "heads": ["padim"],
    "presets": ["recommended", "published"], "snr_db": [6.0, -6.0], "most_training": 6,
    "most_tests": 4, "seed": 0,
}  # fmt: skip


def main() -> None:
    """Writes the pictures, and a page of all that there are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument(
        "--update-docs", action="store_true", help="replace those that README and docs show"
    )
    parser.add_argument("--views", default=",".join(VIEWS), help="only these")
    given = parser.parse_args()
    folder, views = given.folder, given.views.split(",")
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as scratch,
        slow_mirror() as mirror,
        sync_playwright() as driver,
    ):
        browser = driver.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_ARGUMENTS)
        server = serve(Path(scratch), HEARMAP_WEIGHTS_MIRROR=mirror)
        try:
            walk(browser, server, Path(scratch), folder, views)
            (folder / "README.md").write_text(contents(folder), encoding="utf-8")
            if given.update_docs:
                for shown in SHOWN.glob("*.png"):
                    if (folder / shown.name).is_file():
                        shutil.copy(folder / shown.name, shown)
        finally:
            browser.close()
            _stop(server.process)


def serve(scratch: Path, **environment: str) -> AppServer:
    """The app at a free port, with a home in `scratch`."""
    import subprocess

    port, log = _free_port(), scratch / "log"
    own = {"HEARMAP_HOME": str(scratch / "home"), "PYTHONPATH": str(ROOT)}
    variables = {**os.environ, **own, **environment}
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "streamlit", "run", str(ROOT / "app" / "main.py")),
            *("--server.port", str(port), "--server.address", "127.0.0.1"),
            *("--server.headless", "true"),
        ],
        cwd=ROOT,
        env=variables,
        stdout=log.open("wb"),
        stderr=subprocess.STDOUT,
    )
    server = AppServer(f"http://127.0.0.1:{port}", scratch / "home", log, process)
    _wait_until_served(server)
    return server


@contextmanager
def slow_mirror() -> Iterator[str]:
    """A place that has every file of weights and sends it so slowly that it can be seen coming."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(350_000_000))
            self.end_headers()
            try:
                for _ in range(100):
                    self.wfile.write(bytes(1_500_000))
                    time.sleep(0.5)
            except OSError:
                pass  # The download was cancelled.

        def log_message(self, format: str, *args: object) -> None:
            pass

    mirror = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    mirror.daemon_threads = True
    threading.Thread(target=mirror.serve_forever, args=(0.1,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{mirror.server_port}"
    finally:
        mirror.shutdown()
        mirror.server_close()


def walk(
    browser: Browser, server: AppServer, scratch: Path, folder: Path, views: Sequence[str]
) -> None:
    """Each of the views in every state; the states that pass are taken in light only."""

    def each(name: str, address: str, ready: Callable[[Page], Any], tall: int = 900) -> None:
        if name.split("_")[0] not in views:
            return
        for scheme in SCHEMES:
            for width in (WIDE, NARROW):
                page = new_page(browser, scheme, width, tall)
                page.goto(f"{server.url}/{address}")
                ready(page)
                keep(page, folder / f"{name}_{scheme}_{width}.png")
                page.context.close()

    def idle(page: Page) -> None:
        wait_idle(page, timeout_seconds=120)
        page.wait_for_timeout(1500)

    for view in VIEWS:
        each(f"{view}_empty", "" if view == "start" else view, idle, 700)
    page = new_page(browser, "light", WIDE, 900)
    page.goto(server.url)
    page.locator(".st-key-try_demo button").click()
    page.get_by_text("Fitting").or_(page.get_by_text("left")).first.wait_for(timeout=120_000)
    page.wait_for_timeout(3000)
    keep(page, folder / "start_busy_light_1280.png")
    page.wait_for_url("**/listen?**", timeout=FIT_MILLISECONDS)
    model = parse_qs(urlsplit(page.url).query)["model"][0]
    page.context.close()

    def playable(page: Page) -> None:
        player(page).locator("canvas").first.wait_for(timeout=120_000)
        idle(page)
        page.wait_for_timeout(2000)

    each("start_full", "", idle, 800)
    each("score_full", f"score?model={model}", idle, 1100)
    url = f"{server.url}/listen?model={model}"
    address = ""
    for name, wanted in (("listen_lasting", "imbalance"), ("listen_full", "bearing knock")):
        address = address_of(browser, url, wanted, playable)
        each(name, address, playable, 1500)
    if "listen" in views:
        explaining_views(browser, server.url, address, folder)
    if "score" in views:
        score_busy(browser, server, scratch, folder, model)
    if "compare" in views:
        clip_id = parse_qs(urlsplit(address).query)["clip"][0]
        compare_busy(browser, f"{server.url}/compare?model={model}&clip={clip_id}", folder)
        each("compare_full", f"compare?model={model}&clip={clip_id}", playable, 1900)
    each("models_full", f"models?model={model}", idle, 1300)
    each("weights_full", "weights", idle, 1300)
    if "weights" in views:
        weights_busy(browser, server, folder)
    failures(browser, server, folder, views)
    if "fit" in views:
        fit_views(browser, server, scratch, folder)
    each("jobs_full", "jobs", idle, 900)
    if {"tune", "triage"} & set(views):
        tuning_views(browser, server, folder)
    if "benchmark" in views:
        benchmark_view(browser, server, folder)


@contextmanager
def at_home(server: AppServer) -> Iterator[None]:
    """Work of this process goes into the home of the app that is served."""
    before = os.environ.get("HEARMAP_HOME")
    os.environ["HEARMAP_HOME"] = str(server.home)
    try:
        yield
    finally:
        database.close()
        if before is None:
            del os.environ["HEARMAP_HOME"]
        else:
            os.environ["HEARMAP_HOME"] = before


def score_busy(
    browser: Browser, server: AppServer, scratch: Path, folder: Path, model: str
) -> None:
    """Score at work, on a hundred recordings under their own names."""
    files = []
    for k in range(100):
        clip = make("fan", seed=500 + k).clip
        files.append(scratch / f"night {k + 1:03}.wav")
        files[-1].write_bytes(wav_bytes(clip.samples, clip.sample_rate))
    page = new_page(browser, "light", WIDE, 700)
    page.goto(f"{server.url}/score?model={model}")
    page.get_by_text("Add recordings", exact=True).click(timeout=120_000)
    page.locator("[data-testid=stFileUploaderDropzoneInput]").set_input_files(
        [str(path) for path in files]
    )
    page.get_by_role("button", name="Score 100 recordings").click(timeout=120_000)
    page.get_by_role("progressbar").first.wait_for(timeout=120_000)
    page.wait_for_timeout(3000)
    keep(page, folder / f"score_busy_light_{WIDE}.png")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("cancelled").first.wait_for(timeout=120_000)
    page.context.close()


def compare_busy(browser: Browser, address: str, folder: Path) -> None:
    """Compare at work: the other methods are fitted on the same recordings, to their end."""
    page = new_page(browser, "light", WIDE, 900)
    page.goto(address)
    page.get_by_role("button", name="Fit these methods").click(timeout=120_000)
    page.get_by_text("Fitting other methods").first.wait_for(timeout=120_000)
    page.wait_for_timeout(6000)
    keep(page, folder / f"compare_busy_light_{WIDE}.png")
    page.get_by_text("models find this recording").wait_for(timeout=FIT_MILLISECONDS)
    page.context.close()


def weights_busy(browser: Browser, server: AppServer, folder: Path) -> None:
    """Weights while a file comes, and when the user has stopped it."""
    page = new_page(browser, "light", WIDE, 900)
    page.goto(f"{server.url}/weights")
    # One whose licence need not be accepted first.
    page.locator("button:enabled", has_text="Download").first.click(timeout=60_000)
    page.get_by_role("progressbar").first.wait_for(timeout=60_000)
    page.get_by_role("button", name="Cancel").scroll_into_view_if_needed()
    page.wait_for_timeout(6000)
    keep(page, folder / f"weights_busy_light_{WIDE}.png")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("cancelled").or_(page.get_by_text("stopped")).first.wait_for(timeout=60_000)
    page.wait_for_timeout(1500)
    keep(page, folder / f"weights_cancelled_light_{WIDE}.png")
    page.context.close()


def failures(browser: Browser, server: AppServer, folder: Path, views: Sequence[str]) -> None:
    """What each view says of a link to a model that is gone, and of a fit that cannot be done."""
    page = new_page(browser, "light", WIDE, 700)
    linked = ("score", "listen", "triage", "tune", "compare", "models", "benchmark")
    for view in [view for view in linked if view in views]:
        gone = "benchmark=gone" if view == "benchmark" else "model=gone"
        page.goto(f"{server.url}/{view}?{gone}")
        wait_idle(page, timeout_seconds=120)
        page.wait_for_timeout(1000)
        keep(page, folder / f"{view}_failed_light_{WIDE}.png")
    if "fit" in views or "jobs" in views:
        with at_home(server):
            job_id = jobs.submit(FitTask(clip_ids=["gone"], model_name="Fan 7"))
            page.goto(f"{server.url}/fit?job={job_id}")
            page.get_by_text("needs at least").first.wait_for(timeout=120_000)
        keep(page, folder / f"fit_failed_light_{WIDE}.png")
        page.goto(f"{server.url}/jobs?job={job_id}")
        wait_idle(page, timeout_seconds=120)
        page.wait_for_timeout(1000)
        keep(page, folder / f"jobs_failed_light_{WIDE}.png")
    if "weights" in views:
        page.goto(f"{server.url}/weights")
        page.locator("button:enabled", has_text="I have the file").first.click(timeout=60_000)
        page.locator("[data-testid=stFileUploaderDropzoneInput]").first.set_input_files(
            [{"name": "cnn.pth", "mimeType": "application/octet-stream", "buffer": b"no weights"}]
        )
        page.locator("[data-testid=stAlert]").first.wait_for(timeout=120_000)
        page.wait_for_timeout(1000)
        keep(page, folder / f"weights_failed_light_{WIDE}.png")
    page.context.close()


def benchmark_view(browser: Browser, server: AppServer, folder: Path) -> None:
    """Benchmark, full of what two forms of PaDiM measure on two demo machines."""
    page = new_page(browser, "light", WIDE, 900)
    page.goto(f"{server.url}/benchmark")
    page.get_by_role("button", name="Run", exact=True).click(timeout=120_000)
    page.get_by_text("Measuring").first.wait_for(timeout=120_000)
    page.wait_for_timeout(3000)
    keep(page, folder / f"benchmark_busy_light_{WIDE}.png")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("cancelled").first.wait_for(timeout=120_000)
    page.context.close()
    with at_home(server):
        run_saved(BENCHMARK, silent)
    for scheme in SCHEMES:
        for width, tall in ((WIDE, 2000), (NARROW, 2100)):
            page = new_page(browser, scheme, width, tall)
            page.goto(f"{server.url}/benchmark")
            page.locator("[data-testid=stAudio]").first.wait_for(timeout=120_000)
            wait_idle(page, timeout_seconds=120)
            page.wait_for_timeout(2500)
            keep(page, folder / f"benchmark_full_{scheme}_{width}.png")
            page.context.close()


def explaining_views(browser: Browser, url: str, address: str, folder: Path) -> None:
    """Listen's answers to why, and the tour's first step, for the recording at this address."""
    states = (("listen_why", "Is the map right?"), ("listen_flip", "What would make it normal?"))
    for scheme in SCHEMES:
        for width in (WIDE, NARROW):
            page = new_page(browser, scheme, width, 1000)
            page.goto(f"{url}/{address}")
            waiting = page.get_by_text("Scoring what the map keeps")
            waiting.or_(page.get_by_text("The measures of faithfulness")).first.wait_for(
                timeout=120_000
            )
            if waiting.is_visible():
                waiting.scroll_into_view_if_needed()
                page.wait_for_timeout(1000)
                keep(page, folder / f"listen_busy_{scheme}_{width}.png")
            page.get_by_text("The measures of faithfulness").wait_for(timeout=120_000)
            for name, tab in states:
                page.get_by_role("tab", name=tab).click()
                find = page.get_by_role("button", name="Find it")
                if name == "listen_flip" and find.is_visible():
                    find.click()
                if name == "listen_flip":
                    page.get_by_text("of the map decides it.").wait_for(timeout=120_000)
                page.get_by_role("heading", name="Why?").scroll_into_view_if_needed()
                page.get_by_role("tab", name=tab).evaluate("tab => tab.scrollIntoView()")
                page.mouse.move(0, 0)
                page.wait_for_timeout(1500)
                keep(page, folder / f"{name}_{scheme}_{width}.png")
            page.goto(url)
            page.get_by_role("button", name="Take the two-minute tour").click(timeout=60_000)
            page.get_by_text("Tour, 1 of 5").wait_for(timeout=60_000)
            page.wait_for_timeout(2000)
            keep(page, folder / f"start_tour_{scheme}_{width}.png")
            page.context.close()


def tuning_views(browser: Browser, server: AppServer, folder: Path) -> None:
    """Tune and Triage: empty, and full of 400 scored clips of which some are annotated."""
    with at_home(server):
        seed(400, seconds=6.0)
        scored = list_scores(MODEL_ID, strips=False)
        for k, score in enumerate(scored[:90:2]):
            wrong = k % 9 == 4
            anomalous = (score.score or 0.0) > score.threshold + 0.4
            save_annotation(score.clip_id, "anomalous" if anomalous != wrong else "normal")
        save_annotation(scored[1].clip_id, "unsure", "a knock at the end?", by="Ada")
        set_false_alarm_rate(MODEL_ID, 0.1, note="nothing must be missed", by="Ada")
        set_false_alarm_rate(MODEL_ID, 0.05, note="too many alarms at night", by="Bo")
    for scheme in SCHEMES:
        for width, tall in ((WIDE, 1500), (NARROW, 1900)):
            page = new_page(browser, scheme, width, tall)
            page.goto(f"{server.url}/tune?model={MODEL_ID}&rate=0.08")
            page.locator(".hearmap-threshold .tag").wait_for(timeout=120_000)
            wait_idle(page, timeout_seconds=120)
            page.wait_for_timeout(1500)
            keep(page, folder / f"tune_full_{scheme}_{width}.png")
            page.goto(f"{server.url}/triage?model={MODEL_ID}")
            page.locator(".hearmap-triage[data-ready=true]").wait_for(timeout=120_000)
            wait_idle(page, timeout_seconds=120)
            page.set_viewport_size({"width": width, "height": 1100 if width == WIDE else 1400})
            page.locator(".hearmap-triage .list").press("j")
            page.wait_for_timeout(2500)
            keep(page, folder / f"triage_full_{scheme}_{width}.png")
            page.context.close()


def address_of(browser: Browser, url: str, wanted: str, ready: Callable[[Page], Any]) -> str:
    """The address of the first recording in Listen whose name holds `wanted`."""
    page = new_page(browser, "light", WIDE, 900)
    page.goto(url)
    ready(page)
    chosen = page.get_by_role("combobox", name="Recording")
    while wanted not in (before := chosen.input_value()):
        page.locator(".st-key-next button").click()
        page.wait_for_function(
            "before => document.querySelector('[aria-label=Recording]').value !== before",
            arg=before,
        )
        wait_idle(page, timeout_seconds=120)
    address = page.url.split("/", 3)[3]
    page.context.close()
    return address


def fit_views(browser: Browser, server: AppServer, scratch: Path, folder: Path) -> None:
    """Fit with its table, at work, cancelled, and done."""
    files = []
    for k in range(8):
        clip = make("pump", seed=k).clip
        files.append(scratch / f"pump {k + 1}.wav")
        files[-1].write_bytes(wav_bytes(clip.samples, clip.sample_rate))
    for name, data in (("empty.wav", b""), ("note.wav", b"only text " * 40)):
        files.append(scratch / name)
        files[-1].write_bytes(data)
    for scheme in SCHEMES:
        page = new_page(browser, scheme, WIDE, 1200)
        page.goto(f"{server.url}/fit")
        page.locator("[data-testid=stFileUploaderDropzoneInput]").set_input_files(
            [str(path) for path in files]
        )
        page.locator("[data-testid=stDataFrame]").wait_for(timeout=120_000)
        wait_idle(page)
        page.wait_for_timeout(1500)
        keep(page, folder / f"fit_full_{scheme}_{WIDE}.png")
        page.set_viewport_size({"width": NARROW, "height": 1300})
        page.wait_for_timeout(1000)
        keep(page, folder / f"fit_full_{scheme}_{NARROW}.png")
        if scheme == "dark":
            page.context.close()
            continue
        page.set_viewport_size({"width": WIDE, "height": 1200})
        page.wait_for_timeout(1000)
        # The slowest method: the recommended one is done before its picture is taken.
        method = page.get_by_role("combobox", name="Method")
        method.fill("STFPM")
        page.get_by_role("option", name="STFPM", exact=True).wait_for()
        method.press("Enter")
        wait_idle(page)
        page.wait_for_timeout(1000)
        page.get_by_role("button", name="Fit", exact=True).click()
        page.get_by_role("button", name="Cancel").wait_for(timeout=120_000)
        page.set_viewport_size({"width": WIDE, "height": 700})
        page.wait_for_timeout(4000)
        keep(page, folder / "fit_busy_light_1280.png")
        beside = new_page(browser, scheme, WIDE, 700)
        beside.goto(f"{server.url}/jobs")
        beside.get_by_role("progressbar").first.wait_for(timeout=120_000)
        beside.wait_for_timeout(2000)
        keep(beside, folder / "jobs_busy_light_1280.png")
        beside.context.close()
        page.get_by_role("button", name="Cancel").click()
        page.get_by_text("was cancelled").wait_for(timeout=120_000)
        page.wait_for_timeout(1500)
        page.set_viewport_size({"width": WIDE, "height": 1200})
        keep(page, folder / "fit_cancelled_light_1280.png")
        page.get_by_role("button", name="Fit", exact=True).click()
        page.get_by_text("is ready").wait_for(timeout=FIT_MILLISECONDS)
        page.wait_for_timeout(1500)
        page.set_viewport_size({"width": WIDE, "height": 700})
        keep(page, folder / "fit_done_light_1280.png")
        page.context.close()


def contents(folder: Path) -> str:
    """A page of all pictures in the folder, view by view."""
    said = [
        "# Every view",
        "",
        "Made by `python -m tests.browser.screenshots` from the app itself, on the demo fan.",
    ]
    for view, title in VIEWS.items():
        said += ["", f"## {title}", ""]
        for state, sentence in STATES.items():
            pictures = sorted(folder.glob(f"{view}_{state}_*.png"))
            if not pictures:
                continue
            links = [
                f"[{scheme}, {width}]({picture.name})"
                for picture in pictures
                for scheme, width in [picture.stem.split("_")[-2:]]
            ]
            said += [f"{sentence} {' · '.join(links)}", ""]
            said += [f"![{title}. {sentence}]({view}_{state}_light_{WIDE}.png)", ""]
    return "\n".join(said).rstrip() + "\n"


def new_page(browser: Browser, scheme: Any, width: int, height: int) -> Page:
    """A page of its own session."""
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
    )
    return context.new_page()


def keep(page: Page, path: Path) -> None:
    """The picture as a PNG of at most 200 kB: fewer colours where it would be larger."""
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.save(path, optimize=True)
    n_colours = 256
    while path.stat().st_size > MOST_BYTES and n_colours >= 32:
        picture.quantize(n_colours, dither=Image.Dither.NONE).save(path, optimize=True)
        n_colours //= 2
    print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
