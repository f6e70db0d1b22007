"""Results never take the place of a file that HearMap did not write, nor of their own input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.errors import SettingError, StoreError
from core.runtime import output_files
from core.runtime.output_files import (
    LIST_NAME,
    add_output_files,
    check_output_folder,
    write_output_files,
)

FILES = {"map.png": b"picture", "filled.wav": b"sound"}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != LIST_NAME}


def test_a_second_run_takes_the_place_of_the_first(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    check_output_folder(out)
    assert not out.exists()
    write_output_files(out, FILES)
    (out / ".DS_Store").write_bytes(b"the system's")
    (out / ".map.png.0a1b2c3d.part").write_bytes(b"cut off")
    write_output_files(out, {"map.png": b"other"})
    left = {".DS_Store": b"the system's", ".map.png.0a1b2c3d.part": b"cut off"}
    assert contents(out) == {"map.png": b"other"} | left
    write_output_files(out, FILES)
    assert contents(out) == FILES | left


@pytest.mark.parametrize("name", ["notes.txt", "filled.wav", ".hidden", "folder/deep.txt"])
def test_a_folder_that_holds_anything_else_stays_as_it_is(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"mine")
    with pytest.raises(SettingError, match="HearMap did not write"):
        write_output_files(tmp_path, FILES)
    assert path.read_bytes() == b"mine"
    assert [entry.name for entry in tmp_path.iterdir()] == [name.split("/")[0]]


def test_what_was_changed_or_added_since_is_kept(tmp_path: Path) -> None:
    write_output_files(tmp_path, FILES)
    (tmp_path / "map.png").write_bytes(b"with my remarks")
    with pytest.raises(SettingError, match=r"“map\.png”.* has changed since"):
        write_output_files(tmp_path, FILES)
    (tmp_path / "map.png").write_bytes(b"picture")
    (tmp_path / "mine.txt").write_bytes(b"mine")
    with pytest.raises(SettingError, match=r"mine\.txt"):
        write_output_files(tmp_path, FILES)
    assert contents(tmp_path) == FILES | {"mine.txt": b"mine"}


def test_an_input_is_kept_even_where_hearmap_wrote_it(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_output_files(out, FILES)
    (tmp_path / "folder").symlink_to(out)
    (tmp_path / "sound.wav").symlink_to(out / "filled.wav")
    for given in (out / "filled.wav", tmp_path / "folder/filled.wav", tmp_path / "sound.wav"):
        for folder in (out, tmp_path / "folder"):
            with pytest.raises(SettingError, match="lies in --out"):
                write_output_files(folder, FILES, [given])
    # In another folder it is a file as any other.
    write_output_files(tmp_path / "new", FILES, [out / "filled.wav"])
    write_output_files(tmp_path / "folder", FILES)


def test_a_link_in_the_folder_is_not_hearmaps(tmp_path: Path) -> None:
    out, mine = tmp_path / "out", tmp_path / "mine.wav"
    write_output_files(out, FILES)
    mine.write_bytes(FILES["filled.wav"])
    (out / "filled.wav").unlink()
    (out / "filled.wav").symlink_to(mine)
    with pytest.raises(SettingError, match=r"filled\.wav"):
        write_output_files(out, {})
    assert mine.read_bytes() == FILES["filled.wav"]


def test_a_run_that_was_cut_off_can_be_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_output_files(tmp_path, FILES)
    writes = output_files.write_file

    def full(path: Path, content: bytes) -> None:
        if path.name == "filled.wav":
            raise StoreError("The disk is full.")
        writes(path, content)

    with monkeypatch.context() as patch, pytest.raises(StoreError):
        patch.setattr(output_files, "write_file", full)
        write_output_files(tmp_path, {"map.png": b"new", "filled.wav": b"new", "more": b"new"})
    assert contents(tmp_path) == FILES | {"map.png": b"new"}
    write_output_files(tmp_path, FILES)
    assert contents(tmp_path) == FILES


def test_a_list_that_names_paths_deletes_nothing(tmp_path: Path) -> None:
    mine, out = tmp_path / "mine.txt", tmp_path / "out"
    mine.write_bytes(b"mine")
    out.mkdir()
    paths = {"../mine.txt": [], str(mine): [], "..": [], ".": [], "": []}
    (out / LIST_NAME).write_text(json.dumps({"about": output_files.ABOUT, "files": paths}))
    write_output_files(out, FILES)
    write_output_files(out, {})
    assert mine.read_bytes() == b"mine" and not contents(out)


@pytest.mark.parametrize("text", ["[]", '{"files": {}}', '{"files": 3}', "\xff", "[" * 100_000])
def test_another_file_of_the_lists_name_is_kept(tmp_path: Path, text: str) -> None:
    (tmp_path / LIST_NAME).write_text(text, encoding="latin-1")
    with pytest.raises(SettingError, match="HearMap did not write"):
        write_output_files(tmp_path, FILES)
    assert (tmp_path / LIST_NAME).read_text(encoding="latin-1") == text and not contents(tmp_path)


def test_folders_within_are_hearmaps_as_long_as_every_name_is(tmp_path: Path) -> None:
    within = {"parts": r"[0-9a-f]{4}\.json"}
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "0a1b.json").write_bytes(b"{}")
    add_output_files(tmp_path, {"results.json": b"1"})
    add_output_files(tmp_path, {"results.json": b"2", "results.md": b"2"})
    check_output_folder(tmp_path, within=within)
    with pytest.raises(SettingError, match="parts"):
        check_output_folder(tmp_path)
    (tmp_path / "parts" / "mine.json").write_bytes(b"{}")
    with pytest.raises(SettingError, match="parts"):
        check_output_folder(tmp_path, within=within)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"mine")
    with pytest.raises(SettingError, match="cannot be a folder"):
        check_output_folder(tmp_path / "file")
