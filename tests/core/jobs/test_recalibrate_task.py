"""A recalibration as a job: from recordings of the store to the model's history, or nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.audio import wav_bytes
from core.errors import Cancelled, FitError, StoreError
from core.jobs.tasks.fit import FitTask
from core.jobs.tasks.recalibrate import RecalibrateTask
from core.jobs.tasks.score import ScoreTask
from core.storage import database, models, scores, thresholds
from core.storage.recordings import add_recording, recording_path
from tests.core.storage.test_models import saved_clip
from tests.support.fake_detector import FakeDetector, tone

NEW = (0.55, 0.65, 0.75, 0.85, 0.95)


@pytest.fixture(autouse=True)
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("core.detectors.detector.Detector", FakeDetector)
    yield
    database.close()


def fitted_model() -> tuple[str, list[str]]:
    ids = [saved_clip(peak) for peak in (0.2, 0.3, 0.4, 0.5)]
    result = FitTask(clip_ids=ids, model_name="Fan", false_alarm_rate=0.2).run()
    return result["model_id"], ids


def test_threshold_and_history_follow_and_what_cannot_be_used_is_said() -> None:
    model_id, _ = fitted_model()
    new = [saved_clip(peak) for peak in NEW]
    bad = add_recording("text.wav", b"not audio").id
    gone = saved_clip(0.6)
    recording_path(gone).unlink()
    seen: list[float] = []
    before = models.get_model(model_id)
    result = RecalibrateTask(
        model_id=model_id, clip_ids=[*new, bad, gone, new[0]], note="hall 4", by="Ann"
    ).run(lambda stage, fraction: seen.append(fraction))
    assert seen == sorted(seen) and seen[-1] < 1.0
    change = thresholds.history(model_id)[0]
    assert (change.id, change.n_recordings) == (result["change_id"], 5)
    assert (change.note, change.by) == ("hall 4", "Ann")
    assert result["threshold_before"] == before.threshold
    assert result["threshold"] == models.get_model(model_id).threshold == change.threshold
    assert result["threshold"] == pytest.approx(0.95, abs=1e-4)
    # Those louder than 0.5, which was the loudest.
    assert (result["n_recordings"], result["n_anomalous"]) == (5, 5)
    assert ["text.wav" in result["left_out"][0], "gone" in result["left_out"][1]] == [True, True]
    assert result["warnings"] == []
    assert models.load_calibration(model_id).cross_fitted is False


def test_few_recordings_are_said_to_be_few() -> None:
    model_id, _ = fitted_model()
    thresholds.set_false_alarm_rate(model_id, 0.05)
    new = [saved_clip(peak) for peak in NEW]
    (warning,) = RecalibrateTask(model_id=model_id, clip_ids=new).run()["warnings"]
    assert "5 normal recordings measure false-alarm rates down to 16.7 %" in warning


def test_what_is_scored_while_it_runs_is_calibrated_like_the_rest() -> None:
    model_id, _ = fitted_model()
    new = [saved_clip(peak) for peak in NEW]
    loud = saved_clip(0.99)
    detector = models.load_model(model_id)
    RecalibrateTask(model_id=model_id, clip_ids=new).run()
    # By the detector that the job of scoring had loaded before.
    scores.save_score(model_id, loud, detector.score(tone(0.99)))
    ScoreTask(model_id=model_id, clip_ids=new).run()
    stale = next(one for one in scores.list_scores(model_id) if one.clip_id == loud)
    assert stale.p_value == 1 / 6
    kept = scores.load_map(model_id, loud).evidence
    ScoreTask(model_id=model_id, clip_ids=[loud]).run()
    assert abs(scores.load_map(model_id, loud).evidence - kept).max() < 1e-3


def test_training_recordings_and_too_few_change_nothing() -> None:
    model_id, trained_on = fitted_model()
    new = [saved_clip(peak) for peak in NEW]
    for ids, said in (
        ([*new, trained_on[1]], r"was fitted on “tone 0\.3\.wav”"),
        (new[:1], "there is 1"),
        ([new[0], add_recording("text.wav", b"not audio").id], "there is 1. Left out: “text.wav”"),
        ([add_recording("copy.wav", file_of(0.4)).id, new[0]], "was fitted on"),
    ):
        with pytest.raises(FitError, match=said):
            RecalibrateTask(model_id=model_id, clip_ids=ids).run()
    assert len(thresholds.history(model_id)) == 1


def file_of(peak: float) -> bytes:
    clip = tone(peak)
    return wav_bytes(clip.samples, clip.sample_rate)


@pytest.mark.parametrize("stop_at", [0.0, 0.5, 0.99])
def test_cancelled_anywhere_it_changes_nothing(stop_at: float) -> None:
    model_id, _ = fitted_model()
    new = [saved_clip(peak) for peak in NEW]

    def stop(stage: str, fraction: float) -> None:
        if fraction >= stop_at:
            raise Cancelled

    with pytest.raises(Cancelled):
        RecalibrateTask(model_id=model_id, clip_ids=new).run(stop)
    assert len(thresholds.history(model_id)) == 1


def test_of_two_people_the_second_is_told_and_a_deleted_model_is_named() -> None:
    model_id, _ = fitted_model()
    new = [saved_clip(peak) for peak in NEW]
    seen = thresholds.history(model_id)[0].id
    task = RecalibrateTask(model_id=model_id, clip_ids=new, by="Ann", expected_id=seen)
    assert task.title == "Recalibrating “Fan” with 5 recordings"
    assert RecalibrateTask.from_record(task.as_record()) == task
    task.run()
    with pytest.raises(StoreError, match="Ann recalibrated the threshold with 5 recordings"):
        RecalibrateTask(model_id=model_id, clip_ids=new, by="Ben", expected_id=seen).run()
    assert len(thresholds.history(model_id)) == 2
    models.delete(model_id)
    with pytest.raises(StoreError, match="it was deleted"):
        task.run()
    assert task.title == "Recalibrating a model that was deleted with 5 recordings"
