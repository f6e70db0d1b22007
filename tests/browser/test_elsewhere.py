"""A journey with the records in PostgreSQL and the work on a Dask cluster of two workers.

The others run so with `pytest tests/browser --elsewhere`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from core.jobs import list_jobs
from core.storage import database
from tests.browser import test_journeys as journeys
from tests.browser.browser import ROOT, AppServer
from tests.browser.elsewhere import RecordsOf, use

playwright_api = pytest.importorskip("playwright.sync_api")
Page = playwright_api.Page


def test_own_recordings_with_postgresql_and_dask(
    page: Page,
    app_server: Callable[..., AppServer],
    elsewhere: RecordsOf,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = app_server(ROOT / "app" / "main.py", home=(home := tmp_path / "home"), **elsewhere(home))
    journeys.test_own_recordings_fit_score_listen_download(page, app, tmp_path, request)
    # The records of it are in the server, and no file of SQLite's was made beside it.
    use(monkeypatch, app.environment)
    try:
        kinds = {job.kind: job.state for job in list_jobs()}
    finally:
        database.close()
    assert kinds["fit"] == kinds["score"] == "done"
    assert not list(app.home.glob("*.sqlite*"))
