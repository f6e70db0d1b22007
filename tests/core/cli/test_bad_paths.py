"""One bad path never ends a run: each has its line, the rest is scored, in any locale."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core.cli import main
from core.evaluation.benchmarks.results import write_json
from core.evaluation.datasets.folders import folder_recordings
from tests.core.cli.conftest import noise
from tests.support.bad_files import BadCard

pytestmark = pytest.mark.skipif(os.name == "nt", reason="links and pipes are POSIX's")

ROOT = Path(__file__).resolve().parents[3]
NOT_UTF8 = os.fsdecode(b"m\xfcll.wav")
WITHOUT_LOCALE = {
    "LC_ALL": "C",
    "PYTHONCOERCECLOCALE": "0",
    "PYTHONUTF8": "0",
    "PYTHONIOENCODING": "ascii",
    "PYTHONPATH": str(ROOT),
}


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """A folder of whatever may lie in one; two of its files are recordings."""
    folder = tmp_path / "mixed"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "good.wav").write_bytes(noise(50))
    try:
        (folder / NOT_UTF8).write_bytes(noise(51))
    except OSError:
        pytest.skip("this disk takes only names that are UTF-8")
    (folder / "cut.flac").write_bytes(b"fLaC")
    (folder / "deep" / "up").symlink_to(folder)
    (folder / "dangling.wav").symlink_to("nowhere.wav")
    os.mkfifo(folder / "pipe.wav")
    return folder


def test_score_has_a_line_for_each_in_any_locale(model: Path, mixed: Path, tmp_path: Path) -> None:
    given = [str(model), str(mixed), str(tmp_path / "nowhere"), "/dev/null", "x" * 5000]
    command = [sys.executable, "-m", "core", "score", *given]
    env = {"PATH": os.environ["PATH"], "HEARMAP_HOME": str(tmp_path / "home"), **WITHOUT_LOCALE}
    shown = {}
    for more in ([], ["--json"]):
        ended = subprocess.run([*command, *more], env=env, capture_output=True, timeout=60)
        assert ended.returncode == 3 and ended.stderr == b"", ended.stderr
        shown[bool(more)] = ended.stdout.decode("ascii")
    rows = [json.loads(line) for line in shown[True].splitlines()]
    errors = {row["clip"][:200].removeprefix(f"{mixed}/"): row["error"] for row in rows}
    said = {
        "x" * 200: "name is too long",
        str(tmp_path / "nowhere"): "is not there",
        "/dev/null": "is no file but a pipe or a device",
        "cut.flac": "cannot be read as audio",
        "dangling.wav": "link to something that is not there",
        "pipe.wav": "is no file but a pipe or a device",
    }
    scored = ["deep/good.wav", r"m\xfcll.wav"]
    assert sorted(errors) == sorted([*said, *scored]) and len(rows) == len(errors)
    assert [errors[name] for name in scored] == [None, None]
    for name, words in said.items():
        assert words in errors[name]
    assert "of 2 recordings" in shown[False] and "6 could not be read" in shown[False]
    assert r"m\xfcll.wav" in shown[False]


def test_a_fit_names_what_it_leaves_out_and_stops_at_a_path_that_is_not_there(
    mixed: Path, tank: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "fitted"
    assert main(["fit", str(tank), str(mixed), "--out", str(out), "--progress", "off"]) == 0
    printed = capsys.readouterr()
    assert "on 8 clips" in printed.out
    for name in ("cut.flac", "dangling.wav", "pipe.wav"):
        assert f"left out: “mixed/{name}”" in printed.err
    assert main(["score", str(out), str(mixed / NOT_UTF8)]) == 0
    assert "so it scores lower than a new one" in capsys.readouterr().out
    assert main(["fit", str(tank), str(tmp_path / "no"), "--out", str(tmp_path / "other")]) == 1
    assert "is not there" in capsys.readouterr().err and not (tmp_path / "other").exists()


def test_a_benchmark_of_folders_takes_any_name(mixed: Path) -> None:
    found = folder_recordings(mixed)
    names = {one.path.name: one.source for one in found}
    assert names[NOT_UTF8] == r"m\xfcll.wav" and names["good.wav"] == "good.wav"
    write_json(mixed.parent / "results.json", {"clip": str(mixed / NOT_UTF8)})
    assert json.loads((mixed.parent / "results.json").read_bytes())["clip"] == str(mixed / NOT_UTF8)


def test_a_report_has_the_recordings_and_names_the_rest(model: Path, mixed: Path) -> None:
    out = mixed.parent / "page.html"
    given = ["report", str(model), str(mixed), "--out", str(out), "--progress", "off"]
    assert main([*given, "--title", NOT_UTF8]) == 3
    page = out.read_text(encoding="utf-8")
    assert page.count("<audio") == 2 and r"m\xfcll.wav" in page and "pipe.wav" in page


def test_a_recording_that_vanishes_is_named(
    model: Path, tank: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from core.audio import finding

    find = finding.find_audio
    gone = tank / "gone.wav"
    monkeypatch.setattr("core.audio.find_audio", lambda *given: [gone, *find(*given)])
    assert main(["score", str(model), str(tank), "--json"]) == 3
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(rows) == 7 and "“gone.wav” is not there" in rows[0]["error"]


def test_a_card_that_cannot_be_read_is_no_verdict_on_half_a_recording(
    model: Path, tank: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened, data = Path.open, (tank / "3.wav").read_bytes()

    def on_a_bad_card(path: Path, *given: Any, **named: Any) -> Any:
        return BadCard(data, 60_000) if path.name == "3.wav" else opened(path, *given, **named)

    monkeypatch.setattr(Path, "open", on_a_bad_card)
    assert main(["score", str(model), str(tank), "--json"]) == 3
    printed = capsys.readouterr()
    rows = {row["clip"]: row for row in map(json.loads, printed.out.splitlines())}
    assert len(rows) == 6 and "Traceback" not in printed.err
    [bad] = [row for name, row in rows.items() if name.endswith("3.wav")]
    assert re.search(r"unreadable from 0\.\d s on \(input/output error\)\.$", bad["error"])
    assert bad["score"] is None and bad["anomalous"] is None
    assert all(row["error"] is None for row in rows.values() if row is not bad)
