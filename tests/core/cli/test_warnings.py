"""Warnings on the command line: in JSON, under the table's rows, in reports, at a fit."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from core.cli import main
from core.detectors.detector import Detector

RATE = 44_100
CASES = Path(__file__).parents[4] / "shared" / "cases"


def write(path: Path, *channels: float, seed: int, rate: int = RATE) -> Path:
    """A second and a half of noise, a channel for each RMS."""
    random = np.random.default_rng(seed)
    sf.write(path, random.standard_normal((3 * rate // 2, len(channels))) * channels, rate)
    return path


@pytest.fixture(scope="module")
def normal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("normal")
    for seed in range(6):
        write(folder / f"n{seed}.wav", 0.02, 0.05, seed=seed)
    return folder


@pytest.fixture(scope="module")
def model(normal: Path, aisfx_weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("model")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEARMAP_HOME", str(base / "home"))
        given = ["--out", str(base / "m"), "--channel", "loudest", "--device", "cpu"]
        assert main(["fit", str(normal), *given]) == 0
    return base / "m"


def scored(model: Path, capsys: Any, *given: object) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert main(["score", str(model), *map(str, given), "--json"]) in (0, 3)
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_json_has_warnings_and_the_heard_channel(model, tmp_path, capsys) -> None:
    write(tmp_path / "a_clean.wav", 0.02, 0.05, seed=20)
    write(tmp_path / "b_low.wav", 0.05, seed=21, rate=8_000)
    (tmp_path / "c_broken.wav").write_text("no sound")
    clean, low, broken = scored(model, capsys, tmp_path)
    assert (clean["warnings"], clean["channel"]) == ([], 1)
    assert (broken["warnings"], broken["channel"]) == ([], None) and broken["error"]
    (words,) = low["warnings"]
    assert "Nothing above 4 kHz in this recording (8 kHz sampling)" in words
    left, right = scored(model, capsys, tmp_path / "a_clean.wav", "--channel", "each")
    assert (left["channel"], right["channel"]) == (0, 1)
    assert {**right, "views": 0} == {**clean, "views": 0}


def test_the_table_has_warnings_under_the_recording_and_the_status_is_0(
    model, normal, capsys
) -> None:
    assert main(["score", str(model), str(normal / "n0.wav")]) == 0
    row, verdict, note = capsys.readouterr().out.splitlines()[1:4]
    assert row.endswith("n0.wav (channel 1)") and "compared with" in verdict
    assert note.strip().startswith("Note: The model was fitted on this recording, so ")


def test_reports_have_the_warnings(model, tmp_path, capsys) -> None:
    low = write(tmp_path / "low.wav", 0.05, seed=21, rate=8_000)
    assert main(["explain", str(model), str(low), "--out", str(tmp_path / "explained")]) == 0
    assert "Nothing above 4 kHz" in capsys.readouterr().err
    assert main(["report", str(model), str(low), "--out", str(tmp_path / "many.html")]) == 0
    assert main(["report", str(model), str(low), "--out", str(tmp_path / "many.zip")]) == 0
    with zipfile.ZipFile(tmp_path / "many.zip") as files:
        assert all("Nothing above 4 kHz" in files.read(f"scores.{end}").decode()
                   for end in ("csv", "json"))  # fmt: skip
    for page in ("explained/report.html", "many.html"):
        assert "<li>Nothing above 4 kHz" in (tmp_path / page).read_text()


def test_fit_rank_and_calibrate_say_them(model, tmp_path, capsys) -> None:
    folder, copy = tmp_path / "loud", tmp_path / "m"
    folder.mkdir()
    shutil.copytree(model, copy)
    for seed in range(40, 45):
        write(folder / f"loud{seed}.wav", 1.0, seed=seed)
    words = "5 of 5 recordings, such as “loud40.wav”: Clipping: "
    small = ["--head", "padim", "--set", "n_channels=4"]
    for given in (["fit", str(folder), "--out", str(tmp_path / "new"), *small],
                  ["calibrate", str(copy), str(folder)]):  # fmt: skip
        capsys.readouterr()
        assert main(given) == 0
        assert words in capsys.readouterr().err
    assert Detector.load(tmp_path / "new").channel == 0
    rank = ["rank", str(folder), "--heads", "subspace", "--presets", "recommended"]
    assert main(rank) == 0
    assert "5 of 5 recordings" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["fit", "explain", "calibrate"])
def test_each_channel_is_for_scoring_only(command, model, tmp_path, capsys) -> None:
    places = {"fit": ["x", "--out", "y"], "explain": ["m", "x", "--out", "y"]}.get(command, ["m"])
    assert main([command, *places, "--channel", "each"]) == 2
    assert "a number from 0, mean or loudest, not “each”" in capsys.readouterr().err


def test_the_cases_of_files_that_nothing_was_said_of(model, tmp_path, capsys) -> None:
    if not CASES.is_dir():
        pytest.skip("../shared/cases is not here")
    silent = CASES / "cli_says_nothing"
    refused, cut = scored(model, capsys, silent / "int16scale.wav", silent / "trunc10pct.wav")
    assert "scale of integers" in refused["error"] and refused["anomalous"] is None
    assert "cut short" in cut["warnings"][0]
    (low,) = scored(model, capsys, CASES / "rate_8k_on_44k_model" / "n0.wav")
    assert "(8 kHz sampling); the model was fitted on recordings up to 22 kHz" in low["warnings"][0]
    for seed in range(3):
        write(tmp_path / f"n{seed}.wav", 0.05, seed=seed)
    assert main(["fit", str(tmp_path), str(silent), "--out", str(tmp_path / "m")]) == 0
    said = capsys.readouterr().err
    assert "int16scale.wav” reaches" in said and "trunc10pct.wav”: The file is cut short" in said
