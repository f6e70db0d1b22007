"""A recalibration is one change of a model's threshold: everything follows it, undo takes it back.

The fake detector scores a tone by its peak; it was fitted on peaks from 0.1 to 0.9.
"""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import func, select

from core.detectors.calibration.recalibration import Recalibration
from core.detectors.calibration.view_scores import CLIP, ViewScores
from core.detectors.model_folder import content_sha256
from core.errors import ModelError, StoreError
from core.storage import database, models, scores, thresholds
from core.storage.archive import RECORD, export_model, import_model
from core.storage.models import ModelRecord
from core.storage.tables import RecalibrationRow, ScoreRow, ThresholdRow
from core.types import EVENT, STATIONARY, ViewFinding
from tests.core.storage.test_archive import repacked
from tests.core.storage.test_models import fitted, saved_clip
from tests.support.fake_detector import FakeDetector, tone

LOUD = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.96, 0.97, 0.98, 0.99)


@pytest.fixture(autouse=True)
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("core.detectors.detector.Detector", FakeDetector)
    yield
    database.close()


def made(peaks: tuple[float, ...] = LOUD, note: str = "hall 4", **views: float) -> Recalibration:
    """Recordings that score these peaks, and in other views a constant more."""
    of_views = {CLIP: 0.0} | views
    return Recalibration(
        ViewScores(
            {name: np.array(peaks) + more for name, more in of_views.items()},
            np.empty(0, np.int64),
            1.0,
            len(peaks),
            False,
        ),
        tuple({"name": f"{p}.wav", "sha256": f"{p:.2f}", "seconds": 1.0} for p in peaks),
        note,
        "2026-01-01T00:00:00+00:00",
    )


def scored_model() -> tuple[ModelRecord, dict[str, str]]:
    """A model that has scored some tones, and their ids by the peak."""
    model = models.save_model(fitted(), "Fan")
    detector = models.load_model(model.id)
    ids = {}
    for peak in (0.3, 0.85, 0.95, 0.994):
        ids[str(peak)] = saved_clip(peak)
        scores.save_score(model.id, ids[str(peak)], detector.score(tone(peak)))
    return model, ids


def seen(model_id: str, ids: dict[str, str]) -> list[Any]:
    """Everything that pages read of the scores, in plain values."""
    maps = [scores.load_map(model_id, clip_id) for clip_id in ids.values()]
    return [
        [dataclasses.asdict(record) for record in scores.list_scores(model_id)],
        [dataclasses.asdict(found) | {"raw": 0, "evidence": found.evidence.tobytes(), "freq_hz": 0,
                                      "time_s": 0, "overview": 0} for found in maps],
        models.load_calibration(model_id).clip_scores.tolist(),
        models.load_model(model_id).calibration.clip_scores.tolist(),
        models.get_model(model_id).threshold,
    ]  # fmt: skip


def test_threshold_p_values_verdicts_and_maps_follow_and_scores_stay() -> None:
    model, _ = scored_model()
    before = scores.list_scores(model.id)
    change = thresholds.recalibrate(model.id, made(), by="Ann")
    assert (change.n_recordings, change.note, change.by) == (10, "hall 4", "Ann")
    # At 10 % one of eleven may be above: the threshold is the highest of the ten.
    assert change.threshold == models.get_model(model.id).threshold == 0.99
    assert change.false_alarm_rate == 0.1
    after = scores.list_scores(model.id)
    assert [one.score for one in after] == [one.score for one in before]
    assert [one.anomalous for one in before] == [True, True, False, False]
    assert [one.anomalous for one in after] == [True, False, False, False]
    for one in after:
        assert one.score is not None
        own = (1 + sum(peak >= one.score for peak in LOUD)) / 11
        assert one.p_value == own
        found = scores.load_map(model.id, one.clip_id)
        assert (found.p_value, found.threshold, found.anomalous) == (own, 0.99, one.anomalous)
        assert bool(found.regions) == one.anomalous
        scale = models.load_calibration(model.id).evidence_scale(found.threshold)
        expected = scale.evidence(found.raw)
        np.testing.assert_array_equal(found.evidence, expected)
        # What is scored from now on says the same.
        again = models.load_model(model.id).score(tone(float(one.clip_name[5:-4])))
        assert again.threshold == 0.99 and again.p_value == pytest.approx(own)
        assert np.abs(again.evidence - found.evidence).max() < 1e-6
    for region in (region for one in after for region in one.regions):
        assert region.p_value == (1 + sum(peak >= region.score for peak in LOUD)) / 11


def test_undo_restores_to_the_bit_whatever_came_between() -> None:
    model, ids = scored_model()
    states = [seen(model.id, ids)]
    thresholds.recalibrate(model.id, made())
    states.append(seen(model.id, ids))
    thresholds.set_false_alarm_rate(model.id, 0.3)
    states.append(seen(model.id, ids))
    thresholds.recalibrate(model.id, made((0.2, 0.3, 0.45)), by="Ben")
    assert models.load_calibration(model.id).n_clips == 3
    assert models.get_model(model.id).false_alarm_rate == 0.3
    while states:
        thresholds.undo(model.id, by="Ann")
        assert seen(model.id, ids) == states.pop()
    with pytest.raises(StoreError, match="nothing to undo"):
        thresholds.undo(model.id)
    history = thresholds.history(model.id)
    assert [change.n_recordings for change in history] == [None, None, None, 3, None, 10, None]
    thresholds.recalibrate(model.id, made())
    assert thresholds.undo(model.id).threshold == model.threshold


def test_of_two_people_the_second_is_told_what_the_first_did() -> None:
    model = models.save_model(fitted(), "Fan")
    first = thresholds.history(model.id)[0].id
    second = thresholds.recalibrate(model.id, made(), by="Ann", expected_id=first).id
    for change in (
        lambda: thresholds.set_false_alarm_rate(model.id, 0.3, by="Ben", expected_id=first),
        lambda: thresholds.recalibrate(model.id, made(), by="Ben", expected_id=first),
    ):
        with pytest.raises(
            StoreError, match=r"Ann recalibrated the threshold with 10 recordings at \d\d:\d\d"
        ):
            change()
    thresholds.set_false_alarm_rate(model.id, 0.3, expected_id=second)
    with pytest.raises(StoreError, match="Someone else set the false-alarm rate to 30"):
        thresholds.recalibrate(model.id, made(), expected_id=second)
    third = thresholds.history(model.id)[0].id
    thresholds.undo(model.id, by="Cem")
    with pytest.raises(StoreError, match="Cem took back the last change"):
        thresholds.recalibrate(model.id, made(), expected_id=third)
    assert len(thresholds.history(model.id)) == 4
    models.delete(model.id)
    with pytest.raises(StoreError, match="it was deleted"):
        thresholds.recalibrate(model.id, made())


def test_views_have_the_p_values_of_the_calibration_in_use(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    by_view = {EVENT: fitted().peaks + 1, STATIONARY: fitted().peaks + 2}
    fit = ViewScores({CLIP: fitted().peaks} | by_view, np.arange(9), 1.0, 9, True)
    with monkeypatch.context() as patch:
        patch.setattr(FakeDetector, "view_scores", property(lambda self: fit))
        model = models.save_model(fitted(), "Fan")
    views = (
        ViewFinding(EVENT, 1.85, 0.5, True, "an event"),
        ViewFinding(STATIONARY, 2.965, 0.5, True, "sounds different"),
    )
    found = dataclasses.replace(models.load_model(model.id).score(tone(0.85)), views=views)
    clip_id = saved_clip(0.85)
    scores.save_score(model.id, clip_id, found)
    as_fitted = [view.p_value for view in scores.load_map(model.id, clip_id).views]
    assert as_fitted == [2 / 10, 1 / 10]
    thresholds.recalibrate(model.id, made(event=1.0, stationary=2.0))
    of_made = [view.p_value for view in scores.load_map(model.id, clip_id).views]
    assert of_made == [7 / 11, 4 / 11]
    thresholds.undo(model.id)
    assert [view.p_value for view in scores.load_map(model.id, clip_id).views] == as_fitted


def test_whether_the_level_counts_stays_as_the_model_was_saved() -> None:
    detector = fitted()
    detector.level_counts = True
    model = models.save_model(detector, "Fan")
    thresholds.recalibrate(model.id, made(level=0.5))
    assert models.get_model(model.id).threshold == pytest.approx(1.49)
    thresholds.undo(model.id)
    thresholds.recalibrate(models.save_model(fitted(), "Fan").id, made(level=0.5))
    assert models.list_models()[0].threshold == 0.99


def test_a_recalibrated_model_is_the_same_in_another_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, _ = scored_model()
    thresholds.recalibrate(record.id, made(note="dropped"))
    thresholds.undo(record.id)
    thresholds.recalibrate(record.id, made(), by="Ann")
    thresholds.set_false_alarm_rate(record.id, 0.3)
    thresholds.recalibrate(record.id, made((0.2, 0.3, 0.45), note="again"))
    data = export_model(record.id)
    before = thresholds.history(record.id)

    def calibrated(model_id: str) -> list[Any]:
        calibration = models.load_calibration(model_id)
        return [models.get_model(model_id).threshold, calibration.clip_scores.tolist()]

    expected = [calibrated(record.id)]
    for _ in range(3):
        thresholds.undo(record.id)
        expected.append(calibrated(record.id))
    database.close()
    monkeypatch.setenv("HEARMAP_HOME", str(tmp_path / "elsewhere"))
    found = import_model(data, "fan.hearmap")
    assert [(c.n_recordings, c.note, c.by, c.threshold) for c in thresholds.history(found.id)] == [
        (c.n_recordings, c.note, c.by, c.threshold) for c in before
    ]
    assert calibrated(found.id) == expected[0]
    for state in expected[1:]:
        thresholds.undo(found.id)
        assert calibrated(found.id) == state
    with database.reading() as session:
        owners = session.scalars(select(RecalibrationRow.model_id)).all()
    assert owners.count(found.id) == 3


def record_of(data: bytes) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return dict(json.loads(archive.read(RECORD)))


def test_a_record_with_forged_recalibrations() -> None:
    model = models.save_model(fitted(), "Fan")
    thresholds.recalibrate(model.id, made())
    data = export_model(model.id)
    content = record_of(data)
    del content["sha256"]
    assert content["record_version"] == 2
    first, newest = content["history"]
    one = content["recalibrations"][0]
    for changes in (
        {"recalibrations": []},
        {"recalibrations": [one | {"scores": {"clip": [1.0]}}]},
        {"recalibrations": [one | {"recordings": "x"}]},
        {"recalibrations": 3},
        {"history": [first, newest | {"recalibration": 1}]},
        {"history": [first, newest | {"recalibration": -1}]},
        {"history": [first, newest | {"n_recordings": "many"}]},
        {"calibration": content["calibration"] | {"views": {"event": []}}},
    ):
        changed = content | changes
        if "calibration" in changes:
            changed["history"] = [first]
        text = json.dumps(changed | {"sha256": content_sha256(changed)})
        with pytest.raises(ModelError, match="is damaged"):
            import_model(repacked(data, **{RECORD: text.encode()}), "x.zip")
    assert len(models.list_models()) == 1


def test_recalibrations_go_with_their_model(monkeypatch: pytest.MonkeyPatch) -> None:
    model, _ = scored_model()
    thresholds.recalibrate(model.id, made())
    models.delete(model.id)
    assert models.undo_delete(model.id).threshold == 0.99
    models.delete(model.id)
    monkeypatch.setattr(models, "TRASH_DAYS", -1)
    models.delete(models.save_model(fitted(), "Other").id)
    with database.reading() as session:
        for table in (RecalibrationRow, ThresholdRow, ScoreRow):
            assert session.scalar(select(func.count()).select_from(table)) == 0


def test_records_without_recalibrations_are_brought_forward() -> None:
    model, ids = scored_model()
    thresholds.set_false_alarm_rate(model.id, 0.3, by="Ann")
    before = [seen(model.id, ids), thresholds.history(model.id)]
    config = Config()
    location = str(database.MIGRATIONS_FOLDER).replace("%", "%%")
    config.set_main_option("script_location", location)
    with database.writing() as session:
        config.attributes["connection"] = session.connection()
        command.downgrade(config, "0002")
    database.close()
    assert [seen(model.id, ids), thresholds.history(model.id)] == before
    assert thresholds.recalibrate(model.id, made()).n_recordings == 10
    assert thresholds.undo(model.id).false_alarm_rate == 0.3
