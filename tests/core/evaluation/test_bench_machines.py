"""`hearmap bench` on miniature MIMII and DCASE trees: counted, averaged, resumed, refused."""

import errno
import json
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import pairwise
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest
import soundfile

from core.cli import main
from core.evaluation.benchmarks import machine_benchmark
from core.evaluation.benchmarks.paper import envmix_values, paper_value, paper_values
from core.metrics import bootstrap_interval
from core.types import Clip
from tests.support.trees import dcase2020_tree, dcase2023_tree, mimii_tree

HEADS = "padim,autoencoder"


def loudness(samples: np.ndarray) -> float:
    """A score that tells the trees' faults from their noise, but not without mistakes."""
    # The sum of the last samples is as good as a random number, and the clip's own.
    return float(np.abs(samples).max() + 0.6 * np.sin(1e4 * np.abs(samples[-50:]).sum()))


class Loudness:
    """Stands for a detector: a clip's score is its loudness, and fitting only takes note."""

    sample_rate = 16_000
    fits: ClassVar[list[tuple[str, list[str]]]] = []
    stop_at: ClassVar[int | None] = None

    def __init__(self, head: str, backbone: str, *, seed: int, **settings: Any) -> None:
        self.head = head

    def fit(self, clips: Iterable[Clip], **options: Any) -> None:
        if len(self.fits) == self.stop_at:
            raise KeyboardInterrupt
        self.fits.append((self.head, [f"{clip.name} {loudness(clip.samples)}" for clip in clips]))

    def score_many(self, clips: Iterable[Clip], **options: Any) -> Iterator[Any]:
        for clip in clips:
            yield SimpleNamespace(
                clip_name=clip.name, score=loudness(clip.samples), p_value=0.5, threshold=0.4
            )


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> type[Loudness]:
    monkeypatch.setattr("core.evaluation.candidate.Detector", Loudness)
    monkeypatch.setattr(Loudness, "fits", [])
    monkeypatch.setattr(Loudness, "stop_at", None)
    # A thousand draws are for tables; that intervals are right is shown where they are made.
    few_draws = partial(bootstrap_interval, n_resamples=30)
    monkeypatch.setattr(machine_benchmark, "bootstrap_interval", few_draws)
    return Loudness


def bench(kind: str, root: Path, out: Path, *more: str, heads: str = HEADS) -> int:
    given = f"bench {kind} {root} --heads {heads} --presets published --seed 0 --jobs 1"
    return main([*given.split(), "--out", str(out), *more])


def rows_of(out: Path) -> dict[tuple, dict]:
    rows = json.loads((out / "results.json").read_text())["rows"]
    return {(r["head"], r["normal"], r["snr_db"], r["metric"]): r for r in rows}


def scores_of(paths: Iterable[Path]) -> list[float]:
    return [loudness(soundfile.read(p, dtype="float32", always_2d=True)[0][:, 0]) for p in paths]


def area(normal: list[float], anomalous: list[float]) -> float:
    """AUROC by comparing every pair."""
    return float(np.mean([(a > n) + 0.5 * (a == n) for a in anomalous for n in normal]))


def partial_area(normal: list[float], anomalous: list[float], max_fpr: float = 0.1) -> float:
    """McClish's pAUC, by walking down the thresholds."""
    points = [(0.0, 0.0)]
    for cut in sorted({*normal, *anomalous}, reverse=True):
        points.append((np.mean(np.array(normal) >= cut), np.mean(np.array(anomalous) >= cut)))
    found = 0.0
    for (x0, y0), (x1, y1) in pairwise(points):
        if x0 < max_fpr and x1 > x0:
            stop = min(x1, max_fpr)
            found += (stop - x0) * (y0 + y0 + (y1 - y0) * (stop - x0) / (x1 - x0)) / 2
    least = max_fpr**2 / 2
    return 0.5 * (1 + (found - least) / (max_fpr - least))


def lines(text: str, *parts: str) -> list[str]:
    return [line for line in text.splitlines() if all(part in line for part in parts)]


def test_mimii_is_split_averaged_and_shown_beside_the_papers(quick, tmp_path, capsys) -> None:
    of_fan = {"fan": {"id_00": (9, 4), "id_02": (6, 2)}}
    levels = {"6_dB_fan": of_fan, "-6_dB_fan": of_fan, "6_dB_pump": {"pump": {"id_04": (7, 3)}}}
    root = mimii_tree(tmp_path / "mimii", levels, seconds=0.2)
    assert bench("mimii", root, tmp_path / "out") == 0
    rows = rows_of(tmp_path / "out")
    alone = {}
    for level, machines in levels.items():
        snr_db = float(level.split("_")[0])
        for machine, ids in machines.items():
            for name, (n_normal, n_abnormal) in ids.items():
                folder = root / level / machine / name
                normal = [folder / "normal" / f"{i:08d}.wav" for i in range(n_normal)]
                abnormal = [folder / "abnormal" / f"{i:08d}.wav" for i in range(n_abnormal)]
                tested, trained = normal[:n_abnormal], normal[n_abnormal:]
                assert len(trained) == n_normal - n_abnormal
                fit = [f"{p.name} {s}" for p, s in zip(trained, scores_of(trained), strict=True)]
                assert quick.fits.count(("padim", fit)) == 1
                row = rows["padim", f"{machine} {name}", snr_db, "ROC"]
                expected = area(scores_of(tested), scores_of(abnormal))
                assert row["value"] == pytest.approx(expected, abs=1e-9)
                assert row["low"] <= row["value"] <= row["high"]
                assert row["n"] == 2 * n_abnormal
                alone[machine, name, snr_db] = expected
    assert len(quick.fits) == 2 * len(alone) == 10
    assert len(set(alone.values())) > 3, "the trees are too easy to tell means apart"

    def mean(*values: float) -> Any:
        return pytest.approx(sum(values) / len(values), abs=1e-9)

    fan = [alone["fan", name, snr_db] for snr_db in (6, -6) for name in ("id_00", "id_02")]
    assert rows["padim", "fan", 6.0, "ROC"]["value"] == mean(*fan[:2])
    assert rows["padim", "fan", -6.0, "ROC"]["value"] == mean(*fan[2:])
    assert rows["padim", "fan", None, "ROC"]["value"] == mean(*fan)
    pump = alone["pump", "id_04", 6]
    both = rows["padim", "all machines", None, "ROC"]
    assert both["value"] == mean(mean(*fan).expected, pump)
    assert both["n"] == 2 * (4 + 2) * 2 + 2 * 3

    text = (tmp_path / "out" / "results.md").read_text()
    ours = 100 * rows["padim", "fan", None, "ROC"]["value"]
    (line,) = lines(text, "| padim | published | fan |", "| ROC |")
    assert "| 2 of 4 ids, 2 of 3 SNRs |" in line
    assert f"| {ours:.1f} |" in line
    assert line.endswith(f"| 61.1 | {ours - 61.1:+.1f} | Vision to Sound, table 1 |")
    (line,) = lines(text, "| autoencoder | published | pump |", "| ROC |")
    assert "| 73.4 |" in line and "mimii_baseline" in line
    assert lines(text, "| padim | published | fan, mean of ids | -6 |")
    assert lines(text, "| padim | published | fan id_02 | 6 |", "| 4 |")
    assert "all machines" in text and str(tmp_path) not in text


def test_mimii_filters_choose_machines_ids_and_snrs(quick, tmp_path, capsys) -> None:
    ids = {"id_00": (4, 1), "id_02": (4, 1)}
    root = mimii_tree(tmp_path / "m", {n: {"fan": ids} for n in ("6dB", "min6dB")}, seconds=0.1)
    more = ["--machines", "fan", "--ids", "02", "--snr", "-6"]
    assert bench("mimii", root, tmp_path / "out", *more, heads="padim") == 0
    found = {(normal, snr_db) for _, normal, snr_db, _ in rows_of(tmp_path / "out")}
    assert found == {("fan id_02", -6.0), ("fan", -6.0), ("fan", None), ("all machines", None)}


def test_dcase2020_means_are_of_ids_then_of_machines(quick, tmp_path, capsys) -> None:
    machines = {
        "fan": {"id_00": (3, 6, 5), "id_02": (3, 5, 5), "id_01": (2, 3, 4)},
        "valve": {"id_06": (2, 4, 6)},
        "grinder": {"id_00": (2, 3, 3)},
    }
    root = dcase2020_tree(tmp_path / "data", machines, seconds=0.2)
    assert bench("dcase2020", root, tmp_path / "out") == 0
    rows = rows_of(tmp_path / "out")
    both = {}
    for machine, ids in machines.items():
        for name, (_, n_normal, n_anomalous) in ids.items():
            test = root / machine / "test"
            normal = scores_of(test / f"normal_{name}_{i:08d}.wav" for i in range(n_normal))
            other = scores_of(test / f"anomaly_{name}_{i:08d}.wav" for i in range(n_anomalous))
            roc, partial = area(normal, other), partial_area(normal, other)
            key = ("padim", f"{machine} {name}", None)
            assert rows[(*key, "ROC")]["value"] == pytest.approx(roc, abs=1e-9)
            assert rows[(*key, "pAUC")]["value"] == pytest.approx(partial, abs=1e-9)
            mean = rows[(*key, "mean of ROC and pAUC")]
            assert mean["value"] == pytest.approx((roc + partial) / 2, abs=1e-9)
            assert mean["n"] == n_normal + n_anomalous
            both[machine, name] = mean["value"]
    fan = (both["fan", "id_00"] + both["fan", "id_02"]) / 2
    expected = {
        "fan, development": fan,
        "fan, evaluation": both["fan", "id_01"],
        "valve, development": both["valve", "id_06"],
        "grinder": both["grinder", "id_00"],
        "all machines, development": (fan + both["valve", "id_06"]) / 2,
        "all machines, evaluation": both["fan", "id_01"],
        "all machines": both["grinder", "id_00"],
    }
    for normal, value in expected.items():
        found = rows["padim", normal, None, "mean of ROC and pAUC"]
        assert found["value"] == pytest.approx(value, abs=1e-9)
    text = (tmp_path / "out" / "results.md").read_text()
    (line,) = lines(text, "| autoencoder | published | fan, development |", "| ROC |")
    assert "| 2 of 4 ids |" in line and "| 65.8 |" in line
    (line,) = lines(text, "| padim | published | all machines, development |", "| ROC |")
    assert "| 2 of 6 machines |" in line and line.endswith("| - | - | - |")
    assert lines(text, "| padim | published | grinder | 1 ids |")


def test_dcase2020_ids_without_labels_are_left_out_and_said_so(quick, tmp_path, capsys) -> None:
    machines = {"fan": {"id_00": (2, 2, 2), "id_01": (2, 0, 0)}}
    root = dcase2020_tree(tmp_path / "data", machines, seconds=0.1)
    tone = [0.1] * 1600
    for i in range(4):
        soundfile.write(root / "fan" / "test" / f"id_01_{i:08d}.wav", tone, 16_000)
    assert bench("dcase2020", root, tmp_path / "out", heads="padim") == 0
    assert "left out: fan id_01 has no test clips with labels." in capsys.readouterr().err
    assert "fan id_01 has no test clips" in (tmp_path / "out" / "results.md").read_text()
    assert bench("dcase2020", root, tmp_path / "out", "--ids", "01") == 2
    assert "Nothing can be measured here. fan id_01" in capsys.readouterr().err
    labels = tmp_path / "eval_data_list.csv"
    names = [f"id_01_{i:08d}.wav,other,{i % 2}" for i in range(4)]
    labels.write_text("\n".join(["fan", *names]))
    more = ["--ids", "01", "--labels", str(labels)]
    assert bench("dcase2020", root, tmp_path / "labelled", *more) == 0
    assert rows_of(tmp_path / "labelled")["padim", "fan id_01", None, "ROC"]["n"] == 4


def test_dcase2023_domains_share_their_anomalies(quick, tmp_path, capsys) -> None:
    machines = {
        "bearing": {"source": (5, 6, 4), "target": (2, 5, 3)},
        "ToyTrain": {"source": (3, 4, 4), "target": (1, 4, 4)},
        "shaker": {"source": (3, 3, 2), "target": (1, 3, 2)},
    }
    root = dcase2023_tree(tmp_path / "data", machines, seconds=0.2)
    assert bench("dcase2023", root, tmp_path / "out") == 0
    rows = rows_of(tmp_path / "out")
    official = {}
    for machine in machines:
        test = root / machine / "test"
        normal = {
            d: scores_of(test.glob(f"section_00_{d}_test_normal*")) for d in ("source", "target")
        }
        other = scores_of(test.glob("section_00_*_test_anomaly*"))
        expected = [area(normal["source"], other), area(normal["target"], other)]
        expected.append(partial_area(normal["source"] + normal["target"], other))
        for metric, value in zip(("ROC source", "ROC target", "pAUC"), expected, strict=True):
            row = rows["padim", machine, None, metric]
            assert row["value"] == pytest.approx(value, abs=1e-9)
            assert row["low"] <= row["value"] <= row["high"]
        official[machine] = 3 / sum(1 / value for value in expected)
        found = rows["padim", machine, None, "harmonic mean"]
        assert found["value"] == pytest.approx(official[machine], abs=1e-9)
    development = 2 / (1 / official["bearing"] + 1 / official["ToyTrain"])
    found = rows["padim", "all machines, development", None, "harmonic mean"]
    assert found["value"] == pytest.approx(development, abs=1e-9)
    assert (
        rows["padim", "all machines, evaluation", None, "harmonic mean"]["value"]
        == (rows["padim", "shaker", None, "harmonic mean"]["value"])
    )
    # One detector for both domains of a machine.
    assert sorted(len(clips) for head, clips in quick.fits if head == "padim") == [4, 4, 7]
    text = (tmp_path / "out" / "results.md").read_text()
    assert lines(text, "| padim | published | bearing | both domains | harmonic mean |")
    assert lines(text, "| all machines, development | 2 of 7 machines | harmonic mean |")


def test_a_benchmark_killed_half_way_goes_on(quick, tmp_path, capsys) -> None:
    machines = {"fan": {f"id_0{i}": (3, 3, 3) for i in (0, 2, 4, 6)}}
    root = dcase2020_tree(tmp_path / "data", machines, seconds=0.1)
    assert bench("dcase2020", root, tmp_path / "whole", heads="padim") == 0
    quick.fits.clear()
    quick.stop_at = 2
    assert bench("dcase2020", root, tmp_path / "out", heads="padim") == 130
    assert not (tmp_path / "out" / "results.json").exists()
    quick.stop_at = None
    assert bench("dcase2020", root, tmp_path / "out", heads="padim") == 0
    assert len(quick.fits) == 4, "what was finished was run again"
    assert rows_of(tmp_path / "out") == rows_of(tmp_path / "whole")
    # Another clip is another measurement, of its own id only.
    extra = root / "fan" / "test" / "normal_id_02_00000099.wav"
    extra.write_bytes((root / "fan" / "test" / "normal_id_02_00000000.wav").read_bytes())
    assert bench("dcase2020", root, tmp_path / "out", heads="padim") == 0
    assert len(quick.fits) == 5
    assert rows_of(tmp_path / "out")["padim", "fan id_02", None, "ROC"]["n"] == 7


def test_a_full_disk_is_said_and_leaves_nothing_half_written(
    quick, tmp_path, monkeypatch, capsys
) -> None:
    root = dcase2020_tree(tmp_path / "data", {"fan": {"id_00": (3, 2, 2)}}, seconds=0.1)

    def full(path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("core.runtime.atomic_write.sync_file", full)
        assert bench("dcase2020", root, tmp_path / "out", heads="padim") == 1
    error = capsys.readouterr().err.strip()
    assert "the disk is full; free some space and try again" in error and "\n" not in error
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert bench("dcase2020", root, tmp_path / "out", heads="padim") == 0


def test_wrong_trees_exit_2_with_one_line(quick, tmp_path, capsys) -> None:
    fans = dcase2020_tree(tmp_path / "fans", {"fan": {"id_00": (3, 2, 2)}}, seconds=0.1)
    sections = dcase2023_tree(
        tmp_path / "sections", {"fan": {"source": (3, 2, 2), "target": (1, 2, 2)}}, seconds=0.1
    )

    def complaint(kind: str, root: Path, *more: str) -> str:
        assert bench(kind, root, tmp_path / "out", *more) == 2
        error = capsys.readouterr().err.strip()
        assert "\n" not in error and "Traceback" not in error
        assert not (tmp_path / "out").exists() and not quick.fits, "work began"
        return error

    assert "is not MIMII" in complaint("mimii", fans)
    assert "is not named as in DCASE 2023" in complaint("dcase2023", _with_attributes(fans))
    assert "is not named as in DCASE 2020" in complaint("dcase2020", sections)
    assert "no machine “pump”" in complaint("dcase2020", fans, "--machines", "pump")
    assert "no id “id_07”" in complaint("dcase2020", fans, "--ids", "7", "--ids", "07")
    assert "it is not there" in complaint("dcase2020", fans, "--labels", str(tmp_path / "no.csv"))
    for path in (fans / "fan" / "test").glob("anomaly*"):
        path.unlink()
    assert "All 2 test clips of fan id_00 are normal, so its AUROC is undefined" in complaint(
        "dcase2020", fans
    )
    for path in (sections / "fan" / "test").glob("*target_test_normal*"):
        path.unlink()
    table = sections / "fan" / "attributes_00.csv"
    kept = [line for line in table.read_text().splitlines() if "target_test_normal" not in line]
    table.write_text("\n".join(kept))
    assert "No test clip of the target domain of fan is normal" in complaint("dcase2023", sections)


def _with_attributes(root: Path) -> Path:
    (root / "fan" / "attributes_00.csv").write_text("file_name\n")
    return root


def test_other_processes_can_be_given_the_work(quick, tmp_path, monkeypatch) -> None:
    root = dcase2020_tree(tmp_path / "data", {"fan": {"id_00": (3, 2, 2)}}, seconds=0.1)
    sent = []
    run_units = machine_benchmark.run_units

    def watched(units: Any, measure: Any, *more: Any) -> Any:
        sent.append(ForkingPickler.dumps(measure))
        return run_units(units, measure, *more)

    monkeypatch.setattr(machine_benchmark, "run_units", watched)
    assert bench("dcase2020", root, tmp_path / "out", heads="padim") == 0
    assert len(sent) == 1


@pytest.mark.parametrize("kind", ["mimii", "dcase2020", "dcase2023"])
@pytest.mark.usefixtures("aisfx_weights")
def test_a_real_detector_finds_the_faults_of_each_tree(kind: str, tmp_path, capsys) -> None:
    if kind == "mimii":
        root = mimii_tree(tmp_path / "data", {"0_dB_fan": {"fan": {"id_00": (9, 3)}}})
    elif kind == "dcase2020":
        root = dcase2020_tree(tmp_path / "data", {"fan": {"id_00": (6, 3, 3)}})
    else:
        root = dcase2023_tree(
            tmp_path / "data", {"fan": {"source": (5, 2, 2), "target": (3, 2, 2)}}
        )
    given = f"bench {kind} {root} --heads padim --presets recommended --out {tmp_path / 'out'}"
    assert main(given.split()) == 0
    rows = rows_of(tmp_path / "out")
    measured = [row for key, row in rows.items() if key[3].startswith("ROC")]
    assert measured and all(row["value"] == 1.0 for row in measured)
    assert {row["data_set"] for row in measured} == {kind}


def test_the_papers_numbers_are_those_of_their_tables() -> None:
    assert len(paper_values()) == 100
    assert envmix_values("cfa")["temporal", "ROC"] == 70.0
    assert envmix_values("patchcore")["faithfulness", "FF v2"] == 6.2
    assert envmix_values("autoencoder") == {}
    found = paper_value("dcase2020", "anopatch", "ToyConveyor", "mean of ROC and pAUC",
                        "evaluation")  # fmt: skip
    assert found is not None and found.value == 83.74
    # AnoPatch's means follow from its machines' values: two tables, copied right.
    for data_set, part, harmonic in (
        ("dcase2020", "development", False),
        ("dcase2020", "evaluation", False),
        ("dcase2023", "development", True),
        ("dcase2023", "evaluation", True),
    ):
        values = [
            one for one in paper_values().itertuples()
            if (one.head, one.data_set, one.part) == ("anopatch", data_set, part)
        ]  # fmt: skip
        of_machines = np.array([one.value for one in values if one.machine])
        (mean,) = (one.value for one in values if not one.machine)
        expected = 1 / np.mean(1 / of_machines) if harmonic else np.mean(of_machines)
        assert mean == pytest.approx(expected, abs=0.006)
