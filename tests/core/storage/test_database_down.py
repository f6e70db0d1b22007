"""Every view while the records are damaged, away or locked: a sentence, a way on, nothing lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app.components.triage import Change
from core.storage import annotations, database, models, thresholds
from core.storage.scores import list_scores
from tests.app.test_app import ROOT, app, texts
from tests.app.test_tune import line_at
from tests.support import seeded_home
from tests.support.seeded_home import MODEL_ID

VIEWS = sorted(path.stem for path in (ROOT / "app" / "views").glob("[a-z]*.py"))
# Weights are files, not records.
WITH_RECORDS = [view for view in VIEWS if view != "weights"]


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    st.cache_data.clear()
    st.cache_resource.clear()
    yield
    database.close()


def opened(view: str) -> AppTest:
    at = app(None if view == "start" else view, model=MODEL_ID, clip="0" * 64, job="gone")
    assert not at.exception
    return at


@pytest.mark.parametrize("view", WITH_RECORDS)
def test_damaged_records_are_one_sentence_in_every_view(view: str, hearmap_home: Path) -> None:
    hearmap_home.mkdir()
    (hearmap_home / "records.sqlite").write_bytes(b"this is a text, not a database" * 100)
    at = opened(view)
    assert [str(error.value).count("are damaged") for error in at.error] == [1]


@pytest.mark.parametrize("view", WITH_RECORDS)
def test_a_database_that_is_away_is_one_sentence_in_every_view(
    view: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nobody listens at port 1, so the answer is a refusal at once.
    address = "postgresql+psycopg://ann:secret@127.0.0.1:1/records"
    pytest.importorskip("psycopg")
    monkeypatch.setenv("HEARMAP_DATABASE_URL", address)
    at = opened(view)
    assert len(at.error) == 1
    assert "127\\.0\\.0\\.1" in texts(at) or "127.0.0.1" in texts(at)
    assert "secret" not in texts(at)


@pytest.fixture
def locked(hearmap_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[sqlite3.Connection]:
    """Another program writes to the records until it is told to end."""
    seeded_home.seed(10, seconds=0.5, n_sounds=2)
    monkeypatch.setattr(database, "BUSY_TIMEOUT_SECONDS", 0.2)
    database.close()
    thresholds.history(MODEL_ID)
    other = sqlite3.connect(hearmap_home / "records.sqlite", isolation_level=None)
    yield other
    other.close()


def test_a_threshold_is_not_lost_to_a_locked_database(locked: sqlite3.Connection) -> None:
    at = line_at(app("tune", model=MODEL_ID), 0.1)
    at.text_input(key=f"note_{MODEL_ID}_1").set_value("too many alarms").run()
    locked.execute("BEGIN IMMEDIATE")
    at.button(key="keep_threshold").click().run()
    assert not at.exception
    assert "are busy" in texts(at)
    assert models.get_model(MODEL_ID).false_alarm_rate == 0.05
    locked.execute("ROLLBACK")
    at.button(key="keep_threshold").click().run()
    newest = thresholds.history(MODEL_ID)[0]
    assert (newest.false_alarm_rate, newest.note) == (0.1, "too many alarms")


def test_a_label_is_not_lost_to_a_locked_database(
    locked: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip_id = list_scores(MODEL_ID)[0].clip_id

    # What the browser's list has sent and sends again until it is told that it is kept.
    def sent(key: str, heard: dict[str, int]) -> list[Change]:
        change = Change("list-1", 1, clip_id, "anomalous", "squeaks")
        return [] if heard.get(change.source, 0) >= change.number else [change]

    monkeypatch.setattr("app.components.triage.changes", sent)
    locked.execute("BEGIN IMMEDIATE")
    at = app("triage", model=MODEL_ID)
    assert not at.exception
    assert "The annotation is not saved yet" in texts(at)
    assert annotations.list_annotations() == {}
    locked.execute("ROLLBACK")
    at.run()
    assert annotations.list_annotations()[clip_id].verdict == "anomalous"
    assert "not saved yet" not in texts(at)
