"""What the app lets people take away, and take in: whole names, every digit, nothing that runs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest
from sqlalchemy import update

from app.text import box_annotations as text
from app.text import downloads as downloads_text
from app.text import listen as listen_text
from app.widgets import annotation_table, score_file
from core.cli.rank import read_verdicts
from core.exchange import BoxAnnotation, audacity, raven
from core.exchange.formats import FORMATS
from core.storage import annotations as verdicts
from core.storage import database, recordings, scores
from core.storage.box_annotations import add_boxes, list_boxes
from core.storage.tables import ClipRow
from tests.app.test_app import app, noise, texts
from tests.support.seeded_home import MODEL_ID, seed

NAMES = ("day1/0001.wav", "day2/0001.wav", "=1+1.wav", "@x.wav", "x" * 200 + ".wav")
START = "2024-05-01T20:00:00+02:00"


@pytest.fixture(autouse=True)
def seeded(hearmap_home: object) -> Iterator[None]:
    yield
    database.close()


@pytest.fixture
def ids() -> list[str]:
    """Five scored recordings of odd names; the first came twice, and knows when it began."""
    seed(5)
    found = [score.clip_id for score in scores.list_scores(MODEL_ID)]
    with database.writing() as session:
        for clip_id, name in zip(found, NAMES, strict=True):
            session.execute(update(ClipRow).where(ClipRow.id == clip_id).values(name=name))
        first = update(ClipRow).where(ClipRow.id == found[0])
        session.execute(first.values(other_names=["day3/copy.wav"], recorded_at=START))
    return found


def read(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_scores_as_a_file_have_every_name_and_every_digit(ids: list[str]) -> None:
    scored = scores.list_scores(MODEL_ID)
    rows = read(score_file.to_csv(scored, scored[0].threshold))
    assert [row["name"] for row in rows] == [
        *("day1/0001.wav", "day3/copy.wav", "day2/0001.wav", "'=1+1.wav", "'@x.wav", NAMES[4])
    ]
    assert rows[0]["recorded_at"] == rows[1]["recorded_at"] == START
    assert [float(row["score"]) for row in rows[1:]] == [one.score for one in scored]


def test_the_tables_own_download_has_nothing_that_runs_and_no_name_cut(
    ids: list[str], aisfx_weights: object
) -> None:
    at = app("score", model=MODEL_ID)
    assert not at.exception
    shown = at.dataframe[0].value
    assert list(shown["name"]) == [
        *("day1/0001.wav, also day3/copy.wav", "day2/0001.wav", "'=1+1.wav", "'@x.wav", NAMES[4])
    ]
    assert shown["recorded"][0] == "2024-05-01 20:00:00 UTC+02:00"


def test_listen_says_when_it_was_recorded_and_under_which_names(
    ids: list[str], aisfx_weights: object
) -> None:
    at = app("listen", model=MODEL_ID, clip=ids[0])
    assert not at.exception
    captions = "\n".join(str(said.value) for said in at.caption)
    assert "Recorded at 2024-05-01 20:00:00 UTC+02:00." in captions
    assert "day3/copy" in captions
    shown = at.dataframe[0].value
    assert str(shown["recorded"][0]).startswith("2024-05-01 20:00:0")
    labels = [getattr(one, "label", "") for one in at.get("download_button")]
    for one in FORMATS.values():
        assert downloads_text.REGIONS.format(format=one.title) in labels
    at = app("listen", model=MODEL_ID, clip=ids[1])
    assert "Recorded at" not in "\n".join(str(said.value) for said in at.caption)


def test_regions_beyond_those_listed_are_said() -> None:
    said = listen_text.regions("strongest at 2.1–2.4 s", 153, 100)
    assert said == "Strongest at 2.1–2.4 s; 152 weaker regions. The 100 strongest are listed."


def test_annotations_come_in_are_shown_and_go_out(ids: list[str], aisfx_weights: object) -> None:
    at = app("listen", model=MODEL_ID, clip=ids[0])
    assert text.NONE in texts(at)
    made = [
        BoxAnnotation(0.5, 1.25, 300.5, 4000.0, "=dog", "near", "day1/0001.wav"),
        BoxAnnotation(0.25, 0.25, label="point", recording="field/day3/copy.wav"),
        BoxAnnotation(1.0, 2.0, label="other", recording="day2/0001.wav"),
        BoxAnnotation(1.0, 2.0, label="whose", recording="0001.flac"),
    ]
    file = ("t.selections.txt", raven.write(made), "text/plain")
    (uploader,) = [one for one in at.file_uploader if one.label == text.IMPORT]
    uploader.set_value(file).run()
    assert not at.exception
    assert "3 annotations imported for 2 recordings" in "\n".join(
        str(said.value) for said in at.success
    )
    assert "1 annotation left out" in texts(at)
    (table,) = [one.value for one in at.dataframe if "label" in one.value.columns]
    assert list(table["label"]) == ["point", "'=dog"]
    assert list(table["low_hz"])[1] == 300.5
    first, second = (recordings.get_recording(clip_id) for clip_id in ids[:2])
    assert [box.annotation.label for box in list_boxes(second)] == ["other"]
    exported = audacity.write(box.annotation for box in list_boxes(first))
    assert exported.decode().splitlines()[1:] == [
        "0.500000\t1.250000\t=dog",
        "\\\t300.500000\t4000.000000",
    ]
    # Once more brings nothing new.
    (uploader,) = [one for one in at.file_uploader if one.label == text.IMPORT]
    uploader.set_value(("t.txt", exported, "text/plain")).run()
    assert text.NOTHING_NEW in "\n".join(str(said.value) for said in at.info)


def test_a_file_that_makes_no_sense_is_one_sentence(ids: list[str], aisfx_weights: object) -> None:
    at = app("listen", model=MODEL_ID, clip=ids[0])
    (uploader,) = [one for one in at.file_uploader if one.label == text.IMPORT]
    uploader.set_value(("*t*.txt", b"1.0 2.0 dog\n", "text/plain")).run()
    assert not at.exception
    assert "was not imported" in texts(at) and "Line 1" in texts(at)
    assert list_boxes(recordings.get_recording(ids[0])) == []


def test_marked_annotations_are_deleted(ids: list[str], aisfx_weights: object) -> None:
    add_boxes(ids[0], [BoxAnnotation(0, 1, label=label) for label in "ab"])
    at = app("listen", model=MODEL_ID, clip=ids[0])
    key = f"boxes_{ids[0]}_0"
    at.session_state[key] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    at.run()
    at.button(key="delete_boxes").click().run()
    left = list_boxes(recordings.get_recording(ids[0]))
    assert [box.annotation.label for box in left] == ["b"]


def test_what_triage_exports_hearmap_rank_reads(
    ids: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("field")
    for name in (*NAMES, "day3/copy.wav"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(noise(0))
    verdicts.save_annotation(ids[0], "anomalous", "=note")
    verdicts.save_annotation(ids[1], "unsure")
    verdicts.save_annotation(ids[2], "normal")
    scored = scores.list_scores(MODEL_ID)
    exported = annotation_table.to_csv(scored, verdicts.list_annotations())
    table = folder.parent / "labels.csv"
    table.write_bytes(exported)
    assert read_verdicts(table, [folder]) == {
        (folder / "day1/0001.wav").resolve(): True,
        (folder / "day3/copy.wav").resolve(): True,
        (folder / "=1+1.wav").resolve(): False,
    }
    names = {score.clip_id: score.names for score in scored}
    found = annotation_table.from_csv(exported, names, by="").annotations
    assert (
        annotation_table.to_csv(scored, {one.clip_id: one for one in found}).count(
            b"anomalous,'=note"
        )
        == exported.count(b"anomalous,'=note")
        == 2
    )
