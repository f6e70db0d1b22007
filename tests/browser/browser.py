"""Chromium on a served app: fixtures, and every selector the browser tests share.

`app_server(script)` serves a Streamlit script with a HEARMAP_HOME of its own; `page` is a
Chromium page that refuses whatever is not on this machine and, when the test ends, fails it for
a console error or a refused request. Tests are skipped, and say why, where Playwright or
Chromium is missing.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Route

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60
# Opened at a view's own address, Streamlit's page first asks below that address whether its
# server is there, and Chromium notes each answer 404.
_DEEP_LINK_PROBE = re.compile(r"/[^/]+/_stcore/(health|host-config)")
LOCAL_HOSTS = {"127.0.0.1", "localhost", "::1", ""}
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--autoplay-policy=no-user-gesture-required",
]


def chromium_path() -> str | None:
    """The Chromium that CHROMIUM names, else Debian's, else one on the PATH."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named if Path(named).is_file() else None
    for candidate in ("/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(candidate)
        if found:
            return found
    return None


@dataclass
class AppServer:
    """A served app: its address, home, log and process, and the environment of its records."""

    url: str
    home: Path
    log: Path
    process: subprocess.Popen[bytes]
    environment: dict[str, str] = field(default_factory=dict)

    def log_text(self) -> str:
        return self.log.read_text(errors="replace")


@dataclass
class Watch:
    """What went wrong in a page that no assertion of the test would see."""

    console_errors: list[str] = field(default_factory=list)
    refused_requests: list[str] = field(default_factory=list)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_served(server: AppServer) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            break
        with (
            suppress(OSError, urllib.error.URLError),
            urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=2) as answer,
        ):
            if answer.status == 200:
                return
        time.sleep(0.2)
    raise AssertionError(f"streamlit did not start:\n{server.log_text()}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)


@pytest.fixture(scope="module")
def app_server(
    tmp_path_factory: pytest.TempPathFactory, records_of: Callable[[Path], dict[str, str]]
) -> Iterator[Callable[..., AppServer]]:
    """`app_server(script, home=None, **environment)`: serves it until the module's tests end.

    A second call with the same arguments gives the server that is already there.
    """
    servers: dict[tuple[Any, ...], AppServer] = {}

    def serve(script: Path | str, home: Path | None = None, **environment: str) -> AppServer:
        wanted = (str(script), home, *sorted(environment.items()))
        if wanted in servers:
            return servers[wanted]
        folder = tmp_path_factory.mktemp("served")
        home = home or folder / "hearmap-home"
        port = _free_port()
        log = folder / "streamlit.log"
        shared = {**records_of(home), **environment}
        variables = {
            **{name: value for name, value in os.environ.items() if "HEARMAP" not in name},
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
            "OMP_NUM_THREADS": "1",
            **shared,
        }
        command = [
            *(sys.executable, "-m", "streamlit", "run", str(script)),
            *("--server.port", str(port), "--server.address", "127.0.0.1"),
            *("--server.headless", "true", "--browser.gatherUsageStats", "false"),
        ]
        with log.open("wb") as out:
            process = subprocess.Popen(
                command, cwd=ROOT, env=variables, stdout=out, stderr=subprocess.STDOUT
            )
        server = AppServer(f"http://127.0.0.1:{port}", home, log, process, shared)
        servers[wanted] = server
        _wait_until_served(server)
        return server

    yield serve
    for server in servers.values():
        _stop(server.process)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One headless Chromium for all browser tests."""
    playwright_api = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed, so no browser test runs"
    )
    path = chromium_path()
    if path is None:
        pytest.skip("Chromium is not installed (CHROMIUM may name it), so no browser test runs")
    with playwright_api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


def watched_page(browser: Browser, **context_options: Any) -> tuple[Page, Watch]:
    """A page of a new context that reaches this machine only, and what it was refused."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **context_options})
    watch = Watch()

    def gate(route: Route) -> None:
        if urlsplit(route.request.url).hostname in LOCAL_HOSTS:
            route.continue_()
        else:
            watch.refused_requests.append(route.request.url)
            route.abort()

    def listen(message: ConsoleMessage) -> None:
        probed = urlsplit(message.location.get("url", "")).path
        if message.type == "error" and not _DEEP_LINK_PROBE.fullmatch(probed):
            watch.console_errors.append(message.text)

    context.route("**/*", gate)
    page = context.new_page()
    page.on("console", listen)
    page.on("pageerror", lambda error: watch.console_errors.append(str(error)))
    page.on(
        "websocket",
        lambda socket_: (
            None
            if urlsplit(socket_.url).hostname in LOCAL_HOSTS
            else watch.refused_requests.append(socket_.url)
        ),
    )
    return page, watch


@pytest.fixture
def watch() -> Watch:
    """What the test's page was refused or complained of; a test that expects it clears it."""
    return Watch()


@pytest.fixture
def page(chromium: Browser, watch: Watch) -> Iterator[Page]:
    """A page that may reach this machine only; a console error fails the test at its end."""
    page, seen = watched_page(chromium, accept_downloads=True)
    watch.console_errors = seen.console_errors
    watch.refused_requests = seen.refused_requests
    yield page
    page.context.close()
    assert not watch.refused_requests, f"requests left the machine: {watch.refused_requests}"
    assert not watch.console_errors, f"console errors: {watch.console_errors}"


# Selectors and waits: Streamlit's own names appear here only.


def open_app(page: Page, server: AppServer, path: str = "") -> None:
    """Opens the app and waits until its first run is done."""
    page.goto(f"{server.url}/{path.lstrip('/')}")
    wait_idle(page)


def wait_idle(page: Page, timeout_seconds: float = 90) -> None:
    """Waits until the script is not running and nothing is a placeholder.

    It can be true for a moment before a rerun starts: assert on the result with `expect` too.
    """
    timeout = timeout_seconds * 1000
    page.wait_for_selector("[data-testid=stApp]", timeout=timeout)
    page.wait_for_selector(
        "[data-testid=stApp][data-test-connection-state=CONNECTED]", timeout=timeout
    )
    page.wait_for_selector(
        "[data-testid=stApp][data-test-script-state=notRunning]", timeout=timeout
    )
    page.wait_for_function(
        "() => !document.querySelector('[data-testid=stSkeleton]')", timeout=timeout
    )


def keyed(page: Page, key: str) -> Locator:
    """The element that was made with `key=...`."""
    return page.locator(f".st-key-{key}")


def player(page: Page) -> Locator:
    """The player's root, with its data-state, data-playhead-seconds and other attributes."""
    return page.locator(".hearmap-player")


def playhead_seconds(page: Page) -> float:
    """Where the player's playhead stands."""
    return float(player(page).get_attribute("data-playhead-seconds") or "nan")
