"""The records and jobs in a real PostgreSQL server: the same tests as in SQLite."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, text

from core.jobs.tasks import TASKS
from core.storage import database
from tests.core.jobs.test_jobs import (  # noqa: F401 - run here too
    test_a_cancelled_job_is_resumed_as_it_was_asked_for,
)
from tests.core.storage.test_annotations_and_thresholds import (  # noqa: F401 - run here too
    test_a_threshold_keeps_its_history_and_is_undone_step_by_step,
    test_an_annotation_replaces_the_one_before_and_goes_with_its_clip,
    test_of_two_people_who_change_one_threshold_the_second_is_told,
    test_records_of_the_first_version_are_brought_forward,
)
from tests.core.storage.test_archive import test_costs_are_medians_of_what_was_measured  # noqa: F401
from tests.core.storage.test_models import (  # noqa: F401 - run here too
    test_a_model_is_there_after_a_restart,
    test_deletion_can_be_undone,
    test_names_are_told_apart_when_many_are_given_at_once,
    test_scores_go_with_their_clip_and_need_one,
)
from tests.core.storage.test_recalibrations import (  # noqa: F401 - run here too
    test_a_recalibrated_model_is_the_same_in_another_home,
    test_of_two_people_the_second_is_told_what_the_first_did,
    test_recalibrations_go_with_their_model,
    test_records_without_recalibrations_are_brought_forward,
    test_undo_restores_to_the_bit_whatever_came_between,
)
from tests.core.storage.test_tables import (  # noqa: F401 - run here too
    test_a_connection_in_use_when_all_are_closed_is_closed_once_it_is_let_go,
    test_migrations_make_exactly_the_tables_of_the_program,
)
from tests.support.fake_detector import FakeDetector
from tests.support.job_tasks import SMALL_TASKS
from tests.support.postgresql import postgresql_server


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgresql_server() as address:
        yield address


@pytest.fixture(autouse=True)
def on_postgresql(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A database of the test's own."""
    monkeypatch.setattr("core.detectors.detector.Detector", FakeDetector)
    for kind, task in SMALL_TASKS.items():
        monkeypatch.setitem(TASKS, kind, task)
    engine = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        number = connection.scalar(text("SELECT count(*) FROM pg_database"))
        connection.execute(text(f"CREATE DATABASE test_{number}"))
    engine.dispose()
    monkeypatch.setenv("HEARMAP_DATABASE_URL", f"{server}/test_{number}")
    yield
    database.close()


def test_the_records_are_in_postgresql() -> None:
    with database.reading() as session:
        assert session.connection().dialect.name == "postgresql"
        assert session.scalar(text("SELECT count(*) FROM labels")) == 0
