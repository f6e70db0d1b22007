"""`hearmap calibrate`: what it prints, what it writes, what it refuses, and the way back."""

from __future__ import annotations

import errno
import json
import os
import shutil
from pathlib import Path

import pytest

from core.cli import main
from core.detectors import Detector
from core.detectors.model_folder import read_model
from tests.core.cli.test_cli import model, normal, write_noise  # noqa: F401 - fixtures


@pytest.fixture
def own(model: Path, tmp_path: Path) -> Path:  # noqa: F811
    """A copy of the model that a test may change."""
    return Path(shutil.copytree(model, tmp_path / "own"))


@pytest.fixture
def new(tmp_path: Path) -> Path:
    folder = tmp_path / "new"
    folder.mkdir()
    for seed in range(60, 70):
        write_noise(folder / f"new-{seed}.wav", seed)
    return folder


def scored(model: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> list[dict]:  # noqa: F811
    assert main(["score", str(model), str(folder), "--json"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_the_threshold_follows_from_the_given_recordings_and_the_way_back(
    own: Path, new: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = scored(own, new, capsys)
    old = before[0]["threshold"]
    n_anomalous = sum(row["anomalous"] for row in before)
    assert main(["calibrate", str(own), str(new), "--note", "a new\nmicrophone"]) == 0
    printed = capsys.readouterr()
    after = scored(own, new, capsys)
    assert [row["score"] for row in after] == [row["score"] for row in before]
    # At a rate of 15 % one of ten may be above: the threshold is the highest score.
    highest = max(row["score"] for row in before)
    assert after[0]["threshold"] == highest
    assert f"with 10 normal recordings. A recording is called anomalous above {highest:.4g} " in (
        printed.out
    )
    assert f"(before: {old:.4g}), at a false-alarm rate of 0.15." in printed.out
    assert f"called {n_anomalous} of the 10 anomalous" in printed.out
    assert printed.err == ""
    assert main(["calibrate", str(own), "--undo"]) == 0
    assert "with 10 normal recordings (“a new microphone”)" in capsys.readouterr().out
    assert scored(own, new, capsys) == before
    assert main(["calibrate", str(own), "--undo"]) == 1
    assert "nothing to undo" in capsys.readouterr().err


def test_few_recordings_and_what_cannot_be_read_are_said(
    own: Path, new: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in sorted(new.iterdir())[4:]:
        path.unlink()
    (new / "text.wav").write_text("not audio")
    given = ["calibrate", str(own), str(new), "--group-by", "prefix"]
    assert main(given) == 1
    problem = capsys.readouterr().err
    assert "there is 1" in problem and "Left out:" in problem and "text.wav" in problem
    assert Detector.load(own).recalibrations == []
    assert main(["calibrate", str(own), str(new)]) == 0
    printed = capsys.readouterr()
    assert "left out: “text.wav”" in printed.err
    assert "4 normal recordings measure false-alarm rates down to 20.0 %" in printed.err


def test_what_the_model_was_fitted_on_is_refused(
    own: Path,
    new: Path,
    normal: Path,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["calibrate", str(own), str(new), str(normal / "noise-3.wav")]) == 1
    assert "The model was fitted on “noise-3.wav”" in capsys.readouterr().err
    assert Detector.load(own).recalibrations == []


@pytest.mark.parametrize("stop_at", ["fsync", "replace"])
def test_an_interrupted_write_leaves_the_old_model(
    own: Path, new: Path, stop_at: str, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    files = {path.name: path.read_bytes() for path in own.iterdir()}

    def refuse(*given: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, stop_at, refuse)
        assert main(["calibrate", str(own), str(new)]) == 1
    assert "Nothing was changed" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in own.iterdir()} == files


def test_recordings_or_undo_and_no_model_of_the_app(
    own: Path, new: Path, hearmap_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for given in ([str(own)], [str(own), str(new), "--undo"]):
        assert main(["calibrate", *given]) == 2
        assert "either recordings or --undo" in capsys.readouterr().err
    (hearmap_home / "models").mkdir(parents=True)
    shutil.move(own, hearmap_home / "models" / "0123456789ab")
    theirs = hearmap_home / "models" / "0123456789ab"
    assert main(["calibrate", str(theirs), str(new)]) == 2
    assert "on the Tune page" in capsys.readouterr().err
    assert "recalibrations" not in read_model(theirs)[0]
