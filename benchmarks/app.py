"""`python -m benchmarks.app`: how long the app lets people wait, measured in Chromium.

Seeds 1,000 scored clips of 10 s straight into a home of its own, serves the app on it, and times
in the page itself (performance.now, to the frame after the result is drawn) what people do again
and again: idle, and while a fit of 40 clips with STFPM runs in the app's pool. Some minutes.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.results_page import machine, write_section
from core.audio import wav_bytes
from core.evaluation.datasets.machines import make
from tests.browser.browser import CHROMIUM_ARGUMENTS, AppServer, _stop, chromium_path, wait_idle
from tests.browser.screenshots import serve
from tests.support.seeded_home import MODEL_ID, seed

N_CLIPS, CLIP_SECONDS, N_SOUNDS = 1000, 10.0, 24
N_FIT_CLIPS = 40
GIVE_UP_SECONDS = 180
# Of a fit, so that its slow start is over and its network is at work.
SETTLE_SECONDS = 15

# `act` starts the clock; `done` is looked at once a frame; the frame after it counts, too. Going
# through the page for the component takes longer than a frame, so it is done once.
TIMED = """async ([find, act, done, seconds]) => {
  let known;
  const root = (name) => known?.isConnected ? known : (known = [...document.querySelectorAll("*")]
    .map((e) => e.shadowRoot?.querySelector(name)).find(Boolean));
  root(find);
  const state = {};
  const frame = () => new Promise((next) => requestAnimationFrame(next));
  const run = (code) => new Function("root", "state", `return (${code})`)(root(find), state);
  const began = performance.now();
  run(act);
  while (!run(done)) {
    if (performance.now() - began > 1000 * seconds) return -1;
    await frame();
  }
  await frame();
  return performance.now() - began;
}"""
PRESS = """(state.before = {{ ...root.dataset }}, state.address = location.search,
  {target}.dispatchEvent(
    new KeyboardEvent("keydown", {{ key: "{key}", bubbles: true, composed: true }})))"""
LINE, TRIAGE, PLAYER = ".hearmap-threshold", ".hearmap-triage", ".hearmap-player"


def main() -> int:
    """Measure and write the section.

    Returns:
        The exit status.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=20)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as driver:
        # `serve` gives the app the home "home" of its scratch folder.
        os.environ["HEARMAP_HOME"] = str(Path(scratch) / "home")
        seed(N_CLIPS, seconds=CLIP_SECONDS, n_sounds=N_SOUNDS)
        from core.storage import database

        database.close()
        server = serve(Path(scratch))
        browser = driver.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_ARGUMENTS)
        try:
            idle = measure(browser, server, given.repeats, is_first=True)
            # What is known so far stands even if the rest cannot be measured.
            write_section("app", section(idle, {}, given.repeats))
            with fitting(browser, server, Path(scratch)) as is_running:
                busy = measure(browser, server, given.repeats)
                was_busy = is_running()
        finally:
            browser.close()
            _stop(server.process)
    if not was_busy:
        print("The fit ended before the measurements; take more clips.", file=sys.stderr)
        return 1
    write_section("app", section(idle, busy, given.repeats))
    return 0


def measure(
    browser: Browser, server: AppServer, repeats: int, *, is_first: bool = False
) -> dict[str, list[float]]:
    """Time each thing people do; the first time of each is not counted with the others.

    Args:
        browser: The browser.
        server: The app.
        repeats: How often each is done.
        is_first: Whether nobody has opened the server yet, so that its first view is timed too.

    Returns:
        Seconds of each repeat, by what was done.
    """
    found: dict[str, list[float]] = {}
    if is_first:
        found["first view of a fresh server"] = [opened(browser, server, "", "h1")]
    found["a page, opened anew"] = [opened(browser, server, "", "h1") for _ in range(5)]
    page = new_page(browser)

    page.goto(f"{server.url}/tune?model={MODEL_ID}")
    page.locator(LINE).locator(".tag").wait_for(timeout=1000 * GIVE_UP_SECONDS)
    wait_idle(page, GIVE_UP_SECONDS)
    moved = "root.dataset.place !== state.before.place"
    heard = f"{moved} && location.search !== state.address"
    for name, done in (
        ("threshold moved: every figure on the page", moved),
        ("threshold moved: heard by the server, in the address", heard),
    ):
        found[name] = repeated(
            page, repeats, LINE,
            lambda k: PRESS.format(
                target='root.querySelector("[role=slider]")',
                key="ArrowLeft" if k % 2 else "ArrowRight",
            ),
            done,
        )  # fmt: skip

    page.goto(f"{server.url}/triage?model={MODEL_ID}")
    page.locator(f"{TRIAGE}[data-ready=true]").wait_for(timeout=1000 * GIVE_UP_SECONDS)
    wait_idle(page, GIVE_UP_SECONDS)
    stepped = "root.dataset.at !== state.before.at && root.dataset.pictured === root.dataset.at"
    for name, key in (
        ("Triage: a step, seen and playable", lambda k: "j"),
        # Far steps, none of which was prepared.
        ("Triage: a step to a clip that was not prepared", lambda k: "PageDown"),
        ("Triage: a label, shown, and the next clip", lambda k: str(1 + k % 3)),
    ):
        target = 'root.querySelector("[role=listbox]")'
        found[name] = repeated(
            page, repeats, TRIAGE,
            lambda k, key=key, target=target: PRESS.format(target=target, key=key(k)),
            stepped, pause=0.4,
        )  # fmt: skip

    page.goto(f"{server.url}/listen?model={MODEL_ID}")
    page.locator(f"{PLAYER}[data-digest]").wait_for(timeout=1000 * GIVE_UP_SECONDS)
    wait_idle(page, GIVE_UP_SECONDS)
    found[f"Listen: another clip of {CLIP_SECONDS:.0f} s"] = repeated(
        page, repeats, PLAYER,
        lambda k: "(state.before = { ...root.dataset }, "
        'document.querySelector(".st-key-next button").click())',
        "root.dataset.digest !== state.before.digest", pause=0.4,
    )  # fmt: skip
    page.context.close()
    return found


def new_page(browser: Browser) -> Page:
    """Open a page of its own session, patient on a machine that does other work.

    Args:
        browser: The browser.

    Returns:
        The page.
    """
    page = browser.new_context(viewport={"width": 1280, "height": 1000}).new_page()
    page.set_default_timeout(120_000)
    return page


def opened(browser: Browser, server: AppServer, address: str, ready: str) -> float:
    """Time a page from asking for it, in a session of its own, to its heading.

    Args:
        browser: The browser.
        server: The app.
        address: The page, below the server's address.
        ready: A selector of what shows that it is there.

    Returns:
        Seconds.
    """
    page = new_page(browser)
    began = time.perf_counter()
    page.goto(f"{server.url}/{address}")
    page.locator(ready).first.wait_for(timeout=1000 * GIVE_UP_SECONDS)
    seconds = time.perf_counter() - began
    page.context.close()
    return seconds


def repeated(
    page: Page,
    repeats: int,
    find: str,
    act: Callable[[int], str],
    done: str,
    *,
    pause: float = 0.3,
) -> list[float]:
    """Time an action on a page again and again, with a pause before each as a person makes.

    Args:
        page: The page.
        repeats: How many times count.
        find: A selector of the component.
        act: The script of the k-th action.
        done: A script that is true once its result is there.
        pause: The pause in seconds.

    Returns:
        Seconds of each repeat but the first.

    Raises:
        SystemExit: there was no result in time.
    """
    seconds = []
    for k in range(repeats + 1):
        page.wait_for_timeout(1000 * pause)
        wait_idle(page, GIVE_UP_SECONDS)
        milliseconds = page.evaluate(TIMED, [find, act(k), done, GIVE_UP_SECONDS])
        if milliseconds < 0:
            raise SystemExit(f"No result within {GIVE_UP_SECONDS} s: {done}")
        seconds.append(milliseconds / 1000)
    print(f"{done[:60]}: {statistics.median(seconds[1:]):.3f} s", file=sys.stderr)
    return seconds[1:]


@contextmanager
def fitting(browser: Browser, server: AppServer, scratch: Path) -> Iterator[Callable[[], bool]]:
    """Run a fit in the app's pool meanwhile.

    Args:
        browser: The browser.
        server: The app.
        scratch: A folder for its recordings.

    Yields:
        A function that says whether it still runs.
    """
    files = []
    for k in range(N_FIT_CLIPS):
        clip = make("fan", seed=k).clip
        files.append(scratch / f"fan {k}.wav")
        files[-1].write_bytes(wav_bytes(clip.samples, clip.sample_rate))
    page = new_page(browser)
    page.goto(f"{server.url}/fit")
    page.locator("[data-testid=stFileUploaderDropzoneInput]").set_input_files(
        [str(path) for path in files]
    )
    page.get_by_role("button", name="Fit", exact=True).wait_for(timeout=120_000)
    wait_idle(page, GIVE_UP_SECONDS)
    page.wait_for_timeout(1000)
    method = page.get_by_role("combobox", name="Method")
    method.fill("STFPM")
    page.get_by_role("option", name="STFPM", exact=True).wait_for()
    method.press("Enter")
    wait_idle(page, GIVE_UP_SECONDS)
    page.wait_for_timeout(1000)
    page.get_by_role("button", name="Fit", exact=True).click()
    cancel = page.get_by_role("button", name="Cancel")
    cancel.wait_for(timeout=120_000)
    page.wait_for_timeout(1000 * SETTLE_SECONDS)
    yield lambda: bool(cancel.is_visible())
    page.context.close()


def section(idle: dict[str, list[float]], busy: dict[str, list[float]], repeats: int) -> str:
    """Write the section of RESULTS.md.

    Args:
        idle: Seconds of each thing, on an idle server.
        busy: The same while a fit runs.
        repeats: How often each was done.

    Returns:
        Markdown.
    """

    def cell(found: dict[str, list[float]], name: str) -> str:
        if name not in found:
            return "–"
        values = found[name]
        if len(values) == 1:
            return f"{values[0]:.2f}"
        return f"{statistics.median(values):.2f} ({max(values):.2f})"

    rows = "\n".join(f"| {name} | {cell(idle, name)} | {cell(busy, name)} |" for name in idle)
    return (
        f"## The app\n\n{machine()}\n\n    python -m benchmarks.app\n\n"
        f"Seconds until it is drawn, measured in headless Chromium on the machine that serves the "
        f"app: the median, and in brackets the longest, of {repeats} (of a page, 5). "
        f"{N_CLIPS:,} scored clips of {CLIP_SECONDS:.0f} s; the fit is STFPM on {N_FIT_CLIPS} "
        f"clips in the app’s own pool. Wanted: below 1 s after the first view, the threshold "
        f"below 0.3 s.\n\n"
        f"| | idle | while a fit runs |\n|---|---|---|\n{rows}\n"
    )


if __name__ == "__main__":
    sys.exit(main())
