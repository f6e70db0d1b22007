"""The records' database: an engine a URL, migrated at first use, its errors in sentences.

SQLite under HEARMAP_HOME by default; HEARMAP_DATABASE_URL names another (PostgreSQL, say).
`reading()` and `writing()` are the only ways in.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    IntegrityError,
    NoSuchModuleError,
    SQLAlchemyError,
)
from sqlalchemy.orm import Session

from core.errors import StoreError
from core.runtime import paths
from core.runtime.atomic_write import os_errors_as

REVISION = "0005"
"""The newest migration; equal to the head of migrations/versions."""

BUSY_TIMEOUT_SECONDS = 10.0
MIGRATIONS_FOLDER = Path(__file__).parent / "migrations"
_POSTGRESQL_LOCK = 0x48454152  # any number of our own; it spells HEAR

_engines: dict[str, Engine] = {}
_engines_lock = threading.RLock()


@contextlib.contextmanager
def reading() -> Iterator[Session]:
    """Open a session that sees one state of the records.

    Yields:
        The session.

    Raises:
        StoreError: the database is down, locked, damaged, or newer than this program.
    """
    with _sentences(), Session(_engine(), expire_on_commit=False) as session:
        yield session


@contextlib.contextmanager
def writing() -> Iterator[Session]:
    """Open a session whose changes are all saved at the end of the block, or none if it raises.

    On SQLite it holds the write lock from its first statement, so that what it reads cannot be
    changed by another process before it writes. Keep the block short.

    Yields:
        The session.

    Raises:
        StoreError: as `reading`, or the records cannot be written.
        IntegrityError: a row of that key exists, or one it refers to does not.
    """
    with (
        _sentences(),
        Session(_engine().execution_options(write=True), expire_on_commit=False) as session,
        session.begin(),
    ):
        yield session


def close() -> None:
    """Close every connection of this process; the next use opens new ones.

    One that another thread is using is closed as soon as that thread lets go of it.
    """
    with _engines_lock:
        for engine in _engines.values():
            event.listen(engine.pool, "checkin", _close_returned)
            engine.dispose()
        _engines.clear()


def _close_returned(connection: Any, _record: object) -> None:
    # None where it broke while it was used.
    if connection is not None:
        connection.close()


def _engine() -> Engine:
    address = paths.database_url()
    with _engines_lock:
        engine = _engines.get(address)
        path = _sqlite_path(engine.url) if engine else None
        if engine and path and not path.exists():
            # A connection to a deleted file goes on writing to nothing.
            engine.dispose()
            engine = None
        if engine is None:
            engine = _engines[address] = _open(address)
        return engine


def _open(address: str) -> Engine:
    try:
        url = make_url(address)
        if path := _sqlite_path(url):
            with os_errors_as(StoreError, f"HearMap's folder {paths.home()} cannot be made"):
                path.parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(url, pool_pre_ping=_sqlite_path(url) is None)
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise StoreError(
            "HEARMAP_DATABASE_URL is not an address of a database; it looks like "
            "postgresql+psycopg://user:password@host/name."
        ) from None
    except ModuleNotFoundError as error:
        raise StoreError(
            "The database that HEARMAP_DATABASE_URL names needs the Python package "
            f"“{error.name}”; install it beside HearMap."
        ) from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    try:
        _migrate(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _set_up_sqlite(connection: Any, _record: object) -> None:
    # The driver's own implicit BEGIN would neither cover DDL nor take the write lock early.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_SECONDS * 1000:.0f}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    write = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _migrate(engine: Engine) -> None:
    # Whoever of several processes makes the tables, they are those of `REVISION` then.
    stop = time.monotonic() + BUSY_TIMEOUT_SECONDS
    while True:
        try:
            with engine.connect() as connection:
                current = _revision(connection)
            if current != REVISION:
                with engine.execution_options(write=True).begin() as connection:
                    _upgrade(connection)
            return
        except DBAPIError as error:
            # Two processes that switch a new file to WAL at once do not wait for each other.
            if "locked" not in str(error.orig) or time.monotonic() > stop:
                raise
            time.sleep(0.05)


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _POSTGRESQL_LOCK})
    current = _revision(connection)
    if current == REVISION:
        return
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if current is not None and current not in known:
        raise StoreError(
            "HearMap's records were made by a newer HearMap; update this one to open them."
        )
    command.upgrade(config, REVISION)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def _sqlite_path(url: URL) -> Path | None:
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return None
    return Path(url.database)


@contextlib.contextmanager
def _sentences() -> Iterator[None]:
    try:
        yield
    except IntegrityError:
        raise
    except SQLAlchemyError as error:
        raise StoreError(_sentence(error)) from error


def _sentence(error: SQLAlchemyError) -> str:
    url = make_url(paths.database_url())
    said = str(getattr(error, "orig", None) or error)
    path = _sqlite_path(url)
    if path is None:
        where = f"{url.host or url.database or url.drivername}"
        return (
            f"The database at {where} does not answer as it should ({type(error).__name__}). "
            "Check that it is running and that HEARMAP_DATABASE_URL is right, then try again."
        )
    where = f"HearMap's records ({path})"
    reasons = (
        ("locked", "are busy: another program holds them. Try again in a moment."),
        ("readonly", "cannot be written. Check who owns the file and its folder."),
        ("unable to open", "cannot be opened. Check that the folder is there and yours to write."),
        ("full", "cannot be written: the disk is full. Free some space and try again."),
        ("malformed", "are damaged. Move the file away, or put a backup in its place."),
        ("not a database", "are damaged. Move the file away, or put a backup in its place."),
        ("no such", "lack a table or column. Move the file away, or put a backup in its place."),
    )
    for mark, sentence in reasons:
        if mark in said:
            return f"{where} {sentence}"
    return f"{where} cannot be used ({said})."
