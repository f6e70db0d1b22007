"""The Triage view without a browser: its bytes, its annotations in and out, and what is gone."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest
import streamlit as st
from safetensors.numpy import load

from app.components.triage import Change, changes, frame, glance, rows_of, wanted
from app.text import notices
from app.widgets import annotation_table
from core.errors import SettingError
from core.storage import annotations
from core.storage.annotations import Annotation
from core.storage.models import get_model, load_calibration
from core.storage.recordings import delete_recording, recording_path
from core.storage.scores import list_scores, scores_stamp
from core.storage.tables import now
from core.storage.thresholds import set_false_alarm_rate
from tests.app.test_app import app, texts
from tests.support import seeded_home
from tests.support.seeded_home import MODEL_ID

KEY = f"triage_{MODEL_ID}"


def seed(n_clips: int = 10) -> list[str]:
    """The recordings' ids, the highest score first."""
    seeded_home.seed(n_clips, seconds=0.5)
    return [score.clip_id for score in list_scores(MODEL_ID)]


def seen(clip_id: str):  # type: ignore[no-untyped-def]
    score = next(score for score in list_scores(MODEL_ID) if score.clip_id == clip_id)
    return glance(MODEL_ID, clip_id, 0.05, None, score.created_at)


def test_the_frame_holds_rows_annotations_and_sound_to_the_last_bit(
    aisfx_weights: object,
) -> None:
    ids = seed()
    annotations.save_annotation(ids[1], "unsure", "“squeaks”", by="Ann")
    found = seen(ids[0])
    rows = rows_of(list_scores(MODEL_ID), load_calibration(MODEL_ID))
    data = frame(
        rows, annotations.list_annotations(), [found], acknowledged={"x-1": 3}, first=ids[0]
    )
    texts = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]
    header, arrays = json.loads(texts["header"]), load(data)
    assert texts["rows"] == rows
    assert json.loads(rows)["id"] == ids and header["first"] == ids[0]
    assert header["annotations"] == {ids[1]: ["unsure", "“squeaks”", "Ann"]}
    assert header["acknowledged"] == {"x-1": 3}
    assert header["glances"][0]["scale"] == found.scale
    for name, array in (("level", found.level), ("evidence", found.evidence), ("pcm", found.pcm)):
        assert np.array_equal(arrays[f"{name}0"], array)


def test_a_glance_shows_and_plays_what_is_anomalous(aisfx_weights: object) -> None:
    ids = seed()
    found = seen(ids[0])
    assert not found.problem and found.strongest is not None
    start, end, low, high = found.strongest
    n_freq, n_time = found.evidence.shape
    row, column = np.unravel_index(int(found.evidence.argmax()), found.evidence.shape)
    assert (
        start <= found.start_s + column / n_time * (found.end_s - found.start_s) + 0.05 <= end + 0.1
    )
    assert low - 0.02 <= row / (n_freq - 1) <= high + 0.02
    assert found.pcm.size / found.sample_rate == pytest.approx(0.5, abs=0.01)
    assert np.abs(found.pcm).max() == 32767


def test_a_recording_that_is_gone_from_the_disk_is_told_in_the_picture(
    aisfx_weights: object,
) -> None:
    ids = seed()
    recording_path(ids[0]).unlink()
    assert "is gone from" in seen(ids[0]).problem
    assert not app("triage", model=MODEL_ID).exception


@pytest.mark.parametrize(
    "item",
    [
        None,
        {"source": "a", "number": 1, "id": "x", "verdict": "maybe", "note": ""},
        {"source": "a", "number": True, "id": "x", "verdict": "normal", "note": ""},
        {"source": "a", "number": 1, "id": 7, "verdict": "normal", "note": ""},
        {"source": "a", "number": 1, "id": "x", "verdict": "normal"},
    ],
)
def test_malformed_changes_count_for_nothing(item: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "session_state", {"key": {"changes": [item], "wanted": item}})
    assert changes("key", {}) == [] and wanted("key", {"x"}) == []


def test_changes_are_taken_once_and_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = [
        {"source": "a", "number": number, "id": "x", "verdict": verdict, "note": "n"}
        for number, verdict in ((2, None), (1, "normal"), (3, "unsure"))
    ]
    monkeypatch.setattr(
        st, "session_state", {"key": {"changes": sent, "wanted": {"ids": ["y", "x"], "moment": 5}}}
    )
    assert changes("key", {"a": 1}) == [
        Change("a", 2, "x", None, "n"),
        Change("a", 3, "x", "unsure", "n"),
    ]
    assert wanted("key", {"x"}) == ["x"]


def test_the_stamp_differs_once_the_rows_would() -> None:
    ids = seed()
    stamps = [scores_stamp(MODEL_ID)]
    set_false_alarm_rate(MODEL_ID, 0.2)
    stamps.append(scores_stamp(MODEL_ID))
    delete_recording(ids[3])
    stamps.append(scores_stamp(MODEL_ID))
    assert len(set(stamps)) == 3


def test_annotations_survive_a_way_through_a_spreadsheet() -> None:
    ids = seed()
    annotations.save_annotation(ids[0], "anomalous", "=SUM(A1), “über”\nsecond line", by="+Ann")
    annotations.save_annotation(ids[1], "normal", "'quoted'", by="Bo")
    kept = annotations.list_annotations()
    data = annotation_table.to_csv(list_scores(MODEL_ID), kept)
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert len(rows) == 10 and rows[0]["note"].startswith("'=")
    assert rows[0]["anomalous"] == "1" and float(rows[0]["score"]) > get_model(MODEL_ID).threshold
    names = {score.clip_id: score.names for score in list_scores(MODEL_ID)}
    for clip_id in ids:
        annotations.delete_annotation(clip_id)
    found = annotation_table.from_csv(data, names, by="")
    assert not found.problems
    annotations.save_annotations(found.annotations)
    again = annotations.list_annotations()
    assert {k: (v.verdict, v.note, v.by) for k, v in again.items()} == {
        k: (v.verdict, v.note, v.by) for k, v in kept.items()
    }


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_bad_rows_are_named_and_the_others_count(delimiter: str) -> None:
    named = {"a": "one.wav", "b": "two.wav", "c": "twin.wav", "d": "twin.wav"}
    names = {letter * 64: (name,) for letter, name in named.items()}
    rows = [
        ("Name", "ANNOTATION", "note", "clip_id"),
        ("one.wav", "Normal", "fine", ""),
        ("two.wav", "perhaps", "", ""),
        ("gone.wav", "normal", "", ""),
        ("twin.wav", "normal", "", ""),
        ("twin.wav", "unsure", "", "d" * 64),
        ("two.wav", "", "", ""),
        ("", "normal", "", ""),
    ]
    text = "\r\n".join(delimiter.join(row) for row in rows) + "\r\nshort row"
    found = annotation_table.from_csv(text.encode("utf-8-sig"), names, by="Ann")
    assert {(said.clip_id[0], said.verdict, said.by) for said in found.annotations} == {
        ("a", "normal", "Ann"),
        ("d", "unsure", "Ann"),
    }
    assert [problem.split(":")[0] for problem in found.problems] == [
        "Row 3", "Row 4", "Row 5", "Row 8",
    ]  # fmt: skip
    assert "2 recordings have the name “twin.wav”" in found.problems[2]


def test_a_file_that_0_1_0_exported_is_read() -> None:
    data = b"clip_id,name,unlike,label,note,by,labelled_at\na,one.wav,1,Unsure,=x,Ann,2026-01-01\n"
    (found,) = annotation_table.from_csv(data, {"a": ("one.wav",)}, by="").annotations
    assert (found.clip_id, found.verdict, found.by) == ("a", "unsure", "Ann")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"name,verdict\na.wav,normal\n", "no column “annotation”"),
        (b"annotation,note\nnormal,x\n", "neither a column"),
        (b"", "no column “annotation”"),
        (b"PK\x03\x04\x00\x00", "the file. is no text"),
        (b"annotation,name\nnormal," + b"x" * 200_000, "cannot be read as a CSV file"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused_in_a_sentence(data: bytes, said: str) -> None:
    with pytest.raises(SettingError, match=said):
        annotation_table.from_csv(data, {}, by="")


def test_annotations_are_saved_all_or_none() -> None:
    ids = seed()
    good = Annotation(ids[0], "normal", "", "", now())
    with pytest.raises(SettingError):
        annotations.save_annotations([good, Annotation(ids[1], "bad", "", "", now())])
    with pytest.raises(Exception, match="removed"):
        annotations.save_annotations([good, Annotation("f" * 64, "normal", "", "", now())])
    assert annotations.list_annotations() == {}


def test_an_import_with_a_missing_column_is_one_sentence_and_nothing_changes(
    aisfx_weights: object,
) -> None:
    ids = seed()
    annotations.save_annotation(ids[0], "normal")
    at = app("triage", model=MODEL_ID)
    assert not at.exception
    at.file_uploader[0].set_value([("mine.csv", b"name,verdict\n", "text/csv")]).run()
    assert not at.exception
    assert "was not imported" in texts(at) and "no column" in texts(at)
    assert list(annotations.list_annotations()) == [ids[0]]


def test_an_import_takes_over_what_it_can(aisfx_weights: object) -> None:
    ids = seed()
    at = app("triage", model=MODEL_ID)
    data = f"clip_id,annotation\n{ids[2]},anomalous\nnonesuch,normal\n".encode()
    at.file_uploader[0].set_value([("mine.csv", data, "text/csv")]).run()
    assert "1 annotation imported" in "\n".join(str(said.value) for said in at.success)
    assert "1 row left out" in texts(at)
    assert annotations.list_annotations()[ids[2]].verdict == "anomalous"


def test_a_link_to_a_clip_that_is_gone_and_a_model_without_scores(aisfx_weights: object) -> None:
    seed(0)
    assert notices.NOTHING_SCORED in texts(app("triage", model=MODEL_ID))
    at = app("triage", model=MODEL_ID, clip="nonesuch")
    assert not at.exception
