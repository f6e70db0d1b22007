"""Annotations of stretches are saved to the digit, once, and go with their recording."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import pytest

from core.errors import StoreError
from core.exchange.formats import FORMATS
from core.storage import database, recordings
from core.storage.box_annotations import add_boxes, delete_boxes, list_boxes
from tests.core.exchange.test_exchange import random_annotations
from tests.core.storage.test_recordings import noise


@pytest.fixture(autouse=True)
def records() -> Iterator[None]:
    yield
    database.close()


@pytest.mark.parametrize("name", FORMATS)
def test_out_of_the_store_in_again_and_out_is_the_same_file(name: str) -> None:
    chosen = FORMATS[name]
    recording = recordings.add_recording("20240501_063000.wav", noise())
    made = random_annotations(7, 40, (recording.name,))
    n_new = add_boxes(recording.id, chosen.read(chosen.write(made), "a"), by="Ann")
    assert n_new == len(list_boxes(recording)) > 30
    exported = chosen.write(box.annotation for box in list_boxes(recording))
    # The same again adds nothing.
    assert add_boxes(recording.id, chosen.read(exported, "a")) == 0
    delete_boxes([box.id for box in list_boxes(recording)])
    assert list_boxes(recording) == []
    assert add_boxes(recording.id, chosen.read(exported, "a")) == n_new
    assert chosen.write(box.annotation for box in list_boxes(recording)) == exported


def test_annotations_know_who_made_them_and_the_time_of_day() -> None:
    recording = recordings.add_recording("20240501_063000.wav", noise())
    (made,) = random_annotations(8, 1, ("other.wav",))
    assert add_boxes(recording.id, [made, made], by=" Ann ") == 1
    (saved,) = list_boxes(recording)
    assert (saved.by, saved.clip_id) == ("Ann", recording.id)
    assert saved.annotation.recording == recording.name
    seconds = datetime.timedelta(milliseconds=round(1000 * made.start_s))
    assert saved.annotation.starts_at == datetime.datetime(2024, 5, 1, 6, 30) + seconds
    other = recordings.add_recording("other.wav", noise(1))
    assert list_boxes(other) == []
    recordings.delete_recording(recording.id)
    assert list_boxes(recording) == []
    with pytest.raises(StoreError, match="no longer here"):
        add_boxes(recording.id, [made])
