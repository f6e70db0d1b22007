"""Annotations stay with their recording; a threshold remembers who moved it, when and why."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from core.errors import SettingError, StoreError
from core.storage import annotations, database, models, recordings, thresholds
from tests.core.storage.test_models import fitted, saved_clip
from tests.support.fake_detector import FakeDetector, tone


@pytest.fixture(autouse=True)
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("core.detectors.detector.Detector", FakeDetector)
    yield
    database.close()


def test_an_annotation_replaces_the_one_before_and_goes_with_its_clip() -> None:
    first, second = saved_clip(0.3), saved_clip(0.6)
    annotations.save_annotation(first, "unsure", " squeaks? ", by="Ann")
    saved = annotations.save_annotation(first, "anomalous", "squeaks", by="Ben")
    annotations.save_annotation(second, "normal")
    assert annotations.list_annotations([first]) == {first: saved}
    assert (saved.verdict, saved.note, saved.by) == ("anomalous", "squeaks", "Ben")
    assert set(annotations.list_annotations()) == {first, second}
    assert annotations.list_annotations([]) == {}
    annotations.delete_annotation(second)
    annotations.delete_annotation(second)
    assert set(annotations.list_annotations()) == {first}
    recordings.delete_recording(first)
    assert annotations.list_annotations() == {}
    with pytest.raises(StoreError, match="recording is no longer here"):
        annotations.save_annotation(first, "normal")
    with pytest.raises(SettingError, match="normal, anomalous, unsure"):
        annotations.save_annotation(first, "faulty")


def test_annotations_of_more_clips_than_are_asked_for_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(annotations, "_ASKED_AT_ONCE", 2)
    ids = [saved_clip(peak) for peak in (0.2, 0.4, 0.6, 0.8)]
    for clip_id in ids:
        annotations.save_annotation(clip_id, "normal")
    assert set(annotations.list_annotations(ids[:3])) == set(ids[:3])


def test_a_threshold_keeps_its_history_and_is_undone_step_by_step() -> None:
    model = models.save_model(fitted(), "Fan")
    (first,) = thresholds.history(model.id)
    assert (first.false_alarm_rate, first.threshold) == (0.1, model.threshold)
    second = thresholds.set_false_alarm_rate(model.id, 0.3, note="too strict", by="Ann")
    third = thresholds.set_false_alarm_rate(model.id, 0.5, by="Ben")
    assert thresholds.set_false_alarm_rate(model.id, 0.5) == third
    assert thresholds.history(model.id) == [third, second, first]
    assert (second.note, second.by) == ("too strict", "Ann")
    assert models.get_model(model.id).threshold == third.threshold < second.threshold

    assert thresholds.undo(model.id, by="Ann").undoes == third.id
    assert models.get_model(model.id).threshold == second.threshold
    assert thresholds.undo(model.id).false_alarm_rate == 0.1
    assert models.get_model(model.id).threshold == first.threshold
    with pytest.raises(StoreError, match="nothing to undo"):
        thresholds.undo(model.id)
    thresholds.set_false_alarm_rate(model.id, 0.2)
    assert thresholds.undo(model.id).false_alarm_rate == 0.1
    assert len(thresholds.history(model.id)) == 7


def test_of_two_people_who_change_one_threshold_the_second_is_told() -> None:
    model = models.save_model(fitted(), "Fan")
    seen = thresholds.history(model.id)[0].id
    thresholds.set_false_alarm_rate(model.id, 0.3, by="Ann", expected_id=seen)
    with pytest.raises(StoreError, match=r"Ann set the false-alarm rate to 30\.000% at \d\d:\d\d"):
        thresholds.set_false_alarm_rate(model.id, 0.5, by="Ben", expected_id=seen)
    assert models.get_model(model.id).false_alarm_rate == 0.3
    assert len(thresholds.history(model.id)) == 2


def test_thresholds_of_a_deleted_model() -> None:
    model = models.save_model(fitted(), "Fan")
    thresholds.set_false_alarm_rate(model.id, 0.3)
    models.delete(model.id)
    for use in (thresholds.history, thresholds.undo):
        with pytest.raises(StoreError, match="it was deleted"):
            use(model.id)
    models.undo_delete(model.id)
    assert len(thresholds.history(model.id)) == 2


def test_records_of_the_first_version_are_brought_forward() -> None:
    model = models.save_model(fitted(), "Fan")
    models.set_note(model.id, "in the cellar")
    config = Config()
    location = str(database.MIGRATIONS_FOLDER).replace("%", "%%")
    config.set_main_option("script_location", location)
    with database.writing() as session:
        config.attributes["connection"] = session.connection()
        command.downgrade(config, "0001")
        assert session.scalar(text("SELECT count(*) FROM models")) == 1
    database.close()
    (change,) = thresholds.history(model.id)
    assert (change.threshold, change.created_at) == (model.threshold, model.created_at)
    assert models.get_model(model.id).note == ""
    assert models.load_model(model.id).score(tone(0.95)).score == pytest.approx(0.95, abs=1e-3)
