"""The examples run as their first lines say."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.detectors.model_folder import check_model

ROOT = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.usefixtures("aisfx_weights", "hearmap_home")


def run(name: str, *arguments: Path) -> list[str]:
    given = [sys.executable, str(ROOT / "examples" / name), *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(given, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.splitlines()


def test_fit_and_score_then_read_the_map(tmp_path: Path) -> None:
    normal, faulty, *regions = run("fit_and_score.py", tmp_path)
    assert ": normal, score" in normal and ": anomalous, score" in faulty
    assert regions and all(region.endswith("Hz") for region in regions)
    assert check_model(tmp_path / "fan")["head"] == "padim"
    (said,) = run("read_a_map.py", tmp_path / "map.npz", tmp_path / "plot.html")
    with np.load(tmp_path / "map.npz") as arrays:
        assert said.startswith(f"{arrays['probability'].max():.0%} at most")
    assert "heatmap" in (tmp_path / "plot.html").read_text(encoding="utf-8")


def test_a_new_head_finds_the_fault() -> None:
    normal, faulty = (float(line.rpartition("p-value ")[2]) for line in run("new_head.py"))
    assert faulty < 0.1 < normal
