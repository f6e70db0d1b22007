"""The long work, without a pool: what is left out is said, and nothing half-done is kept."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.audio import wav_bytes
from core.detectors.calibration.shift import BatchShift
from core.detectors.presets import RECOMMENDED_HEAD, preset_settings
from core.detectors.training_check import TrainingCheck, UnlikeClip
from core.errors import Cancelled, FitError, ModelError, SettingError, StoreError
from core.jobs.tasks.demo import DemoTask
from core.jobs.tasks.fit import FitTask
from core.jobs.tasks.score import ScoreTask
from core.runtime.progress import silent
from core.storage import database
from core.storage.models import delete, get_model, list_models, load_model
from core.storage.recordings import (
    add_recording,
    delete_recording,
    get_recording,
    recording_path,
    set_role,
)
from core.storage.scores import heard, list_scores, load_map
from tests.support.fake_detector import FakeDetector, tone


@pytest.fixture(autouse=True)
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("core.detectors.detector.Detector", FakeDetector)
    yield
    database.close()


def kept(peak: float) -> str:
    clip = tone(peak)
    return add_recording(f"tone {peak}.wav", wav_bytes(clip.samples, clip.sample_rate)).id


def normals() -> list[str]:
    return [kept(peak / 10) for peak in range(1, 6)]


def test_fit_keeps_a_model_of_the_recordings() -> None:
    ids = normals()
    set_role(ids[0], "unlike")
    seen: list[tuple[str, float]] = []
    task = FitTask(
        clip_ids=[*ids, ids[0]],
        model_name="Fan",
        head="padim",
        seed=3,
        false_alarm_rate=0.2,
        head_settings={"coreset": 0.1},
    )
    result = task.run(lambda stage, fraction: seen.append((stage, fraction)))
    model = get_model(result["model_id"])
    assert (model.name, model.head, model.n_clips) == ("Fan", "padim", 5)
    assert model.false_alarm_rate == 0.2 and result["left_out"] == []
    assert load_model(model.id).training[1]["name"] == "tone 0.2.wav"
    fractions = [fraction for _, fraction in seen]
    assert fractions == sorted(fractions) and fractions[0] == 0 and fractions[-1] <= 1
    assert [get_recording(clip_id).role for clip_id in ids] == ["unlike"] + ["normal"] * 4


def test_the_recommended_detector_is_the_default_and_settings_go_over_its_own() -> None:
    ids = normals()
    FitTask(clip_ids=ids, model_name="Fan", head_settings={"ridge": 0.5}).run()
    recommended = preset_settings(RECOMMENDED_HEAD, "recommended")
    assert FakeDetector.last["head"] == RECOMMENDED_HEAD
    assert FakeDetector.last["settings"] == {**recommended, "ridge": 0.5}
    assert FakeDetector.last["groups"] == [None] * 5
    FitTask(clip_ids=ids, model_name="Fan", head="patchcore", preset="published").run()
    assert (FakeDetector.last["head"], FakeDetector.last["settings"]) == ("patchcore", {})
    DemoTask(machine="fan").run()
    assert FakeDetector.last["settings"] == recommended


def test_groups_stay_with_their_recordings_when_others_are_left_out() -> None:
    text = add_recording("notes.wav", b"this is a text").id
    ids = [*normals()[:2], text, *normals()[2:]]
    groups = ["mon", "mon", "text", "tue", "tue", "wed"]
    FitTask(clip_ids=ids, model_name="Fan", groups=groups).run()
    assert FakeDetector.last["groups"] == ["mon", "mon", "tue", "tue", "wed"]
    with pytest.raises(SettingError, match="2 groups for 6 recordings"):
        FitTask(clip_ids=ids, model_name="Fan", groups=["a", "b"]).check()


def test_a_recording_unlike_the_others_is_kept_with_the_result_and_the_fit_without_it_is_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = add_recording("notes.wav", b"this is a text").id
    ids = [text, *normals()]
    unlike = UnlikeClip(1, "tone 0.2.wav", "It is unlike the others.", 0.5)
    check = TrainingCheck((unlike,), "The threshold would be lower.", "They look like two groups.")
    monkeypatch.setattr(FakeDetector, "training_check", lambda detector: check)
    task = FitTask(
        clip_ids=ids, model_name="Fan", groups=list("abcdef"), class_names=list("uvwxyz")
    )
    result = task.run()
    # What could not be read does not count.
    assert result["outlying"] == [
        {"clip_id": ids[2], "said": "It is unlike the others.", "moment_s": 0.5}
    ]
    assert result["outlying_note"] == "The threshold would be lower."
    assert "They look like two groups." in result["warnings"]
    rest = task.without({ids[2]})
    assert (rest.groups, rest.class_names) == (list("abdef"), list("uvxyz"))
    assert (
        dataclasses.replace(rest, clip_ids=ids, groups=task.groups, class_names=task.class_names)
        == task
    )


def test_a_score_job_keeps_how_its_recordings_have_shifted(monkeypatch: pytest.MonkeyPatch) -> None:
    model_id = FitTask(clip_ids=normals(), model_name="Fan").run()["model_id"]
    task = ScoreTask(model_id=model_id, clip_ids=[kept(peak / 20) for peak in range(1, 12)])
    assert task.run()["shift_note"] == ""
    score = FakeDetector.score
    monkeypatch.setattr(
        FakeDetector,
        "score",
        lambda self, clip, progress=silent: dataclasses.replace(
            score(self, clip), levels_db=(-20.0, -30.0)
        ),
    )
    seen: list[int] = []

    def batch_shift(self: FakeDetector, scores: list[float], levels_db: list[Any]) -> BatchShift:
        seen.append(len(scores))
        assert levels_db == [(-20.0, -30.0)] * len(scores)
        return BatchShift(len(scores), 0.001, 0.9, 3.0, 50.0, 200.0, (50.0, 16000.0))

    monkeypatch.setattr(FakeDetector, "batch_shift", batch_shift)
    text = add_recording("notes.wav", b"this is a text").id
    note = dataclasses.replace(task, clip_ids=[*task.clip_ids, text]).run()["shift_note"]
    assert seen == [11]
    assert note.startswith("These 11 recordings differ from the training recordings as a set")


def test_bad_recordings_are_left_out_with_a_sentence_each() -> None:
    ids = normals()
    text = add_recording("notes.wav", b"this is a text").id
    missing = kept(0.75)
    recording_path(missing).unlink()
    removed = kept(0.85)
    delete_recording(removed)
    result = FitTask(clip_ids=[text, *ids, missing, removed], model_name="Fan").run()
    assert get_model(result["model_id"]).n_clips == 5
    assert len(result["left_out"]) == 3
    assert "notes.wav" in result["left_out"][0] and "tone 0.75.wav" in result["left_out"][1]
    assert "no longer here" in result["left_out"][2]
    assert get_recording(text).role == "unknown"


def test_a_silent_recording_is_scored_and_never_learned_from() -> None:
    """A stopped machine or a dead microphone is an anomaly."""
    silent = add_recording("off.wav", wav_bytes(np.zeros(8000, np.float32), 8000)).id
    fitted = FitTask(clip_ids=[*normals(), silent], model_name="Fan").run()
    assert get_model(fitted["model_id"]).n_clips == 5
    assert fitted["left_out"] == ["“off.wav” is silent: nothing to learn from."]
    assert get_recording(silent).role == "unknown"
    scored = ScoreTask(model_id=fitted["model_id"], clip_ids=[silent]).run()
    assert (scored["n_scored"], scored["n_failed"]) == (1, 0)
    (record,) = list_scores(fitted["model_id"])
    assert record.error is None and load_map(fitted["model_id"], silent).score == record.score


def test_a_failed_fit_leaves_no_model_and_names_what_was_left_out(hearmap_home: Path) -> None:
    bad = [add_recording(f"notes {i}.wav", b"text %d" % i).id for i in range(5)]
    with pytest.raises(FitError, match=r"there are 1\. Left out: .*notes 0\.wav.* And 2 more\."):
        FitTask(clip_ids=[*bad, kept(0.5)], model_name="Fan").run()
    assert list_models() == [] and not (hearmap_home / "models").exists()


@pytest.mark.parametrize("stop_at", [0.0, 0.3, 0.98])
def test_a_cancelled_fit_leaves_no_model(hearmap_home: Path, stop_at: float) -> None:
    ids = normals()

    def progress(stage: str, fraction: float) -> None:
        if fraction >= stop_at:
            raise Cancelled

    with pytest.raises(Cancelled):
        FitTask(clip_ids=ids, model_name="Fan").run(progress)
    assert list_models() == [] and not (hearmap_home / "models").exists()


def test_score_keeps_what_it_can_and_says_the_rest() -> None:
    model_id = FitTask(clip_ids=normals(), model_name="Fan").run()["model_id"]
    loud, text, gone = kept(0.9), add_recording("notes.wav", b"text").id, kept(0.8)
    delete_recording(gone)
    fractions: list[float] = []
    task = ScoreTask(model_id=model_id, clip_ids=[text, loud, gone, loud])
    result = task.run(lambda stage, fraction: fractions.append(fraction))
    assert (result["n_scored"], result["n_failed"], len(result["left_out"])) == (1, 2, 2)
    assert fractions == sorted(fractions)
    first, second = list_scores(model_id)
    assert first.clip_id == loud and first.anomalous and first.error is None
    assert second.clip_id == text and not second.anomalous and "notes.wav" in (second.error or "")
    assert load_map(model_id, loud).score == pytest.approx(0.9, abs=1e-3)


def test_scoring_uses_the_channel_the_model_was_fitted_on() -> None:
    model_id = FitTask(clip_ids=normals(), model_name="Fan").run()["model_id"]
    assert get_model(model_id).channel == 0
    with pytest.raises(FitError, match="there are 0"):
        FitTask(clip_ids=normals(), model_name="Fan", channel=1).run()
    model_id = FitTask(clip_ids=normals(), channel="mean").run()["model_id"]
    assert get_model(model_id).channel == "mean"


def test_every_channel_is_scored_and_the_highest_score_kept_with_its_channel() -> None:
    model_id = FitTask(clip_ids=normals(), model_name="Fan").run()["model_id"]
    sound = np.stack([tone(peak, hz=300 + 900 * peak).samples for peak in (0.1, 0.9, 0.3)], axis=1)
    clip_id = add_recording("three.wav", wav_bytes(sound, 8000)).id
    for task, channel, peak in (
        (ScoreTask(model_id=model_id, clip_ids=[clip_id]), 0, 0.1),
        (ScoreTask(model_id=model_id, clip_ids=[clip_id], channel="each"), 1, 0.9),
    ):
        assert task.run()["n_scored"] == 1
        (record,) = list_scores(model_id)
        assert record.channel == heard(model_id, clip_id).channel == channel
        assert record.score == pytest.approx(peak, abs=1e-3)
    assert "this is the second, with the highest score" in record.warnings[0]
    assert heard(model_id, clip_id).warnings == record.warnings


def test_a_scoring_keeps_what_is_to_be_known_of_a_recording() -> None:
    ids = normals()
    model_id = FitTask(clip_ids=ids, model_name="Fan").run()["model_id"]
    ScoreTask(model_id=model_id, clip_ids=[ids[0]]).run()
    (record,) = list_scores(model_id)
    assert record.warnings[0].startswith("The model was fitted on this recording, ")


def test_a_cancelled_scoring_keeps_what_it_has() -> None:
    model_id = FitTask(clip_ids=normals(), model_name="Fan").run()["model_id"]

    def progress(stage: str, fraction: float) -> None:
        if fraction >= 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        ScoreTask(model_id=model_id, clip_ids=[kept(0.9), kept(0.8)]).run(progress)
    assert [record.clip_name for record in list_scores(model_id)] == ["tone 0.9.wav"]


def test_models_that_are_gone() -> None:
    model_id = FitTask(clip_ids=normals(), model_name="Fan").run()["model_id"]
    (get_model(model_id).folder / "manifest.json").unlink()
    with pytest.raises(ModelError, match=r"manifest\.json is missing"):
        ScoreTask(model_id=model_id, clip_ids=[kept(0.9)]).run()
    delete(model_id)
    with pytest.raises(StoreError, match="it was deleted"):
        ScoreTask(model_id=model_id, clip_ids=[kept(0.9)]).run()


def test_the_demo_makes_fits_and_scores() -> None:
    result = DemoTask(machine="valve", seed=1, n_normal=3).run()
    assert get_model(result["model_id"]).n_clips == 3 and result["left_out"] == []
    roles = [get_recording(clip_id).role for clip_id in result["clip_ids"]]
    assert roles == sorted(roles, reverse=True) and set(roles) == {"unlike", "normal"}
    scored = list_scores(result["model_id"])
    assert {record.clip_id for record in scored} == set(result["clip_ids"])
    assert all(record.error is None for record in scored)
    for clip_id in result["clip_ids"]:
        seconds = get_recording(clip_id).info.duration_seconds
        times = result["fault_times"][clip_id]
        assert bool(times) == (get_recording(clip_id).role == "unlike")
        assert all(0 <= start < stop <= seconds + 1e-6 for start, stop in times)
    with pytest.raises(SettingError, match="no machine “robot”"):
        DemoTask(machine="robot").run()


def test_classes_go_with_the_clips_that_could_be_read_and_a_training_finds_its_state() -> None:
    ids = normals()
    broken = add_recording("broken.wav", b"RIFF nothing").id
    asked = {"clip_ids": [ids[0], broken, *ids[1:]], "class_names": list("abcdef")}
    FitTask(**asked, head="padim", model_name="one").run()
    assert FakeDetector.last["classes"] == ["a", "c", "d", "e", "f"]
    first = FakeDetector.last["checkpoints"]
    FitTask(**asked, head="padim", model_name="another name").run()
    assert FakeDetector.last["checkpoints"] == first
    FitTask(**asked, head="padim", seed=1).run()
    assert FakeDetector.last["checkpoints"] != first
    assert first.parent.name == "checkpoints"
    FitTask(clip_ids=ids).run()
    assert FakeDetector.last["classes"] == [""] * 5
    with pytest.raises(SettingError, match="1 classes for 5 recordings"):
        FitTask(clip_ids=ids, class_names=["a"]).check()
