"""Models, Jobs and Fit's copy of a model, from the app's entry script and without a browser."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import pytest

from core import jobs
from core.errors import AudioError
from core.jobs.tasks.fit import FitTask
from core.storage import database, models, recordings, scores, thresholds
from core.storage.tables import JobRow, now
from core.storage.training import fit_arguments
from core.types import TrainingClip
from tests.app.test_app import app, texts
from tests.browser.test_models_and_jobs import kept_model
from tests.support.fake_detector import FakeDetector, tone


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    database.close()


def test_models_when_there_is_none() -> None:
    at = app("models")
    assert not at.exception and "No model yet" in texts(at)


def test_a_model_with_its_facts_is_renamed_and_deleted_and_back() -> None:
    kept_model("Other")
    model = kept_model("Fan")
    thresholds.set_false_alarm_rate(model.id, 0.3, note="too strict", by="Ann")
    at = app("models", model=model.id)
    assert not at.exception
    for said in ("9 normal recordings, 9.0 s of sound", "CC0", "false-alarm rate of 30 %"):
        assert said in texts(at), said
    at.text_input[0].set_value("Fan 7")
    at.text_area[0].set_value("since May")
    next(button for button in at.button if button.label == "Save name and note").click()
    at.run()
    assert not at.exception and models.get_model(model.id).name == "Fan 7"
    assert models.get_model(model.id).note == "since May"
    next(button for button in at.button if button.label == "Delete").click()
    at.run()
    assert not at.exception and "“Fan 7” was deleted" in texts(at)
    at.button(key="undo_delete_now").click()
    at.run()
    assert not at.exception and models.get_model(model.id).name == "Fan 7"


def test_a_model_whose_files_are_gone_can_still_be_deleted() -> None:
    model = kept_model("Fan")
    for path in model.folder.iterdir():
        path.unlink()
    at = app("models", model=model.id)
    assert not at.exception and "manifest\\.json is missing" in texts(at)
    next(button for button in at.button if button.label == "Delete").click()
    at.run()
    assert not at.exception and models.list_models() == []


def test_fit_begins_as_the_model_was_fitted() -> None:
    model = kept_model("Fan")
    first = recordings.list_recordings()[0]
    first.path.unlink()
    at = app("fit", like=model.id)
    assert not at.exception
    assert not [warning for warning in at.warning if "Session State" in str(warning.value)]
    assert "are those of “Fan”" in texts(at)
    assert "2 of its recordings no longer exist" in texts(at)
    assert at.selectbox(key="head").value == "patchcore"
    assert at.number_input(key="seed").value == 7
    assert at.number_input(key="fit_rate").value == 10.0
    assert at.selectbox(key="grouping").value == "prefix"
    models.delete(model.id)
    at = app("fit", like=model.id)
    assert not at.exception and "it was deleted" in texts(at)


def test_whether_the_level_counts_is_shown_and_taken_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at = app("models", model=kept_model("Published").id)
    assert "A change of level" not in texts(at)
    monkeypatch.setattr("core.detectors.detector.Detector", FakeDetector)
    ids = [one.id for one in recordings.list_recordings()[:3]]
    model_id = FitTask(clip_ids=ids, level_counts=True).run()["model_id"]
    at = app("models", model=model_id)
    assert "| A change of level | counts |" in texts(at)
    at = app("fit", like=model_id)
    assert not at.exception and at.checkbox(key="level_counts").value is True


def test_fit_takes_over_what_tells_the_classes_and_the_backbone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = kept_model("Fan")
    arguments = fit_arguments(model.id) | {
        "head": "anopatch", "preset": "small", "backbone": "beats-small", "head_settings": {},
        "classes": {"rule": "name-field", "field": 3},
    }  # fmt: skip
    monkeypatch.setattr("app.widgets.fit_like.fit_arguments", lambda model_id: arguments)
    at = app("fit", like=model.id)
    assert not at.exception
    assert at.selectbox(key="head").value == "anopatch"
    assert at.selectbox(key="own_backbone").value == "beats-small"
    assert at.selectbox(key="classes").value == "name-field"
    assert at.number_input(key="classes_field").value == 3
    # A backbone whose weights are not here is no reason to fail.
    arguments["backbone"] = "beats"
    at = app("fit", like=model.id)
    assert not at.exception and at.selectbox(key="own_backbone").value == "beats-small"


def job(job_id: str, **values: object) -> None:
    row = {
        "kind": "fit", "state": "done", "stage": "", "fraction": 1.0, "message": "",
        "arguments": {"model_name": "Fan", "clip_ids": ["a", "b"]}, "result": {},
        "cancel_requested": False, "owner": "another.machine 1 boot:1", "heartbeat_at": now(),
        "created_at": now(), "started_at": now(), "finished_at": now(),
    }  # fmt: skip
    with database.writing() as session:
        session.add(JobRow(id=job_id, **(row | values)))


def test_a_fit_that_has_ended_shows_what_it_warns_of() -> None:
    model = kept_model("Fan")
    job("new", result={"model_id": model.id, "warnings": ["Two are *silent*.", "Bands are empty."]})
    at = app("fit", job="new")
    assert not at.exception and "“Fan” is ready" in texts(at)
    said = [warning.value for warning in at.warning]
    assert "Two are \\*silent\\*\\." in said and "Bands are empty\\." in said


def test_recordings_unlike_the_others_are_heard_and_left_out_of_another_fit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = kept_model("Fan")
    arguments = fit_arguments(model.id) | {"model_name": "Fan"}
    clip_ids = arguments["clip_ids"]
    result = {
        "model_id": model.id,
        "warnings": [],
        "outlying": [
            {"clip_id": clip_ids[1], "said": "“*bark*” is unlike the others.", "moment_s": 0.5},
            {"clip_id": "deleted", "said": "“gone” is unlike the others.", "moment_s": None},
        ],
        "outlying_note": "The threshold would be lower without them.",
    }
    job("spoilt", arguments=arguments, result=result)
    submitted: list[FitTask] = []
    monkeypatch.setattr("core.jobs.submit", lambda task: (submitted.append(task), "spoilt")[1])
    at = app("fit", job="spoilt")
    assert not at.exception
    assert "“\\*bark\\*” is unlike" in texts(at) and "lower without them" in texts(at)
    # Of the one that was deleted there is nothing to hear.
    assert len(at.get("audio")) == 1
    press = next(one for one in at.button if one.label == "Leave 2 recordings out and fit again")
    press.click().run()
    assert not at.exception
    assert submitted == [FitTask.from_record(arguments).without({clip_ids[1]})]
    assert submitted[0].clip_ids == [clip_ids[0], *clip_ids[2:]]


def test_a_fit_that_an_earlier_version_recorded_is_shown_too() -> None:
    thresholds.set_false_alarm_rate(kept_model("Fan").id, 0.001)
    (model,) = models.list_models()
    job("old", result={"model_id": model.id})
    at = app("fit", job="old")
    assert not at.exception and "“Fan” is ready" in texts(at)
    assert any("extrapolated" in warning.value for warning in at.warning)


def test_jobs_in_every_state() -> None:
    at = app("jobs")
    assert not at.exception and "There is no work yet" in texts(at)
    job("done")
    job("failed", state="failed", message="Two <b>clips</b> are too few.")
    job("cut", state="running", heartbeat_at=now().replace(year=2020))
    job("runs", state="running", fraction=0.4, stage="Reading 3 of 9", seconds_left=42.0)
    job("waits", state="queued", fraction=0.0, kind="score", arguments={"clip_ids": ["a"]})
    job("unheard", kind="dance", arguments={})
    at = app("jobs")
    assert not at.exception
    said = texts(at)
    for words in ("Done", "Failed", "Cut off", "Fitting “Fan” on 2 recordings", "a model that was"):
        assert words in said, words
    assert "\\<b\\>clips" in said
    labels = [button.label for button in at.button]
    assert labels.count("Cancel") == 2 and labels.count("Resume") == 2


def test_explanations_of_looks_never_push_a_fit_off_the_page_and_the_list_can_be_cleared() -> None:
    job("fitted", created_at=now().replace(year=2020))
    clip_id = recordings.add_recording("fan <3>.wav", b"not read here").id
    for n in range(210):
        job(f"look{n}", kind="explain", arguments={"model_id": "m", "clip_id": clip_id})
    job("runs", state="running", fraction=0.4, stage="Reading 3 of 9")
    at = app("jobs")
    said = texts(at)
    assert not at.exception and "Fitting “Fan” on 2 recordings" in said
    # Each names its recording, as plain text.
    assert "Explaining a recording: “fan \\<3\\>\\.wav”" in said
    at.button(key="clear_jobs").click().run()
    assert not at.exception
    assert [one.id for one in jobs.list_jobs()] == ["runs"]


def test_every_kind_of_work_has_a_name_for_people() -> None:
    from core.jobs import Job
    from core.jobs.tasks import TASKS
    from core.storage.tables import now

    for kind in TASKS:
        job = Job(
            id="a", kind=kind, state="running", stage="", fraction=0.0, seconds_left=None,
            message="", arguments={"name": "panns-cnn14"}, result={}, cancel_requested=False,
            created_at=now(), started_at=now(), finished_at=None,
        )  # fmt: skip
        assert len(job.title.split()) >= 2, kind
        assert "_" not in job.title


def test_score_says_how_the_recordings_scored_last_have_shifted_until_a_recalibration() -> None:
    model = kept_model("Fan")
    scores.save_score(model.id, recordings.list_recordings()[0].id, AudioError("It is empty."))
    arguments = {"model_id": model.id, "clip_ids": ["a"]}
    day = datetime.timedelta(days=1)
    for days, note in ((2, "These 40 *old* ones differ."), (1, "These 40 *new* ones differ.")):
        at_then = {"created_at": now() - days * day, "finished_at": now() - days * day}
        result = {"n_scored": 1, "n_failed": 0, "left_out": [], "shift_note": note}
        job(f"score {days}", kind="score", arguments=arguments, result=result, **at_then)
    # Of another model, and of one still running.
    job("other", kind="score", arguments=arguments | {"model_id": "another"}, result=result)
    at = app("score", model=model.id)
    assert not at.exception
    assert "These 40 \\*new\\* ones differ\\." in [warning.value for warning in at.warning]
    assert "old" not in texts(at)
    # A job of 0.1.0 has no note.
    job("bare", kind="score", arguments=arguments, result={"n_scored": 1})
    assert "differ" not in texts(app("score", model=model.id))


def test_a_recalibration_makes_a_shift_old_news(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.detectors.detector.Detector", FakeDetector)
    model = kept_model("Fan")
    scores.save_score(model.id, recordings.list_recordings()[0].id, AudioError("It is empty."))
    result = {"n_scored": 1, "shift_note": "These 40 differ."}
    job("score", kind="score", arguments={"model_id": model.id, "clip_ids": ["a"]}, result=result)
    assert "differ" in texts(app("score", model=model.id))
    detector = models.load_model(model.id)
    detector.recalibrate([TrainingClip(tone(0.013 * peak)) for peak in range(1, 20)])
    thresholds.recalibrate(model.id, detector.recalibrations[-1])
    assert "differ" not in texts(app("score", model=model.id))
