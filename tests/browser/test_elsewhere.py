"""A journey with the records in PostgreSQL and the work on a Dask cluster of two workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from core.jobs import list_jobs
from core.store import database
from tests.browser import test_journeys as journeys
from tests.browser.browser import ROOT, AppServer
from tests.dask_cluster import dask_cluster
from tests.postgresql import postgresql_server

playwright_api = pytest.importorskip("playwright.sync_api")
Page = playwright_api.Page


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What the app's environment says of a server and a scheduler that are there."""
    with postgresql_server() as server, dask_cluster(tmp_path_factory.mktemp("dask")) as cluster:
        engine = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("CREATE DATABASE journeys"))
        engine.dispose()
        yield {"HEARMAP_DATABASE_URL": f"{server}/journeys", "HEARMAP_DASK": cluster.address}


def test_own_recordings_with_postgresql_and_dask(
    page: Page,
    app_server: Callable[..., AppServer],
    elsewhere: dict[str, str],
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = app_server(ROOT / "app" / "main.py", **elsewhere)
    journeys.test_own_recordings_fit_score_listen_download(page, app, tmp_path, request)
    # The records of it are in the server, and no file of SQLite's was made beside it.
    for name, value in app.environment.items():
        monkeypatch.setenv(name, value)
    try:
        kinds = {job.kind: job.state for job in list_jobs()}
    finally:
        database.close()
    assert kinds["fit"] == kinds["score"] == "done"
    assert not list(app.home.glob("*.sqlite*"))
