"""A benchmark on a miniature ESC-50: counted right, resumable, repeatable, refused in sentences."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from core.cli import main
from tests.support.trees import urbansound_tree

RATE = 44_100
pytestmark = pytest.mark.usefixtures("aisfx_weights")


def tree(root: Path, n_takes: int = 2) -> Path:
    """Two normal classes and one of events: 5 folds, a recording a fold with `n_takes` takes."""
    (root / "audio").mkdir(parents=True)
    (root / "meta").mkdir()
    rows = []
    kinds = {"hum": (60.0, 0), "hiss": (6000.0, 1), "beep": (2500.0, 2)}
    for category, (hz, target) in kinds.items():
        for fold in range(1, 6):
            for take in range(n_takes):
                name = f"{fold}-{1000 * target + fold}-{'AB'[take]}-{target}.wav"
                generator = np.random.default_rng([fold, take, target])
                time_s = np.arange(2 * RATE) / RATE
                tone = 0.2 * np.sin(2 * np.pi * hz * time_s + generator.uniform(0, 6))
                samples = generator.normal(0, 0.02, time_s.size) + tone * (category != "beep")
                if category == "beep":
                    samples = tone * (time_s < 1.2)
                soundfile.write(root / "audio" / name, samples, RATE)
                rows.append((name, fold, target, category, False, 1000 * target + fold, "AB"[take]))
    columns = ["filename", "fold", "target", "category", "esc10", "src_file", "take"]
    pd.DataFrame(rows, columns=columns).to_csv(root / "meta" / "esc50.csv", index=False)
    return root


def envmix(root: Path, out: Path, *more: str) -> int:
    return main(
        f"bench envmix --esc50 {root} --normal hum,hiss --anomaly beep --heads padim "
        f"--presets recommended --snr 6 --seed 0 --out {out}".split()
        + list(more)
    )


def rows_of(out: Path) -> list[dict]:
    return json.loads((out / "results.json").read_text())["rows"]


def test_a_miniature_runs_is_resumed_and_repeats_to_the_digit(tmp_path, capsys) -> None:
    root = tree(tmp_path / "esc50")
    assert envmix(root, tmp_path / "one", "--compare-grouping") == 0
    rows = rows_of(tmp_path / "one")
    sample = [row for row in rows if (row["level"], row["metric"]) == ("sample", "ROC")]
    # 2 folds of 2 takes are normal tests; each is mixed once with the one class of events.
    assert [(row["normal"], row["n"]) for row in sample] == [("hum", 8), ("hiss", 8)]
    assert all(row["value"] == 1.0 for row in sample), "a beep in a steady hum is easy"
    spectrogram = [r for r in rows if (r["level"], r["metric"]) == ("spectrogram", "ROC")]
    assert all(row["low"] <= row["value"] <= row["high"] for row in spectrogram)
    alarms = [row["metric"] for row in rows if row["metric"].startswith("false alarms")]
    assert len(alarms) == 8 and any("ungrouped" in metric for metric in alarms)
    table = (tmp_path / "one" / "results.md").read_text()
    assert "| padim | recommended | 100.0 (100.0)" in table and "86.3" in table

    assert envmix(root, tmp_path / "two", "--compare-grouping") == 0
    assert rows_of(tmp_path / "two") == rows

    parts = sorted((tmp_path / "one" / "parts").iterdir())
    assert len(parts) == 2
    parts[0].unlink()
    kept = parts[1].stat().st_mtime_ns
    assert envmix(root, tmp_path / "one", "--compare-grouping") == 0
    assert rows_of(tmp_path / "one") == rows
    assert parts[1].stat().st_mtime_ns == kept, "what was finished was run again"


def test_novelty_tells_one_class_from_the_other(tmp_path, capsys) -> None:
    root = tree(tmp_path / "esc50")
    arguments = f"bench novelty --esc50 {root} --normal hum,hiss --heads padim --out {tmp_path}/out"
    assert main([*arguments.split(), "--presets", "recommended"]) == 0
    (hum, hiss) = rows_of(tmp_path / "out")
    assert (hum["normal"], hum["n"], hum["value"]) == ("hum", 8, 1.0)
    assert hiss["value"] == 1.0


def test_wrong_trees_and_classes_are_named(tmp_path, capsys) -> None:
    root = tree(tmp_path / "esc50", n_takes=1)

    def complaint(root: Path = root, normal: str = "hum", anomaly: str = "beep") -> str:
        given = f"bench envmix --esc50 {root} --normal {normal} --anomaly {anomaly} --heads padim"
        assert main([*given.split(), "--out", str(tmp_path / "out")]) == 2
        error = capsys.readouterr().err.strip()
        assert "\n" not in error and "Traceback" not in error
        return error

    assert "no meta/esc50.csv" in complaint(root=tmp_path / "elsewhere")
    assert "both normal and anomalous" in complaint(normal="hum,beep")
    assert "“purr” is not in the data; the classes are beep, hiss, hum" in complaint(normal="purr")
    gone = next((root / "audio").glob("4-*-0.wav"))
    gone.rename(gone.with_suffix(".bak"))
    assert gone.name in complaint()
    table = root / "meta" / "esc50.csv"
    table.write_text(table.read_text().replace("src_file", "source"))
    assert "no column “src_file”" in complaint()
    table.write_bytes(b"")
    assert "cannot be read" in complaint()


def test_unknown_heads_and_presets_are_named(tmp_path, capsys) -> None:
    root = tree(tmp_path / "esc50", n_takes=1)
    given = f"bench novelty --esc50 {root} --normal hum,hiss --out {tmp_path / 'out'}".split()
    assert main([*given, "--heads", "oracle"]) == 2
    assert "there are patchcore" in capsys.readouterr().err
    assert main([*given, "--heads", "padim", "--presets", "best"]) == 2
    assert "recommended, published" in capsys.readouterr().err


def test_events_of_esc50_in_urbansounds_clips(tmp_path: Path) -> None:
    """As the paper has it: folds 1-6 train, 7-10 are mixed with events of any fold."""
    urban = urbansound_tree(tmp_path / "UrbanSound8K", {"siren": 900.0, "drilling": 200.0})
    events = tree(tmp_path / "esc50")
    given = f"bench envmix --urbansound {urban} --esc50 {events} --normal siren --anomaly beep"
    options = f"--heads padim --presets recommended --snr 6 --seed 0 --out {tmp_path / 'out'}"
    assert main([*given.split(), *options.split()]) == 0
    rows = {(r["level"], r["metric"]): r for r in rows_of(tmp_path / "out")}
    sample = rows["sample", "ROC"]
    assert (sample["data_set"], sample["normal"]) == ("urbansound+esc50", "siren")
    clips = json.loads((tmp_path / "out" / "clips.json").read_text())["clips"]
    folds = {int(Path(c["made_from"]["normal_file"]).parent.name[4:]) for c in clips}
    assert folds == {7, 8, 9, 10}
    assert sample["n"] == len(clips)
    assert sample["value"] > 0.9, "a beep in a steady tone is easy"
