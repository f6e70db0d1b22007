"""The button that recalibrates: what it is offered for, its job, the history, and Undo."""

from __future__ import annotations

import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app.text import recalibration as text
from core.detectors.calibration.recalibration import Recalibration
from core.detectors.calibration.view_scores import CLIP, ViewScores
from core.report.summary_sentence import rounded_one_in
from core.storage import models, thresholds
from core.storage.annotations import save_annotation
from core.storage.models import load_calibration
from core.storage.scores import list_scores
from tests.app.test_app import FakeJobs, app, jobs, texts  # noqa: F401 - a fixture
from tests.app.test_tune import seed
from tests.support.seeded_home import MODEL_ID

BUTTON = "recalibrate"


def buttons(at: AppTest) -> list[str]:
    return [button.key for button in at.button]


def annotated_normal(n: int) -> list[str]:
    """The first scored recordings that are not anomalous, annotated as normal."""
    ids = [f"{k:064x}" for k in range(1, 8)][:n]
    for clip_id in ids:
        save_annotation(clip_id, "normal")
    save_annotation("0" * 64, "anomalous")
    return ids


def recalibrated(clip_ids: list[str], by: str = "") -> thresholds.ThresholdChange:
    """What the job does at its end."""
    by_id = {score.clip_id: float(score.score or 0) for score in list_scores(MODEL_ID)}
    own = np.array([by_id[clip_id] for clip_id in clip_ids])
    made = Recalibration(
        ViewScores({CLIP: own}, np.empty(0, np.int64), 0.5, len(own), False),
        tuple({"name": one, "sha256": one, "seconds": 0.5} for one in clip_ids),
        "new <b>microphone</b>",
        "2026-01-01T00:00:00+00:00",
    )
    return thresholds.recalibrate(MODEL_ID, made, by=by)


def test_with_too_few_annotated_recordings_it_says_what_is_missing() -> None:
    seed(10)
    at = app("tune", model=MODEL_ID)
    assert not at.exception
    assert BUTTON not in buttons(at) and text.few(0) in texts(at)
    assert text.WHAT_IT_DOES in texts(at)
    annotated_normal(1)
    at.run()
    assert BUTTON not in buttons(at) and text.few(1) in texts(at)


def test_the_button_submits_what_was_annotated_normal_and_not_fitted_on(
    jobs: FakeJobs,  # noqa: F811
) -> None:
    seed(10)
    ids = annotated_normal(5)
    with models.writing() as session:
        session.get_one(models.ModelRow, MODEL_ID).arguments = {"clip_ids": ids[:2]}
    at = app("tune", model=MODEL_ID)
    assert at.button(key=BUTTON).label == "Recalibrate with 3 recordings you call normal"
    at.text_input(key="who").set_value("Ada").run()
    at.text_input(key=f"recalibrate_note_{MODEL_ID}").set_value("new microphone").run()
    at.button(key=BUTTON).click().run()
    assert not at.exception
    ((kind, arguments),) = jobs.submitted
    assert kind == "recalibrate"
    assert sorted(arguments.pop("clip_ids")) == sorted(ids[2:])
    assert arguments == {
        "model_id": MODEL_ID,
        "note": "new microphone",
        "by": "Ada",
        "expected_id": thresholds.history(MODEL_ID)[0].id,
    }
    assert at.query_params["job"] == "job0"
    # While it runs it cannot be asked for again.
    assert BUTTON not in buttons(at) and "cancel_job0" in buttons(at)


def test_its_end_is_said_shown_in_the_history_and_undone(jobs: FakeJobs) -> None:  # noqa: F811
    seed(10)
    ids = annotated_normal(5)
    before = models.get_model(MODEL_ID).threshold
    at = app("tune", model=MODEL_ID)
    at.button(key=BUTTON).click().run()
    change = recalibrated(ids)
    result = {
        "change_id": change.id, "n_recordings": 5, "n_anomalous": 2, "threshold_before": before,
        "threshold": change.threshold, "left_out": ["“a.wav” is <b>not</b> audio."],
        "warnings": [],
    }  # fmt: skip
    jobs.end("job0", state="done", result=result)
    at.run()
    assert not at.exception
    said = texts(at) + "".join(str(element.value) for element in at.success)
    assert text.made(5, 2, before, change.threshold).replace("\u00a0", " ") in said.replace(
        "\u00a0", " "
    )
    assert "“a\\.wav” is \\<b\\>not\\</b\\> audio" in said
    # Five recordings are few for 5 %.
    assert "5 normal recordings measure false\\-alarm rates down to 16" in said
    assert "after you had opened this page" not in said
    table = at.dataframe[0].value
    assert list(table["Why"]) == [
        "recalibrated with 5 recordings; new <b>microphone</b>",
        "as fitted",
    ]
    assert table["Threshold"][0] == change.threshold
    at.button(key="undo_threshold").click().run()
    assert not at.exception
    assert models.get_model(MODEL_ID).threshold == before
    assert at.dataframe[0].value["Why"][0] == "undone: recalibration with 5 recordings"
    assert not at.success and at.button(key="undo_threshold").disabled


def test_pages_that_were_open_follow_the_calibration_in_use() -> None:
    seed(10)
    ids = annotated_normal(5)
    seen = {}
    for view in ("tune", "score", "models", "listen", "triage"):
        seen[view] = app(view, model=MODEL_ID)
        assert not seen[view].exception
    n_before = load_calibration(MODEL_ID).n_clips
    change = recalibrated(ids, by="Bo")
    for view, at in seen.items():
        at.run()
        assert not at.exception, view
    assert "Bo recalibrated with 5 recordings at" in texts(seen["tune"])
    assert f"{n_before} normal" not in texts(seen["listen"])
    assert "5 normal recordings" in texts(seen["score"]).replace("\\", "")
    rarities = list(seen["score"].dataframe[0].value["one_in"])
    calibrated = load_calibration(MODEL_ID)
    assert rarities == [
        rounded_one_in(calibrated.rarity(one.score)) for one in list_scores(MODEL_ID)
    ]
    assert list(seen["score"].dataframe[0].value["verdict"]).count("Normal") == sum(
        float(one.score or 0) <= change.threshold for one in list_scores(MODEL_ID)
    )


def test_a_failed_or_refused_recalibration_is_one_sentence(
    jobs: FakeJobs,  # noqa: F811
) -> None:
    seed(10)
    annotated_normal(3)
    at = app("tune", model=MODEL_ID)
    at.button(key=BUTTON).click().run()
    jobs.end("job0", state="failed", message="Bo set the false-alarm rate to 10 %.")
    at.run()
    assert "The recalibration failed. Bo set the false" in texts(at).replace("\\", "")
    assert BUTTON in buttons(at)


def test_a_damaged_model_is_said_and_the_rest_of_the_page_is_there() -> None:
    seed(10)
    with models.writing() as session:
        session.get_one(models.ModelRow, MODEL_ID).arguments = {}
    at = app("tune", model=MODEL_ID)
    assert not at.exception
    assert "is not there" in texts(at) and "undo_threshold" in buttons(at)


def test_what_is_sent_to_the_line_follows_the_calibration_in_use() -> None:
    from tests.app.test_tune import given

    seed(10)
    before = given({})
    change = recalibrated(annotated_normal(5))
    after = given({})
    json.dumps(after, allow_nan=False)
    assert (before["n_normal"], after["n_normal"]) == (59, 5)
    assert after["digest"] != before["digest"]
    assert after["points"]["threshold"][after["saved"]] == pytest.approx(change.threshold)
