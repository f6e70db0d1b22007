"""Recordings are kept by content: no name becomes a path, no byte is kept twice or lost."""

from __future__ import annotations

import datetime
import errno
import hashlib
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select, update

from core.audio import wav_bytes
from core.errors import SettingError, StoreError
from core.storage import database
from core.storage.recordings import (
    add_recording,
    delete_recording,
    get_recording,
    list_recordings,
    recording_path,
    set_role,
)
from core.storage.tables import ClipRow
from core.workflows.source import FileSource
from tests.core.audio.test_recorded_at import comment, wav


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    database.close()


def noise(seed: int = 0, seconds: float = 0.5) -> bytes:
    samples = np.random.default_rng(seed).uniform(-0.5, 0.5, round(8000 * seconds))
    return wav_bytes(samples.astype(np.float32), 8000)


def files(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "clips").iterdir())


def test_a_recording_comes_back_byte_for_byte(hearmap_home: Path) -> None:
    data = noise()
    record = add_recording("Fan.WAV", data)
    assert record.id == hashlib.sha256(data).hexdigest()
    assert record.path == hearmap_home / "clips" / f"{record.id}.wav"
    assert recording_path(record.id).read_bytes() == data
    assert (record.info.sample_rate, record.info.n_channels, record.info.problem) == (8000, 1, None)
    assert record.info.duration_seconds == pytest.approx(0.5)
    assert record.role == "unknown" and record.size_bytes == len(data)
    database.close()
    assert get_recording(record.id) == record


def test_bytes_and_streams_are_the_same() -> None:
    data = noise(seconds=200)
    assert add_recording("a.wav", data).id == add_recording("a.wav", io.BytesIO(data)).id
    assert len(list_recordings()) == 1


def test_same_bytes_keep_every_name_and_one_file_until_removed(hearmap_home: Path) -> None:
    first = add_recording("first.wav", noise())
    for name in ("second.flac", "day2/first.wav", "second.flac", "first.wav"):
        again = add_recording(name, noise())
    assert again.names == ("first.wav", "second.flac", "day2/first.wav")
    assert again == get_recording(first.id) == list_recordings()[0]
    assert (again.id, again.created_at) == (first.id, first.created_at)
    assert files(hearmap_home) == [f"{first.id}.wav"]
    delete_recording(first.id)
    assert files(hearmap_home) == [] and list_recordings() == []
    again = add_recording("second.flac", noise())
    assert (again.id, again.name) == (first.id, "second.flac")


def test_a_recording_knows_when_it_began() -> None:
    named = add_recording("20240501_063000.wav", noise())
    assert named.recorded_at == datetime.datetime(2024, 5, 1, 6, 30)
    zoned = add_recording("2024-05-01T06-30-00+0200.wav", noise(1))
    assert zoned.recorded_at is not None
    assert zoned.recorded_at.isoformat() == "2024-05-01T06:30:00+02:00"
    assert add_recording("a.wav", noise(2)).recorded_at is None
    assert {one.recorded_at for one in list_recordings()} == {
        *(named.recorded_at, zoned.recorded_at, None)
    }


def test_a_later_name_may_say_when_a_recording_began() -> None:
    first = add_recording("a.wav", noise())
    again = add_recording("20240501_063000.wav", noise())
    assert (first.recorded_at, again.recorded_at) == (None, datetime.datetime(2024, 5, 1, 6, 30))
    assert add_recording("20250501_063000.wav", noise()).recorded_at == again.recorded_at
    assert get_recording(first.id).recorded_at == again.recorded_at


def test_a_header_that_contradicts_the_name_is_told(tmp_path: Path) -> None:
    content = wav(comment("Recorded at 06:30:00 05/11/2023 (UTC) by AudioMoth"))
    told = add_recording("20240501_063000.wav", content)
    assert told.recorded_at is not None and told.recorded_at.year == 2023
    assert "2024-05-01 06:30:00" in told.info.warnings[-1]
    (tmp_path / "20240501_063000.wav").write_bytes(content)
    for name, n_told in ((None, 1), ("20231105_063000.wav", 0)):
        source = FileSource(path=tmp_path / "20240501_063000.wav", name=name)
        _, info = source.read(0, 8000)
        assert sum("header" in said for said in info.warnings) == n_told


def test_the_time_of_a_recording_of_an_earlier_version_is_found_once() -> None:
    record = add_recording("20240501_063000.wav", noise())
    with database.writing() as session:
        session.execute(update(ClipRow).values(recorded_at=None))
    assert list_recordings() == [record]
    record.path.unlink()
    with database.reading() as session:
        assert session.scalars(select(ClipRow.recorded_at)).all() == ["2024-05-01T06:30:00"]
    assert get_recording(record.id) == record


def test_two_recordings_of_one_name() -> None:
    a, b = add_recording("fan.wav", noise(1)), add_recording("fan.wav", noise(2))
    assert a.id != b.id and [clip.id for clip in list_recordings()] == [b.id, a.id]


@pytest.mark.parametrize(
    "name",
    [
        *(
            "../../etc/passwd",
            "a/b\\c.wav",
            "🎧 fan.wav",
            "<script>alert(1)</script>.wav",
            "x" * 300,
        ),
        *(
            "nul\x00.wav",
            "half \udc80.wav",
            "",
            "  ",
            "fan.wav/..",
            "fan.tar.gz.exe",
            ".wav",
            "f.w v",
        ),
    ],
)
def test_names_are_never_paths(hearmap_home: Path, name: str) -> None:
    record = add_recording(name, noise())
    assert record.path.parent == hearmap_home / "clips"
    assert record.path.stem == record.id and len(record.path.suffix) <= 9
    assert record.path.is_file() and get_recording(record.id).name == record.name != ""
    assert files(hearmap_home) == [record.path.name]


def test_a_recording_that_cannot_be_used_says_so() -> None:
    for data in (b"", b"this is a text", noise()[:30]):
        record = add_recording("bad.wav", data)
        assert record.info.problem and "bad.wav" in record.info.problem
        assert get_recording(record.id).info == record.info


def test_full_disk_leaves_nothing(hearmap_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = add_recording("kept.wav", noise(1))

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match=r"“fan\.wav” could not be saved.*disk is full"):
        add_recording("fan.wav", noise(2))
    assert files(hearmap_home) == [kept.path.name] and list_recordings() == [kept]


def test_a_database_that_fails_leaves_no_file(
    hearmap_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down() -> None:
        raise StoreError("The database is down.")

    monkeypatch.setattr("core.storage.recordings.writing", down)
    with pytest.raises(StoreError, match="is down"):
        add_recording("fan.wav", noise())
    assert files(hearmap_home) == []


def test_a_file_removed_from_disk_is_missed_and_can_be_uploaded_again() -> None:
    record = add_recording("fan.wav", noise())
    record.path.unlink()
    with pytest.raises(StoreError, match=r"“fan\.wav” is gone"):
        recording_path(record.id)
    again = add_recording("other.wav", noise())
    assert (again.id, again.names) == (record.id, ("fan.wav", "other.wav"))
    assert recording_path(record.id).read_bytes() == noise()


def test_what_is_gone_is_said() -> None:
    for use in (
        get_recording,
        recording_path,
        delete_recording,
        lambda clip_id: set_role(clip_id, "normal"),
    ):
        with pytest.raises(StoreError, match="no longer here"):
            use("0" * 64)


def test_roles() -> None:
    a, b = add_recording("a.wav", noise(1), role="normal"), add_recording("b.wav", noise(2))
    assert list_recordings("normal") == [a]
    assert set_role(b.id, "unlike").role == "unlike" and list_recordings("unlike")[0].id == b.id
    with pytest.raises(SettingError, match="unknown, normal, unlike"):
        set_role(a.id, "faulty")


PROGRAM = """
from core.storage.tables import ClipRow
from core.workflows.source import FileSource
from tests.core.audio.test_recorded_at import comment, wav
from core.storage.recordings import add_recording
from tests.core.storage.test_recordings import noise
print(add_recording("fan.wav", noise()).id)
"""


def test_two_processes_upload_the_same_recording_at_once(hearmap_home: Path) -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            cwd=Path(__file__).parents[3],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    ends = [process.communicate() for process in started]
    assert [errors for _, errors in ends] == ["", ""]
    assert len({out for out, _ in ends}) == 1 and len(list_recordings()) == 1
    assert files(hearmap_home) == [list_recordings()[0].path.name]
