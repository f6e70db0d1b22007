"""The command line: results on standard output, one line for a problem, never a traceback."""

import json
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.cli import main, parser
from core.cli.arguments import settings, sources
from core.cli.terminal import one_line, progress, remark
from core.detectors.model_folder import read_model, write_model
from core.detectors.registry import HEADS, head_type
from core.errors import SettingError
from core.runtime.output_files import LIST_NAME
from tests.core.detectors.heads.test_heads import QUICK

RATE = 44_100

each_head = pytest.mark.parametrize("head", list(HEADS))


def write_noise(path: Path, seed: int, *, beep: bool = False) -> Path:
    """A second and a half of soft noise, with a loud 3 kHz beep from 0.7 to 0.9 s if asked for."""
    samples = 0.02 * np.random.default_rng(seed).standard_normal(3 * RATE // 2)
    if beep:
        stretch = np.arange(int(0.7 * RATE), int(0.9 * RATE))
        samples[stretch] += 0.6 * np.sin(2 * np.pi * 3000 * stretch / RATE)
    soundfile.write(path, samples.astype(np.float32), RATE)
    return path


@pytest.fixture(scope="module")
def normal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("normal")
    for seed in range(8):
        write_noise(folder / f"noise-{seed}.wav", seed)
    return folder


@pytest.fixture(scope="module")
def model(normal: Path, aisfx_weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("model")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEARMAP_HOME", str(base / "home"))
        given = ["--out", str(base / "m"), "--false-alarm-rate", "0.15", "--device", "cpu"]
        status = main(["fit", str(normal), *given])
    assert status == 0
    return base / "m"


def test_score_json_puts_the_beep_where_it_is_and_goes_on_past_bad_files(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_noise(tmp_path / "a.wav", 100)
    (tmp_path / "b.wav").write_text("not audio")
    write_noise(tmp_path / "c.wav", 101, beep=True)
    assert main(["score", str(model), str(tmp_path), str(tmp_path / "gone"), "--json"]) == 3
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    by_name = {Path(row["clip"]).name: row for row in rows}
    expected = {
        "clip",
        "score",
        "p_value",
        "one_in",
        "threshold",
        "anomalous",
        "recorded_at",
        "n_regions",
        "regions",
        "error",
        "views",
        "channel",
        "warnings",
    }
    assert all(set(row) == expected for row in rows)
    assert "b.wav" in by_name["b.wav"]["error"]
    assert "gone" in by_name["gone"]["error"]
    assert by_name["b.wav"]["score"] is None
    beep, calm = by_name["c.wav"], by_name["a.wav"]
    assert beep["anomalous"]
    assert beep["error"] is None
    assert beep["warnings"] == calm["warnings"] == by_name["b.wav"]["warnings"] == []
    assert beep["score"] > calm["score"]
    strongest = beep["regions"][0]
    assert strongest["start_s"] < 0.8 < strongest["end_s"]
    assert strongest["low_hz"] < 3000 < strongest["high_hz"]
    assert {region["view"] for region in beep["regions"]} <= {"event", "stationary"}
    assert by_name["b.wav"]["views"] == []
    views = {view["view"]: view for view in beep["views"]}
    assert list(views) == ["event", "stationary", "level"]
    assert all(
        set(view) == {"view", "p_value", "score", "counted", "words"} for view in beep["views"]
    )
    assert [views[name]["counted"] for name in views] == [True, True, False]
    assert views["event"]["words"].startswith("an event at 0.")
    assert views["event"]["p_value"] == 1 / 9


def test_the_level_counts_only_where_the_microphone_is_said_to_be_the_same(
    model: Path, normal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--out", str(tmp_path / "m"), "--false-alarm-rate", "0.15", "--device", "cpu"]
    assert main(["fit", str(normal), *given, "--same-microphone"]) == 0
    samples, _ = soundfile.read(write_noise(tmp_path / "loud.wav", 102))
    soundfile.write(tmp_path / "loud.wav", 4 * samples, RATE)
    for folder, counted in ((model, False), (tmp_path / "m", True)):
        capsys.readouterr()
        assert main(["score", str(folder), str(tmp_path / "loud.wav"), "--json"]) == 0
        level = json.loads(capsys.readouterr().out)["views"][2]
        assert (level["view"], level["counted"]) == ("level", counted)
        assert level["words"] == "12 dB louder than any normal recording"
        assert main(["score", str(folder), str(tmp_path / "loud.wav")]) == 0
        assert ("does not count here" in capsys.readouterr().out) == (not counted)


def test_score_for_people_has_the_verdict(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = write_noise(tmp_path / "beep.wav", 7, beep=True)
    assert main(["score", str(model), str(clip)]) == 0
    printed = capsys.readouterr()
    assert "Anomalous compared with the normal recordings you supplied: " in printed.out
    assert "an event at 0." in printed.out
    assert "The one recording is anomalous" in printed.out
    assert "fault" not in printed.out.lower()
    assert printed.err == ""


def test_explain_writes_everything(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = write_noise(tmp_path / "beep.wav", 50, beep=True)
    background = write_noise(tmp_path / "calm.wav", 51)
    out = tmp_path / "out"
    given = ["explain", str(model), str(clip), "--out", str(out)]
    assert main([*given, "--background", str(background)]) == 0
    names = [
        LIST_NAME,
        "faithfulness.json",
        "filled.wav",
        "kept.wav",
        "map.npz",
        "map.png",
        "regions.csv",
        "regions.audacity.txt",
        "regions.selections.txt",
    ]
    names += ["removed.wav", "report.html"]
    assert sorted(path.name for path in out.iterdir()) == sorted(names)
    with np.load(out / "map.npz", allow_pickle=False) as kept:
        assert kept["raw"].shape == kept["probability"].shape
        assert kept["raw"].shape == (kept["freq_hz"].size, kept["time_s"].size)
    whole, _ = soundfile.read(clip)
    parts = soundfile.read(out / "kept.wav")[0] + soundfile.read(out / "removed.wav")[0]
    assert np.abs(parts - whole).max() < 1e-3
    numbers = json.loads((out / "faithfulness.json").read_text())
    assert numbers["ff_v1_keep"] == pytest.approx(numbers["p"] - numbers["o"])
    assert numbers["ff_v1_remove"] == pytest.approx(numbers["p"] - numbers["q"])
    assert numbers["ff_v2"] == pytest.approx(numbers["p"] - numbers["r"])
    assert main(given) == 0
    assert not (out / "filled.wav").exists()
    assert "--background" in capsys.readouterr().err


def test_explain_writes_over_nothing_but_its_own_files(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tank = tmp_path / "tank"
    tank.mkdir()
    clip = write_noise(tank / "filled.wav", 50, beep=True)
    elsewhere = write_noise(tmp_path / "beep.wav", 50, beep=True)
    (tmp_path / "link").symlink_to(tank)
    before = clip.read_bytes()

    def refused(*given: str) -> None:
        # A model that is not there: nothing was loaded before it was refused.
        assert main(["explain", "no model", *given]) == 2
        printed = capsys.readouterr()
        assert printed.out == "" and printed.err.count("\n") == 1
        assert "choose" in printed.err and "Traceback" not in printed.err
        assert [path.name for path in tank.iterdir()] == ["filled.wav"]
        assert clip.read_bytes() == before

    for folder in ("tank", "link"):
        refused(str(clip), "--out", str(tmp_path / folder))
        refused(str(elsewhere), "--out", str(tmp_path / folder))
    refused(str(elsewhere), "--background", str(clip), "--out", str(tank))
    monkeypatch.chdir(tank)
    refused("filled.wav", "--out", ".")
    refused(str(elsewhere), "--out", ".")
    out = tmp_path / "out"
    assert main(["explain", str(model), str(clip), "--out", str(out)]) == 0
    assert main(["explain", str(model), str(clip), "--out", str(out)]) == 0
    sounds = sorted(path.name for path in out.glob("*.wav"))
    assert sounds == ["kept.wav", "removed.wav"]
    # A folder of 0.1.0 has no list of what was written there.
    (out / LIST_NAME).unlink()
    assert main(["explain", str(model), str(clip), "--out", str(out)]) == 2
    assert sorted(path.name for path in out.glob("*.wav")) == sounds


def test_report_takes_the_place_of_reports_only(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = write_noise(tmp_path / "calm.wav", 100)
    for name in ("page.html", "all.zip"):
        out = tmp_path / name
        assert main(["report", str(model), str(clip), "--out", str(out)]) == 0
        assert main(["report", str(model), str(clip), "--out", str(out)]) == 0
    page = (tmp_path / "page.html").read_bytes()
    (tmp_path / "remarks.html").write_bytes(page.replace(b"<h2>", b"<p>See pump 3!</p><h2>", 1))
    (tmp_path / "linked.html").symlink_to(tmp_path / "page.html")
    (tmp_path / "dangling.html").symlink_to(tmp_path / "gone.html")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert archive.testzip() is None and b"HearMap wrote" in archive.comment
    with zipfile.ZipFile(tmp_path / "all.zip", "a") as archive:
        archive.writestr("notes.txt", "mine")
    (tmp_path / "mine.html").write_text("<!DOCTYPE html><p>About HearMap</p>")
    (tmp_path / "link.html").symlink_to(tmp_path / "mine.html")
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04")
    (tmp_path / "folder.html").mkdir()
    capsys.readouterr()
    refused = ["all.zip", "mine.html", "link.html", "broken.zip", "folder.html", "remarks.html"]
    for name in (*refused, "linked.html", "dangling.html"):
        out = tmp_path / name
        before = out.read_bytes() if out.is_file() else None
        assert main(["report", "no model", str(clip), "--out", str(out)]) == 2
        assert "no report as HearMap wrote it; choose another name" in capsys.readouterr().err
        assert (out.read_bytes() if out.is_file() else None) == before
    assert (tmp_path / "page.html").read_bytes() == page


def test_report_is_one_page_of_all_clips_or_a_zip_with_everything(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "clips"
    folder.mkdir()
    write_noise(folder / "calm.wav", 100)
    write_noise(folder / "<beep>.wav", 101, beep=True)
    page, archive = tmp_path / "page.html", tmp_path / "all.zip"
    assert main(["report", str(model), str(folder), "--out", str(page)]) == 0
    source = page.read_text()
    assert source.index("1. &lt;beep&gt;.wav") < source.index("2. calm.wav")
    assert source.count("<audio") == 2
    (folder / "broken.wav").write_text("not audio")
    assert main(["report", str(model), str(folder), "--out", str(archive)]) == 3
    with zipfile.ZipFile(archive) as opened:
        names = opened.namelist()
    assert {"report.html", "scores.csv", "scores.json"} < set(names)
    assert len(names) == 5 + 2 + 2
    capsys.readouterr()
    assert main(["report", str(model), str(folder), "--out", str(tmp_path / "x.pdf")]) == 2
    assert "ends in .html or .zip" in capsys.readouterr().err


def test_fit_leaves_out_what_cannot_be_read(
    normal: Path, aisfx_weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.wav"
    bad.write_text("x")
    assert main(["fit", str(normal), str(bad), "--out", str(tmp_path / "m")]) == 0
    printed = capsys.readouterr()
    assert "left out: “bad.wav”" in printed.err
    assert "on 8 clips" in printed.out


def test_fit_names_a_recording_unlike_the_others_and_leaves_it_out_where_asked(
    normal: Path, aisfx_weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    beep = write_noise(tmp_path / "beep.wav", 300, beep=True)
    given = ["fit", str(normal), str(beep), "--out", str(tmp_path / "m")]
    assert main(given) == 0
    stayed = capsys.readouterr()
    assert "hearmap: “beep.wav” is unlike the other normal recordings, most of all at 0." in (
        stayed.err
    )
    assert "hearmap: The threshold would be about " in stayed.err and "left out" not in stayed.err
    assert "on 9 clips" in stayed.out
    assert main([*given, "--leave-out-outlying"]) == 0
    printed = capsys.readouterr()
    assert "left out: “beep.wav”, and the model fitted again" in printed.err
    assert "The threshold would be" not in printed.err
    assert "on 8 clips" in printed.out
    capsys.readouterr()
    assert main([*given[:2], *given[3:], "--leave-out-outlying"]) == 0
    assert "left out" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "status", "said"),
    [
        ([], 2, "required"),
        (["dance"], 2, "dance"),
        (["fit", "x"], 2, "--out"),
        (["fit", "x", "--out", "m", "--head", "magic"], 2, "patchcore"),
        (["fit", "x", "--out", "m", "--backbone", "magic"], 2, "aisfx"),
        (["fit", "x", "--out", "m", "--preset", "magic"], 2, "recommended, published"),
        (["fit", "x", "--out", "m", "--set", "n_channels=-1"], 2, "from 0 to 10000"),
        (["fit", "x", "--out", "m", "--set", "ridge=much"], 2, "is a number"),
        (["fit", "x", "--out", "m", "--set", "position=sideways"], 2, "cell, frequency"),
        (["fit", ".", "--out", "m", "--group-by", "colour"], 2, "field:N"),
        (["rank", "gone", "--heads", "padim"], 1, "“gone” is not there"),
        (["rank", ".", "--heads", "magic"], 2, "patchcore"),
        (["rank", ".", "--presets", "magic"], 2, "recommended, published"),
        (["rank", "x", "--labelled", "gone.csv"], 2, "gone.csv"),
        (["fit", "x", "--out", "m", "--set", "n"], 2, "name=value"),
        (["fit", "x", "--out", "m", "--set", "magic=1"], 2, "magic"),
        (["fit", "x", "--out", "m", "--set", "seed=1"], 2, "--seed"),
        (["fit", "x", "--out", "m", "--set", "level_counts=1"], 2, "--same-microphone"),
        (["fit", "x", "--out", "m", "--preset", "published", "--same-microphone"], 2, "views=both"),
        (["fit", "x", "--out", "m", "--false-alarm-rate", "2"], 2, "between 0 and 1"),
        (["fit", "x", "--out", "m", "--channel", "left"], 2, "mean"),
        (["fit", "x", "--out", "m", "--device", "abacus"], 2, "cuda"),
        (["fit", "no-such-folder", "--out", "m"], 1, "no-such-folder"),
        (["score", "no-such-model", "x"], 1, "no-such-model"),
        (["weights", "fetch", "resnet"], 1, "aisfx"),
        (["weights", "add", "aisfx", "gone.whl"], 1, "gone.whl"),
    ],
)
def test_a_problem_is_one_line(
    given: list[str],
    status: int,
    said: str,
    aisfx_weights: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    write_noise(tmp_path / "noise.wav", 0)
    assert main(given) == status
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert printed.err.startswith("hearmap: ")
    assert said in printed.err


def quick(head: str) -> list[str]:
    """Arguments for a head that is ready in a second."""
    settings, given = QUICK.get(head, {}), ["--head", head, "--device", "cpu"]
    if HEADS[head].backbones:
        # These clips are of no classes, and the large network's weights are not here.
        settings, given = {"fine_tune": "false"}, [*given, "--backbone", "beats-small"]
    return given + [
        part for name, value in settings.items() for part in ("--set", f"{name}={value}")
    ]


def refused(given: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line with which a command that could not be done ends."""
    capsys.readouterr()
    assert main(given) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    return printed.err


@each_head
def test_every_head_learns_from_clips_of_different_lengths(
    head: str, aisfx_weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "lengths"
    folder.mkdir()
    for seed, seconds in enumerate((0.15, 0.4, 0.7, 1.1)):
        noise = 0.02 * np.random.default_rng(seed).standard_normal(round(seconds * RATE))
        soundfile.write(folder / f"{seed}.wav", noise.astype(np.float32), RATE)
    assert main(["fit", str(folder), "--out", str(tmp_path / "m"), *quick(head)]) == 0
    printed = capsys.readouterr()
    assert f"Fitted {head} on 4 clips of 4 recordings" in printed.out
    assert "4 normal recordings measure false-alarm rates down to 20.0 %" in printed.err
    assert main(["score", str(tmp_path / "m"), str(folder), "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert all(np.isfinite(row["score"]) for row in rows)


@each_head
def test_too_few_clips_one_repeated_and_silence_are_refused(
    head: str, aisfx_weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "m"
    given = ["--out", str(out), *quick(head)]
    one, again = (write_noise(tmp_path / name, 1) for name in ("a.wav", "b.wav"))
    assert "at least 2 normal clips" in refused(["fit", str(one), *given], capsys)
    assert "the same recording" in refused(["fit", str(one), str(again), *given], capsys)
    quiet = tmp_path / "quiet"
    quiet.mkdir()
    for n in (1, 2):
        soundfile.write(quiet / f"{n}.wav", np.zeros(n * RATE // 4, np.float32), RATE)
    said = refused(["fit", str(quiet), *given], capsys)
    assert "“1.wav” is silent: nothing to learn from." in said and "there are 0" in said
    assert not out.exists()


def test_clips_of_two_classes_are_told_apart_and_training_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in range(6):
        folder = tmp_path / "clips" / ("fan", "pump")[seed % 2]
        folder.mkdir(parents=True, exist_ok=True)
        write_noise(folder / f"{seed}_slow.wav", seed, beep=seed % 2 == 1)
    given = ["fit", str(tmp_path / "clips"), "--head", "anopatch", "--backbone", "beats-small"]
    given += ["--preset", "small", "--set", "steps=2", "--set", "batch_size=2", "--device", "cpu"]
    given += ["--out", str(tmp_path / "m"), "--checkpoints", str(tmp_path / "state")]
    assert "telling classes of normal clips apart" in refused(given, capsys)
    assert "are of one class, “slow”" in refused([*given, "--label-by", "name-field:2"], capsys)
    assert main([*given, "--class-by", "colour"]) == 2
    assert "the rules are folder, name-field:N, csv:FILE" in capsys.readouterr().err
    with monkeypatch.context() as patch:
        patch.setattr("core.detectors.detector.Detector.save", interrupted)
        assert main([*given, "--class-by", "folder"]) == 130
    capsys.readouterr()
    assert main([*given, "--label-by", "folder"]) == 0
    assert "Fitted anopatch on 6 clips" in capsys.readouterr().out
    assert main(["score", str(tmp_path / "m"), str(tmp_path / "clips"), "--json"]) == 0
    manifest, _ = read_model(tmp_path / "m")
    assert [clip["label"] for clip in manifest["training"]] == ["fan"] * 3 + ["pump"] * 3


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def test_more_channels_than_the_layers_have_are_refused(
    normal: Path, aisfx_weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["fit", str(normal), "--out", str(tmp_path / "m"), "--set", "n_channels=5000"]
    assert main(given) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "n_channels goes from 1 to 128" in said
    assert not (tmp_path / "m").exists()


def test_presets_are_what_they_say_and_set_goes_over_them(
    normal: Path, aisfx_weights: Path, tmp_path: Path
) -> None:
    kept = {}
    for name, given in {
        "default": [],
        "published": ["--preset", "published", "--set", "n_channels=10"],
        "mine": ["--set", "relative_ridge=2", "--set", "reference=training"],
    }.items():
        assert main(["fit", str(normal), "--out", str(tmp_path / name), *given]) == 0
        manifest, _ = read_model(tmp_path / name)
        assert manifest["head"] == "padim"
        kept[name] = manifest["settings"]
    recommended = head_type("padim").recommended
    assert {key: kept["default"][key] for key in recommended} == {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in recommended.items()
    }
    assert kept["published"]["position"] == "cell"
    assert kept["mine"] == kept["default"] | {"relative_ridge": 2.0, "views": "training"}


def test_clips_of_one_recording_are_counted_as_one(
    normal: Path, aisfx_weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for seed in range(4):
        for part in "ab":
            write_noise(tmp_path / f"take{seed}-{part}.wav", 10 * seed + ord(part))
    given = ["fit", str(tmp_path), "--out", str(tmp_path / "m"), "--group-by", "field:1"]
    assert main([*given, "--false-alarm-rate", "0.15"]) == 0
    printed = capsys.readouterr()
    assert "on 8 clips of 4 recordings" in printed.out
    assert "are of 4 groups only" in printed.err
    given = ["fit", str(normal), "--out", str(tmp_path / "n"), "--group-by", "prefix"]
    assert "All clips belong to one recording, “noise”" in refused(given, capsys)


def test_groups_go_by_the_place_in_the_folder_given(tmp_path: Path) -> None:
    files = [tmp_path / "day1" / "a" / "x.wav", tmp_path / "day2" / "a" / "y.wav"]
    for file in files:
        file.parent.mkdir(parents=True)
        write_noise(file, 0)
    days = [tmp_path / "day1", tmp_path / "day2"]
    assert [one.group for one in sources(days, "folder")] == ["day1/a", "day2/a"]
    assert [one.group for one in sources(days[:1], "folder")] == ["a"]
    assert [one.group for one in sources(days, "file")] == [None, None]


def test_a_model_of_other_weights_is_refused(
    model: Path, normal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest, tensors = read_model(model)
    write_model(tmp_path / "m", manifest | {"backbone_weights_sha256": "0" * 64}, tensors)
    said = refused(["score", str(tmp_path / "m"), str(normal)], capsys)
    assert "other weights of aisfx" in said


def test_an_interrupt_in_the_middle_of_a_fit_leaves_no_folder(
    normal: Path, aisfx_weights: Path, tmp_path: Path
) -> None:
    out = tmp_path / "models" / "m"
    out.parent.mkdir()
    # A shell's background jobs ignore the interrupt; a terminal's do not.
    program = "import signal, sys; from core.cli import main; "
    program += "signal.signal(signal.SIGINT, signal.default_int_handler); sys.exit(main())"
    given = ["fit", str(normal), "--out", str(out), "--head", "cfa", "--progress", "lines"]
    with subprocess.Popen(
        [sys.executable, "-c", program, *given], stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "%" in line and "Listening" not in line:
                process.send_signal(signal.SIGINT)
                break
        said = process.stderr.read()
    assert process.returncode == 130
    assert "stopped; nothing half-done was saved" in said
    assert "Traceback" not in said
    assert list(out.parent.iterdir()) == []


def test_fit_refuses_a_folder_of_something_else_before_the_work(
    tmp_path: Path, normal: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"x")
    assert main(["fit", str(normal), "--out", str(tmp_path)]) == 2
    assert "not a model" in capsys.readouterr().err
    assert (tmp_path / "holiday.jpg").read_bytes() == b"x"


def test_control_c_is_130_and_leaves_no_model(
    normal: Path,
    aisfx_weights: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def pressed(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("core.detectors.model_folder.sync_file", pressed)
    out = tmp_path / "models" / "m"
    out.parent.mkdir()
    assert main(["fit", str(normal), "--out", str(out)]) == 130
    assert list(out.parent.iterdir()) == []
    assert "Traceback" not in capsys.readouterr().err


def test_weights_list_says_what_is_here(
    aisfx_weights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["weights", "list"]) == 0
    printed = capsys.readouterr().out
    assert "CC BY 4.0" in printed
    assert str(aisfx_weights) in printed


@pytest.mark.parametrize("given", [["--help"], ["weights", "list"]])
def test_what_needs_no_network_does_not_wait_for_pytorch(given: list[str]) -> None:
    program = "import sys; from core.cli import main; "
    program += f"main({given}); print('torch' in sys.modules)"
    finished = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert finished.stdout.splitlines()[-1] == "False"


def test_settings_are_named_values() -> None:
    assert settings(["a=1", "some-name = x=y"]) == {"a": "1", "some_name": "x=y"}
    with pytest.raises(SettingError, match="name=value"):
        settings(["=3"])


def test_the_former_names_of_options_are_read() -> None:
    given = parser().parse_args(["fit", "x", "--out", "m", "--label-by", "folder"])
    assert given.class_by == "folder"
    given = parser().parse_args(["rank", "x", "--unlike", "y", "z"])
    assert given.anomalous == [Path("y"), Path("z")]


def test_progress_in_a_file_is_a_line_a_step(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = iter(range(100))
    monkeypatch.setattr("tqdm.std.time", lambda: float(next(seconds)))
    shown = progress("lines")
    for stage, fraction in (("Reading\x1b[2J", 0.0), ("Reading", 0.25), ("Fitting", 1.0)):
        shown(stage, fraction)
    remark("two\nlines")
    lines = capsys.readouterr().err.splitlines()
    assert [line.split()[0] for line in lines[:-1]] == ["0%", "25%", "100%"]
    assert "left Reading [2J" in lines[0] and "left Fitting" in lines[2]
    assert lines[-1] == "hearmap: two lines"
    progress("auto")("Reading", 0.5)
    progress("off")("Reading", 0.5)
    assert capsys.readouterr().err == ""


def test_control_characters_do_not_reach_the_terminal() -> None:
    assert "\x1b" not in one_line("\x1b[31mred")
