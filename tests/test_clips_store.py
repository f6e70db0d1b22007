"""Recordings are kept by content: no name becomes a path, no byte is kept twice or lost."""

from __future__ import annotations

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

from core.audio import wav_bytes
from core.errors import SettingError, StoreError
from core.store import database
from core.store.clips import add_clip, clip_path, get_clip, list_clips, remove_clip, set_role


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
    record = add_clip("Fan.WAV", data)
    assert record.id == hashlib.sha256(data).hexdigest()
    assert record.path == hearmap_home / "clips" / f"{record.id}.wav"
    assert clip_path(record.id).read_bytes() == data
    assert (record.info.sample_rate, record.info.n_channels, record.info.problem) == (8000, 1, None)
    assert record.info.duration_seconds == pytest.approx(0.5)
    assert record.role == "unknown" and record.size_bytes == len(data)
    database.close()
    assert get_clip(record.id) == record


def test_bytes_and_streams_are_the_same() -> None:
    data = noise(seconds=200)
    assert add_clip("a.wav", data).id == add_clip("a.wav", io.BytesIO(data)).id
    assert len(list_clips()) == 1


def test_same_bytes_keep_their_first_name_until_removed(hearmap_home: Path) -> None:
    first = add_clip("first.wav", noise())
    assert add_clip("second.flac", noise()) == first
    assert files(hearmap_home) == [f"{first.id}.wav"]
    remove_clip(first.id)
    assert files(hearmap_home) == [] and list_clips() == []
    again = add_clip("second.flac", noise())
    assert (again.id, again.name) == (first.id, "second.flac")


def test_two_recordings_of_one_name() -> None:
    a, b = add_clip("fan.wav", noise(1)), add_clip("fan.wav", noise(2))
    assert a.id != b.id and [clip.id for clip in list_clips()] == [b.id, a.id]


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
    record = add_clip(name, noise())
    assert record.path.parent == hearmap_home / "clips"
    assert record.path.stem == record.id and len(record.path.suffix) <= 9
    assert record.path.is_file() and get_clip(record.id).name == record.name != ""
    assert files(hearmap_home) == [record.path.name]


def test_a_recording_that_cannot_be_used_says_so() -> None:
    for data in (b"", b"this is a text", noise()[:30]):
        record = add_clip("bad.wav", data)
        assert record.info.problem and "bad.wav" in record.info.problem
        assert get_clip(record.id).info == record.info


def test_full_disk_leaves_nothing(hearmap_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = add_clip("kept.wav", noise(1))

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match=r"“fan\.wav” could not be kept.*disk is full"):
        add_clip("fan.wav", noise(2))
    assert files(hearmap_home) == [kept.path.name] and list_clips() == [kept]


def test_a_database_that_fails_leaves_no_file(
    hearmap_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down() -> None:
        raise StoreError("The database is down.")

    monkeypatch.setattr("core.store.clips.writing", down)
    with pytest.raises(StoreError, match="is down"):
        add_clip("fan.wav", noise())
    assert files(hearmap_home) == []


def test_a_file_removed_from_disk_is_missed_and_can_be_uploaded_again() -> None:
    record = add_clip("fan.wav", noise())
    record.path.unlink()
    with pytest.raises(StoreError, match=r"“fan\.wav” is gone"):
        clip_path(record.id)
    assert add_clip("other.wav", noise()) == record
    assert clip_path(record.id).read_bytes() == noise()


def test_what_is_gone_is_said() -> None:
    for use in (get_clip, clip_path, remove_clip, lambda clip_id: set_role(clip_id, "normal")):
        with pytest.raises(StoreError, match="no longer here"):
            use("0" * 64)


def test_roles() -> None:
    a, b = add_clip("a.wav", noise(1), role="normal"), add_clip("b.wav", noise(2))
    assert list_clips("normal") == [a]
    assert set_role(b.id, "unlike").role == "unlike" and list_clips("unlike")[0].id == b.id
    with pytest.raises(SettingError, match="unknown, normal, unlike"):
        set_role(a.id, "faulty")


PROGRAM = """
from core.store.clips import add_clip
from tests.test_clips_store import noise
print(add_clip("fan.wav", noise()).id)
"""


def test_two_processes_upload_the_same_recording_at_once(hearmap_home: Path) -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            cwd=Path(__file__).parents[1],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    ends = [process.communicate() for process in started]
    assert [errors for _, errors in ends] == ["", ""]
    assert len({out for out, _ in ends}) == 1 and len(list_clips()) == 1
    assert files(hearmap_home) == [list_clips()[0].path.name]
