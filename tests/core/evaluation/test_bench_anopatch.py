"""AnoPatch on miniature DCASE trees: one network for all machines, each compared with its own."""

import json
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import Detector
from core.cli import main
from core.detectors.heads.anopatch import AnoPatch
from core.evaluation.benchmarks import machine_benchmark
from core.evaluation.candidate import Candidate
from core.metrics import bootstrap_interval
from core.types import AnomalyMap, Clip, TrainingClip
from tests.core.evaluation.test_bench_machines import area, lines, rows_of
from tests.support.trees import dcase2020_tree, dcase2023_tree

# Shows the way, not what AnoPatch can do.
STEPS = {"steps": 3, "batch_size": 4, "accumulation": 1, "warmup_steps": 1, "crop_seconds": 0.3}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What detectors were told, by the real ones; with few steps and few draws."""
    told: dict[str, Any] = {"fits": [], "banks": []}

    class Watched(Detector):
        def fit(self, clips: Iterable[Clip | TrainingClip], **options: Any) -> Detector:
            told["settings"] = self.settings
            super().fit(clips, **options)
            told["fits"].append(
                {name: [clip[name] for clip in self.training] for name in ("label", "bank")}
            )
            return self

        def score_many(self, clips: Iterable[Clip], **options: Any) -> Iterator[AnomalyMap]:
            told["banks"].append(options["bank"])
            return super().score_many(clips, **options)

    monkeypatch.setattr("core.evaluation.candidate.Detector", Watched)
    monkeypatch.setitem(AnoPatch.more_presets, "small", STEPS)
    few_draws = partial(bootstrap_interval, n_resamples=30)
    monkeypatch.setattr(machine_benchmark, "bootstrap_interval", few_draws)
    return told


def bench(kind: str, root: Path, out: Path) -> int:
    given = f"bench {kind} {root} --heads anopatch --presets small --backbone beats-small"
    return main([*given.split(), "--out", str(out)])


def by_kind(out: Path, normal: str, among: str = "") -> tuple[list[float], list[float]]:
    """A piece's scores of normal and of anomalous clips."""
    clips = json.loads((out / "clips.json").read_text())
    clips = [c for c in clips["clips"] if c["normal"] == normal] if "clips" in clips else clips
    mine = [c for c in clips if among in c["clip"] or c["anomalous"]]
    return (
        [c["score"] for c in mine if not c["anomalous"]],
        [c["score"] for c in mine if c["anomalous"]],
    )


def test_dcase2020_is_scored_per_machine_and_id(
    asked: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machines = {
        "fan": {"id_00": (4, 3, 3), "id_02": (3, 3, 2)},
        "valve": {"id_06": (3, 2, 3)},
    }
    root = dcase2020_tree(tmp_path / "data", machines, seconds=0.4)
    out = tmp_path / "out"
    assert bench("dcase2020", root, out) == 0
    (fit,) = asked["fits"]
    assert fit["label"] == ["fan/id_00"] * 4 + ["fan/id_02"] * 3 + ["valve/id_06"] * 3
    assert fit["bank"] == ["fan id_00"] * 4 + ["fan id_02"] * 3 + ["valve id_06"] * 3
    assert asked["banks"] == ["fan id_00", "fan id_02", "valve id_06"]
    rows = rows_of(out)
    roc = {}
    for name in asked["banks"]:
        found = rows["anopatch", name, None, "ROC"]["value"]
        assert found == pytest.approx(area(*by_kind(out, name)), abs=1e-9)
        roc[name] = found
    fan = (roc["fan id_00"] + roc["fan id_02"]) / 2
    assert rows["anopatch", "fan, development", None, "ROC"]["value"] == pytest.approx(fan)
    overall = rows["anopatch", "all machines, development", None, "ROC"]["value"]
    assert overall == pytest.approx((fan + roc["valve id_06"]) / 2)
    printed = capsys.readouterr().out
    for name in ("fan id_00", "fan, development", "all machines, development"):
        assert lines(printed, f"| anopatch | small | {name} |")
    share = 100 * rows["anopatch", "fan, development", None, "mean of ROC and pAUC"]["value"]
    (line,) = lines(printed, "| anopatch | small | fan, development |", "| mean of ROC and pAUC |")
    assert f"| {share:.1f} |" in line and "AnoPatch, table 1" in line
    assert not (out / "checkpoints").exists()
    assert bench("dcase2020", root, out) == 0
    assert len(asked["fits"]) == 1, "what is finished is read"


def test_dcase2023_compares_with_source_and_target_and_takes_the_smaller(
    asked: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machines = {
        "bearing": {"source": (4, 3, 2), "target": (2, 3, 2)},
        "shaker": {"source": (3, 3, 2), "target": (1, 3, 2)},
    }
    root = dcase2023_tree(tmp_path / "data", machines, seconds=0.4)
    out = tmp_path / "out"
    assert bench("dcase2023", root, out) == 0
    (fit,) = asked["fits"]
    assert sorted(set(fit["bank"])) == [
        f"{machine}/{domain}" for machine in machines for domain in ("source", "target")
    ]
    assert all("=" in label for label in fit["label"]) and len(set(fit["label"])) > 2
    assert asked["banks"] == ["bearing", "shaker"]
    rows = rows_of(out)
    for machine in machines:
        for domain in ("source", "target"):
            expected = area(*by_kind(out, machine, f"_{domain}_"))
            found = rows["anopatch", machine, None, f"ROC {domain}"]["value"]
            assert found == pytest.approx(expected, abs=1e-9)
    printed = capsys.readouterr().out
    assert lines(
        printed, "| anopatch | small | bearing |", "| harmonic mean |", "AnoPatch, table 2"
    )
    assert lines(printed, "| anopatch | small | all machines, development |")


def test_the_published_form_masks_as_much_as_the_paper_says() -> None:
    published = Candidate("anopatch", "published", "beats-small", {})
    assert published.on("dcase2020").settings_in_full().specaug_freq == 40
    assert published.on("dcase2023").settings_in_full().specaug_freq == 80
    assert published.learns_classes
    assert not Candidate("padim", "published", "aisfx", {}).learns_classes
    full = published.settings_in_full()
    paper = (full.steps, full.batch_size, full.accumulation, full.learning_rate, full.warmup_steps)
    assert paper == (10_000, 32, 8, 1e-4, 960) and full.k == 1
    assert np.isfinite(full.arcface_scale)
