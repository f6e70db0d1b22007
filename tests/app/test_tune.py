"""The Tune view without a browser: what the line is given, and what becomes of its threshold."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app.components.threshold import LineEvent, Situation, events, tables
from app.text import notices
from app.text import threshold as text
from core.detectors.calibration.calibration import Calibration
from core.storage import models, thresholds
from core.storage.annotations import save_annotation
from core.storage.models import load_calibration
from core.storage.scores import list_scores
from tests.app.test_app import app, texts
from tests.support import seeded_home
from tests.support.seeded_home import MODEL_ID


def seed(n_clips: int) -> None:
    seeded_home.seed(n_clips, seconds=0.5, n_sounds=2)


def given(verdicts: dict[str, str], rate: float = 0.05, kept: float = 0.05) -> dict[str, Any]:
    return tables(
        load_calibration(MODEL_ID),
        list_scores(MODEL_ID),
        verdicts,
        saved_rate=kept,
        draft_rate=rate,
        situation=Situation(),
    )


def test_the_line_is_given_the_counts_that_counting_gives() -> None:
    seed(60)
    scores = {score.clip_id: float(score.score or 0) for score in list_scores(MODEL_ID)}
    verdicts = {
        clip_id: "anomalous" if score > 13 else "normal"
        for clip_id, score in list(scores.items())[:20]
    }
    verdicts[next(reversed(scores))] = "unsure"
    data = given(verdicts)
    json.dumps(data, allow_nan=False)
    assert sum(data["histogram"]["normal"]) == data["n_normal"] == 59
    assert sum(data["histogram"]["scored"]) + data["histogram"]["n_beyond"] == 60
    for k, threshold in enumerate(data["points"]["threshold"]):
        called = {clip_id for clip_id, score in scores.items() if score > threshold}
        for name, verdict in (("n_found", "anomalous"), ("n_false_alarms", "normal")):
            naive = sum(verdicts.get(clip_id) == verdict for clip_id in called)
            assert data["annotated"][name][k] == naive
    assert data["annotated"]["n_anomalous"] + data["annotated"]["n_normal"] == 20
    assert data["draft"] == data["saved"]


def test_far_outliers_are_counted_apart_and_do_not_squeeze_the_rest() -> None:
    seed(20)
    calibrated = load_calibration(MODEL_ID)
    scored = list_scores(MODEL_ID)
    far = [type(score)(**{**vars(score), "score": 1e6}) for score in scored[:3]]
    data = tables(
        calibrated, [*far, *scored[3:]], {}, saved_rate=0.05, draft_rate=0.05,
        situation=Situation(),
    )  # fmt: skip
    assert data["histogram"]["n_beyond"] == 3
    assert data["histogram"]["edges"][-1] < 100


def test_only_a_change_of_what_is_drawn_gives_a_new_digest() -> None:
    seed(10)
    first = given({})
    assert given({}, rate=0.1)["digest"] == first["digest"]
    assert given({}, rate=0.1)["draft"] < first["draft"]
    assert given({"0" * 64: "normal"})["digest"] != first["digest"]
    assert given({}, kept=0.1)["digest"] != first["digest"]


def test_equal_scores_and_no_scored_clip_can_be_drawn() -> None:
    scores = np.full(5, 2.0)
    data = tables(
        Calibration(scores, 1.0, 5, True), [], {}, saved_rate=0.05, draft_rate=0.2,
        situation=Situation(),
    )  # fmt: skip
    assert data["histogram"]["edges"][0] < data["histogram"]["edges"][-1]
    assert data["annotated"] is None and data["recordings"]["score"] == []


@pytest.mark.parametrize(
    "sent",
    [
        None,
        "text",
        {"line": {"rate": float("nan"), "moment": 1}},
        {"line": {"rate": 2, "moment": 1}},
        {"line": {"rate": True}},
        {"line": [0.1]},
        {"situation": {"clips_per_day": 10, "share_anomalous": 2, "miss_cost": 1}},
        {"situation": {"clips_per_day": 10}},
    ],
)
def test_what_a_browser_sends_malformed_counts_for_nothing(
    sent: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(st, "session_state", {"key": sent})
    assert events("key") == {}


def test_what_a_browser_sends_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    situation = {"clips_per_day": 10, "share_anomalous": 0.5, "miss_cost": 3, "moment": 9}
    sent = {"line": {"rate": 0.1, "moment": 7}, "situation": situation}
    monkeypatch.setattr(st, "session_state", {"key": sent})
    assert events("key") == {
        "line": LineEvent(0.1, 7.0),
        "situation": LineEvent(Situation(10.0, 0.5, 3.0), 9.0),
    }


def line_at(at: AppTest, rate: float) -> AppTest:
    """As if the line had been let go there."""
    at.session_state[f"line_{MODEL_ID}"] = rate
    return at.run()


def test_a_threshold_is_kept_with_who_and_why_and_can_be_undone() -> None:
    seed(10)
    at = line_at(app("tune", model=MODEL_ID), 0.1)
    at.text_input(key="who").set_value("Ada").run()
    at.text_input(key=f"note_{MODEL_ID}_1").set_value("too many alarms").run()
    at.button(key="keep_threshold").click().run()
    assert not at.exception
    newest = thresholds.history(MODEL_ID)[0]
    assert (newest.false_alarm_rate, newest.by, newest.note) == (0.1, "Ada", "too many alarms")
    assert models.get_model(MODEL_ID).threshold == load_calibration(MODEL_ID).threshold(0.1)
    assert list(at.dataframe[0].value["Why"]) == ["too many alarms", "as fitted"]
    assert at.button(key="keep_threshold").disabled
    at.button(key="undo_threshold").click().run()
    assert models.get_model(MODEL_ID).false_alarm_rate == 0.05
    assert list(at.dataframe[0].value["Why"]) == [
        "undone: 10\u00a0%",
        "too many alarms",
        "as fitted",
    ]
    assert at.button(key="undo_threshold").disabled
    assert at.session_state[f"line_{MODEL_ID}"] == 0.05


def test_two_people_changing_one_threshold_lose_nothing() -> None:
    seed(10)
    at = line_at(app("tune", model=MODEL_ID), 0.1)
    thresholds.set_false_alarm_rate(MODEL_ID, 0.2, by="Bo", note="")
    at.button(key="keep_threshold").click().run()
    assert "Bo set the false\\-alarm rate to 20" in texts(at)
    assert models.get_model(MODEL_ID).false_alarm_rate == 0.2
    assert at.session_state[f"line_{MODEL_ID}"] == 0.1
    at.button(key="keep_threshold").click().run()
    assert [change.false_alarm_rate for change in thresholds.history(MODEL_ID)] == [0.1, 0.2, 0.05]


def test_a_link_opens_the_line_where_it_stood_and_keeps_nothing() -> None:
    seed(10)
    at = app("tune", model=MODEL_ID, rate="0.2", day="500", share="0.02", miss="7")
    assert not at.exception
    assert not at.button(key="keep_threshold").disabled
    assert (at.query_params["rate"], at.query_params["day"]) == ("0.2", "500")
    assert models.get_model(MODEL_ID).false_alarm_rate == 0.05


def test_a_link_that_is_damaged_opens_the_line_as_kept() -> None:
    seed(10)
    at = app("tune", model=MODEL_ID, rate="nan", day="-3", share="<b>", miss="1e99")
    assert not at.exception
    assert (at.query_params["rate"], at.query_params["day"]) == ("0.05", "100")


def test_a_model_deleted_in_another_tab_is_one_sentence() -> None:
    seed(10)
    at = app("tune", model=MODEL_ID)
    models.delete(MODEL_ID)
    at.run()
    assert not at.exception
    assert notices.MODEL_FIRST in texts(at)


def test_no_score_leads_to_score() -> None:
    seed(0)
    assert any("Score recordings" in link.label for link in app("tune").get("page_link"))


def test_annotations_of_one_kind_only_say_what_is_missing() -> None:
    seed(10)
    save_annotation("0" * 64, "anomalous")
    at = app("tune", model=MODEL_ID)
    assert text.ANNOTATE_FIRST in texts(at)
    save_annotation(f"{1:064x}", "normal")
    at.run()
    assert text.ANNOTATE_FIRST not in texts(at)
