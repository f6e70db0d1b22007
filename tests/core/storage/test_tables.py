"""The database is made once by whoever comes first, keeps what it is told, and fails in words."""

from __future__ import annotations

import datetime
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core.errors import StoreError
from core.storage import database
from core.storage.tables import ClipRow, Row, ScoreRow, as_json, now


@pytest.fixture(autouse=True)
def records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("HEARMAP_HOME", str(tmp_path / "home % 100"))
    monkeypatch.delenv("HEARMAP_DATABASE_URL", raising=False)
    yield tmp_path / "home % 100" / "records.sqlite"
    database.close()


def clip(number: int = 0) -> ClipRow:
    return ClipRow(
        id=f"{number:064x}",
        name=f"clip {number}.wav",
        suffix=".wav",
        role="unknown",
        size_bytes=3_000_000_000,
        info={"peak_dbfs": "-inf"},
        created_at=now(),
    )


def names() -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(ClipRow.name).order_by(ClipRow.id)))


def test_migrations_make_exactly_the_tables_of_the_program() -> None:
    with database.reading() as session:
        context = MigrationContext.configure(session.connection())
        assert compare_metadata(context, Row.metadata) == []
    config = Config()
    location = str(database.MIGRATIONS_FOLDER).replace("%", "%%")
    config.set_main_option("script_location", location)
    assert ScriptDirectory.from_config(config).get_heads() == [database.REVISION]


def test_rows_come_back_after_a_restart() -> None:
    moment = datetime.datetime(
        2026, 1, 1, 12, tzinfo=datetime.timezone(datetime.timedelta(hours=2))
    )
    with database.writing() as session:
        row = clip()
        row.created_at = moment
        session.add(row)
    database.close()
    with database.reading() as session:
        found = session.get_one(ClipRow, f"{0:064x}")
    assert found.created_at == moment
    assert found.created_at.utcoffset() == datetime.timedelta(0)
    assert found.size_bytes == 3_000_000_000


def test_an_error_inside_the_block_keeps_nothing() -> None:
    with pytest.raises(ZeroDivisionError), database.writing() as session:
        session.add(clip())
        session.flush()
        raise ZeroDivisionError
    assert names() == []


def test_scores_need_their_clip_and_go_with_it() -> None:
    score = {"strip": [], "regions": [], "created_at": now()}
    with pytest.raises(IntegrityError), database.writing() as session:
        session.add(ScoreRow(model_id="none", clip_id="none", **score))


def test_a_connection_in_use_when_all_are_closed_is_closed_once_it_is_let_go() -> None:
    """Left to the garbage collector it would stay open on a server, and warn of it."""
    with database.reading() as session:
        raw = session.connection().connection.dbapi_connection
        database.close()
        assert session.scalars(select(ClipRow.id)).all() == []
    assert raw is not None
    with pytest.raises(Exception, match="closed"):
        raw.cursor().execute("SELECT 1")
    with database.reading() as session:
        assert session.scalars(select(ClipRow.id)).all() == []


def test_wal_lets_a_reader_read_while_a_writer_writes() -> None:
    with database.writing() as session:
        session.add(clip(0))
    with database.writing() as session:
        session.add(clip(1))
        session.flush()
        assert names() == ["clip 0.wav"]
    assert names() == ["clip 0.wav", "clip 1.wav"]


def test_json_of_what_databases_refuse() -> None:
    kept = as_json({"a": float("nan"), "b": [float("inf")], "c": "x\x00y\udc80", "d": True})
    assert kept == {"a": "nan", "b": ["inf"], "c": "x�y?", "d": True}


PROGRAM = """
import sys
from core.storage import database
from tests.core.storage.test_tables import clip
with database.writing() as session:
    session.add(clip(int(sys.argv[1])))
"""


def test_processes_that_start_at_once_make_one_database(records: Path) -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(number)],
            cwd=Path(__file__).parents[3],
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(4)
    ]
    assert [(process.communicate()[1], process.returncode) for process in started] == [("", 0)] * 4
    assert names() == [f"clip {number}.wav" for number in range(4)]


def test_a_database_deleted_under_the_program_is_made_again(records: Path) -> None:
    with database.writing() as session:
        session.add(clip())
    for path in records.parent.glob("records.sqlite*"):
        path.unlink()
    assert names() == []


def test_records_of_a_newer_program(records: Path) -> None:
    names()
    database.close()
    with sqlite3.connect(records) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(StoreError, match="made by a newer HearMap"):
        names()


def test_a_locked_database(records: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_SECONDS", 0.1)
    names()
    other = sqlite3.connect(records, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert names() == []
    with pytest.raises(StoreError, match="are busy"), database.writing() as session:
        session.add(clip())
    other.execute("ROLLBACK")
    other.close()
    with database.writing() as session:
        session.add(clip())
    assert names() == ["clip 0.wav"]


def test_a_damaged_database(records: Path) -> None:
    records.parent.mkdir()
    records.write_bytes(b"this is a text, not a database" * 100)
    with pytest.raises(StoreError, match="are damaged"):
        names()


def test_a_folder_where_the_database_should_be(records: Path) -> None:
    records.mkdir(parents=True)
    with pytest.raises(StoreError, match="cannot be opened"):
        names()


def test_a_home_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HEARMAP_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(StoreError, match="cannot be made: part of its path is a file"):
        names()


@pytest.mark.parametrize("address", ["nonsense", "nonsense://x", "postgresql+psycopg://u:p@h:x/d"])
def test_an_address_that_is_none(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEARMAP_DATABASE_URL", address)
    with pytest.raises(StoreError, match="is not an address of a database"):
        names()


def test_a_server_that_is_down_or_without_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEARMAP_DATABASE_URL", "postgresql+psycopg://me:secret@127.0.0.1:1/hearmap")
    with pytest.raises(StoreError, match=r"127\.0\.0\.1|needs the Python package") as caught:
        names()
    assert "secret" not in str(caught.value)
