"""Commands that write leave everything alone that is not HearMap's own, to the byte."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from core.cli import bench_arguments, main
from core.detectors import model_folder
from core.errors import SettingError, StoreError
from core.evaluation.benchmarks import manifest
from core.evaluation.benchmarks.results import Measured, write_results
from core.evaluation.benchmarks.units import Unit
from core.runtime.output_files import LIST_NAME
from tests.core.cli.conftest import noise

# What a user may have in a folder under a name that a command would use.
OTHERS: dict[str, Callable[[Path], object]] = {
    "a note": lambda folder: (folder / "notes.txt").write_text("mine"),
    "a hidden file": lambda folder: (folder / ".secret").write_text("mine"),
    "a page": lambda folder: (folder / "report.html").write_text("<!DOCTYPE html>mine"),
    "a manifest": lambda folder: (folder / "manifest.json").write_text('{"name": "my app"}'),
    "results": lambda folder: (folder / "results.json").write_text('{"rows": []}'),
    "a sound": lambda folder: (folder / "filled.wav").write_bytes(noise(0)),
    "a list of its own": lambda folder: (folder / LIST_NAME).write_text('{"files": {}}'),
    "a folder": lambda folder: (folder / "parts").mkdir() or (folder / "parts/a.json").touch(),
    "a link": lambda folder: (folder / "map.png").symlink_to(folder.parent / "elsewhere.png"),
    "a dangling link": lambda folder: (folder / "results.md").symlink_to("nowhere"),
}


def everything(folder: Path) -> dict[str, str]:
    """What is at and below a folder: kind, inode and hash of each, links by where they point."""
    found = {}
    for path in sorted([folder, *folder.rglob("*")]):
        name = str(path.relative_to(folder))
        about = path.lstat()
        if path.is_symlink():
            found[name] = f"link to {os.readlink(path)}"
        elif path.is_dir():
            found[name] = f"folder {about.st_ino}"
        else:
            found[name] = f"{about.st_ino} {hashlib.sha256(path.read_bytes()).hexdigest()}"
    return found


def writing(command: str, tank: Path, model: Path, out: Path, esc50: Path | None) -> list[str]:
    """The arguments of a command that writes to a place."""
    clip = str(tank / "0.wav")
    return {
        "explain": ["explain", str(model), clip, "--out", str(out)],
        "report": ["report", str(model), clip, "--out", str(out)],
        "fit": ["fit", str(tank), "--out", str(out)],
        "bench": [
            *("bench", "novelty", "--esc50", str(esc50), "--normal", "rain,dog"),
            *("--heads", "padim", "--presets", "published", "--out", str(out)),
        ],
    }[command]


@pytest.mark.parametrize("what", list(OTHERS))
@pytest.mark.parametrize("command", ["explain", "fit", "bench"])
def test_a_folder_with_other_things_is_refused_and_stays_as_it_is(
    command: str,
    what: str,
    tank: Path,
    model: Path,
    esc10: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "mine"
    out.mkdir()
    (tmp_path / "elsewhere.png").write_bytes(b"a picture of mine")
    OTHERS[what](out)
    before = everything(tmp_path), everything(tank), everything(model)
    for place in (out, Path(".")):
        monkeypatch.chdir(out)
        given = writing(command, tank, model, place, esc10)
        assert main([*given, "--progress", "off"]) == 2
        printed = capsys.readouterr()
        assert printed.out == "" and printed.err.count("\n") == 1 and "choose" in printed.err
    assert (everything(tmp_path), everything(tank), everything(model)) == before


def test_a_model_never_takes_the_place_of_the_folder_one_is_in(
    tank: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    before = everything(tmp_path)
    for out in (".", "../here", str(tmp_path / "here"), ""):
        assert main(["fit", str(tank), "--out", out]) == 2
        assert "the folder that you are in; choose" in capsys.readouterr().err
    assert everything(tmp_path) == before


@pytest.mark.parametrize("name", ["input.html", "link.html", "hard.html", "up/../input.html"])
def test_a_report_never_takes_the_place_of_its_input(
    name: str, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # A recording is one whatever it is called.
    recording = tmp_path / "input.html"
    recording.write_bytes(noise(1))
    (tmp_path / "up").mkdir()
    (tmp_path / "link.html").symlink_to(recording)
    os.link(recording, tmp_path / "hard.html")
    before = everything(tmp_path)
    assert main(["report", str(model), str(recording), "--out", str(tmp_path / name)]) == 2
    assert "choose another name" in capsys.readouterr().err
    assert everything(tmp_path) == before


def test_a_fit_replaces_a_whole_model_and_nothing_else(
    tank: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["fit", str(tank), "--progress", "off", "--out"]
    whole, noted, changed = (tmp_path / name for name in ("whole", "noted", "changed"))
    for copy in (whole, noted, changed):
        shutil.copytree(model, copy)
    assert main([*given, str(whole)]) == 0
    (noted / "notes.txt").write_text("of pump 3")
    said = json.loads((changed / model_folder.MANIFEST).read_text())
    (changed / model_folder.MANIFEST).write_text(json.dumps(said | {"note": "of pump 3"}))
    for folder in (noted, changed):
        before = everything(folder)
        assert main([*given, str(folder)]) == 2
        assert "not a model as HearMap wrote it" in capsys.readouterr().err
        assert everything(folder) == before
    # A recalibration writes the model again, and says so before the work as well.
    before = everything(noted)
    assert main(["calibrate", str(noted), str(tank)]) == 1
    assert everything(noted) == before


def test_what_steps_aside_for_a_model_is_a_model(tmp_path: Path) -> None:
    mine = tmp_path / ".model.replaced"
    mine.mkdir()
    (mine / "notes.txt").write_text("mine")
    before = everything(mine)
    model_folder.write_model(tmp_path / "model", {"n": 1}, {})
    with pytest.raises(StoreError, match="could not be saved"):
        model_folder.write_model(tmp_path / "model", {"n": 2}, {})
    assert everything(mine) == before
    assert model_folder.read_model(tmp_path / "model")[0]["n"] == 1
    # Names that begin alike have places of their own.
    names = ["x" * 60 + "a", "x" * 60 + "b"]
    assert len({model_folder._replaced(tmp_path / name) for name in names}) == 2


def test_folders_beside_the_states_of_a_training_stay(tank: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    for name in ("padim-notes", "padim-0123456789abcdef", "padim-fedcba9876543210", "notes"):
        (folder / name).mkdir(parents=True)
        (folder / name / "notes.txt").write_text("mine")
    ours = folder / "padim-fedcba9876543210"
    (ours / "notes.txt").rename(ours / "manifest.json")
    before = everything(folder)
    given = ["fit", str(tank), "--checkpoints", str(folder), "--progress", "off"]
    assert main([*given, "--out", str(tmp_path / "model")]) == 0
    after = everything(folder)
    gone = {"padim-fedcba9876543210", "padim-fedcba9876543210/manifest.json"}
    assert {name for name in before if name not in after} == gone
    assert {name: before[name] for name in after} == after


def test_a_benchmark_goes_on_in_its_own_folder_and_leaves_a_changed_one(tmp_path: Path) -> None:
    given, out = argparse.Namespace(out=tmp_path / "out"), tmp_path / "out"
    unit = Unit("", None, "fan", {"benchmark": "envmix"})
    for value in ("first", "second"):
        assert bench_arguments.results_folder(given) == out
        unit.save(out, Measured())
        manifest._write_stem(out / "stems" / "00000-0a1b2c3d.mix.wav", b"a mix")
        write_results(out, {}, Measured(clips=[{"clip": value}]), value)
    bench_arguments.results_folder(given)
    stem = out / "stems" / "00000-0a1b2c3d.mix.wav"
    stem.write_bytes(b"with a remark of mine")
    with pytest.raises(StoreError, match="is another sound"):
        manifest._write_stem(stem, b"a mix")
    for name in ("results.md", "parts/notes.txt", "results.csv"):
        mine = out / name
        before = mine.read_bytes() if mine.exists() else None
        mine.write_text("my remarks")
        found = everything(out)
        with pytest.raises(SettingError, match="choose a new or an empty folder"):
            bench_arguments.results_folder(given)
        assert everything(out) == found
        mine.unlink() if before is None else mine.write_bytes(before)
    bench_arguments.results_folder(given)
