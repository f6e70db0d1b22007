"""Whatever lies in a folder, the recordings in it are found, and what is not read is named."""

import os
import socket
from pathlib import Path

import pytest

from core.audio import find_audio, read_clip
from core.errors import AudioError
from core.runtime.legible import legible

needs_links = pytest.mark.skipif(os.name == "nt", reason="links and pipes are POSIX's")
NOT_UTF8 = os.fsdecode(b"m\xfcll.wav")


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    return path


def found(folder: Path, notes: list[str] | None = None) -> list[str]:
    note = None if notes is None else lambda _, sentence: notes.append(sentence)
    return [path.relative_to(folder).as_posix() for path in find_audio([folder], note)]


@needs_links
def test_linked_folders_are_searched_once_and_loops_end(tmp_path: Path) -> None:
    tank, other = tmp_path / "tank", tmp_path / "other"
    touch(tank / "deep" / "b.wav")
    touch(tank / "z.wav")
    touch(other / "c.wav")
    for link, target in {
        tank / "0 before deep": tank / "deep",
        tank / "again": other,
        tank / "other": other,
        tank / "deep" / "up": tank,
        tank / "deep" / "self": tank / "deep" / "self",
        other / "back": tank,
        tank / "gone": tmp_path / "nowhere",
    }.items():
        link.symlink_to(target)
    notes: list[str] = []
    # By its own name where it has one in the folder, by one of the links' where it has not.
    assert found(tank, notes) == ["again/c.wav", "deep/b.wav", "z.wav"] and not notes


@needs_links
def test_what_is_no_file_is_found_and_says_so_when_it_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    with socket.socket(socket.AF_UNIX) as opened:
        before = Path.cwd()
        os.chdir(tmp_path)  # a socket's path may not be long
        try:
            opened.bind("socket.wav")
        finally:
            os.chdir(before)
        (tmp_path / "device.wav").symlink_to("/dev/zero")
        (tmp_path / "dangling.wav").symlink_to("nowhere.wav")
        (tmp_path / "circle.wav").symlink_to("circle.wav")
        assert found(tmp_path) == [
            *("circle.wav", "dangling.wav", "device.wav", "pipe.wav", "socket.wav")
        ]
        for name in ("device.wav", "pipe.wav", "socket.wav"):
            with pytest.raises(AudioError, match=f"“{name}” is no file but a pipe or a device"):
                read_clip(tmp_path / name)
    with pytest.raises(AudioError, match="is a link to something that is not there"):
        read_clip(tmp_path / "dangling.wav")
    with pytest.raises(AudioError, match="cannot be opened: its links lead round in a circle"):
        read_clip(tmp_path / "circle.wav")


def test_paths_that_give_nothing_are_named_and_the_rest_is_found(tmp_path: Path) -> None:
    there = touch(tmp_path / "a.wav")
    (tmp_path / "hollow").mkdir()
    bad = {
        tmp_path / "nowhere.wav": "is not there",
        tmp_path / "hollow": "holds no audio files",
        tmp_path / ("x" * 5000): "the name is too long",
        tmp_path / "zero\0byte.wav": "cannot be opened",
        there / "below a file.wav": "cannot be opened: part of its path is a file",
    }
    notes: list[tuple[Path, str]] = []
    given = [*bad, there]
    assert find_audio(given, lambda *note: notes.append(note)) == [there]
    assert [path for path, _ in notes] == list(bad)
    for (_, sentence), words in zip(notes, bad.values(), strict=True):
        assert words in sentence and sentence.endswith(".") and len(sentence) < 300
    for path in bad:
        with pytest.raises(AudioError):
            find_audio([path])


def test_a_folder_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Root may read everything, so the system is played.
    touch(tmp_path / "tank" / "a.wav")
    touch(tmp_path / "tank" / "locked" / "unseen.wav")
    scandir = os.scandir

    def refused(path: Path) -> object:
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refused)
    notes: list[str] = []
    assert found(tmp_path / "tank", notes) == ["a.wav"]
    (said,) = notes
    assert "locked” cannot be read: access is denied" in said
    with pytest.raises(AudioError, match="locked"):
        find_audio([tmp_path / "tank"])
    # A folder of which nothing is known does not hold nothing.
    notes.clear()
    assert found(tmp_path / "tank" / "locked", notes) == [] and "cannot be read" in notes[0]


@needs_links
def test_a_name_that_is_no_text_is_written_as_its_bytes(tmp_path: Path) -> None:
    from core.audio import wav_bytes

    path = tmp_path / NOT_UTF8
    try:
        path.write_bytes(wav_bytes([0.0, 0.5] * 4000, 8000))  # type: ignore[arg-type]
    except OSError:
        pytest.skip("this disk takes only names that are UTF-8")
    assert find_audio([tmp_path]) == [path]
    assert read_clip(path).name == legible(NOT_UTF8) == r"m\xfcll.wav"
    with pytest.raises(AudioError, match=r"“m\\xfcll\.wav” lasts 1\.000"):
        read_clip(path, start_seconds=1000)
