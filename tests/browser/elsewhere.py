"""Records in PostgreSQL and work on a Dask cluster, for any browser test: `pytest --elsewhere`.

`records_of(home)` is the environment that the app and a test share for a home. It is the home
alone by default; with `--elsewhere` each home has a database of its own in a throw-away server,
and its jobs go to a scheduler with two workers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.support.dask_cluster import dask_cluster
from tests.support.postgresql import postgresql_server

RecordsOf = Callable[[Path], dict[str, str]]


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RecordsOf]:
    """The environment of a home whose records and jobs are elsewhere."""
    with postgresql_server() as server, dask_cluster(tmp_path_factory.mktemp("dask")) as cluster:
        engine = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
        names: dict[Path, str] = {}

        def records_of(home: Path) -> dict[str, str]:
            if home not in names:
                names[home] = re.sub(r"\W", "", f"home{len(names)}_{home.parent.name.lower()}")[:60]
                with engine.connect() as connection:
                    connection.execute(text(f'CREATE DATABASE "{names[home]}"'))
            return {
                "HEARMAP_HOME": str(home),
                "HEARMAP_DATABASE_URL": f"{server}/{names[home]}",
                "HEARMAP_DASK": cluster.address,
            }

        yield records_of
        engine.dispose()


@pytest.fixture(scope="session")
def records_of(request: pytest.FixtureRequest) -> RecordsOf:
    """The environment of a home, which `--elsewhere` sends elsewhere."""
    if request.config.getoption("elsewhere"):
        found: RecordsOf = request.getfixturevalue("elsewhere")
        return found
    return lambda home: {"HEARMAP_HOME": str(home)}


def use(patch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    """This process works on the same records as the app."""
    for name, value in environment.items():
        patch.setenv(name, value)
