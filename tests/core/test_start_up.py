"""What needs no network, and how little a command imports, each in a process of its own."""

import pkgutil
import subprocess
import sys
from pathlib import Path

import soundfile

import core.audio
import core.backbones.weights
import core.detectors.calibration
import core.metrics
import core.runtime
import core.storage
from core import Detector
from tests.support.fake_features import noise

LIGHT = [
    "core.types",
    "core.detectors.registry",
    "core.detectors.region_words",
    "core.detectors.regions",
    "core.report.summary_sentence",
    "core.detectors.model_folder",
    *(
        f"{package.__name__}.{module.name}"
        for package in (
            core.audio,
            core.backbones.weights,
            core.detectors.calibration,
            core.metrics,
            core.runtime,
            core.storage,
        )
        for module in pkgutil.iter_modules(package.__path__)
    ),
]


def imported(code: str) -> set[str]:
    """The modules that are there after this code, in a fresh process."""
    printed = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print('\\n'.join(sys.modules))"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    return set(printed.splitlines())


def test_records_calibration_weights_and_metrics_need_no_pytorch() -> None:
    there = imported("; ".join(f"import {name}" for name in LIGHT))
    assert not there & {"torch", "sklearn", "scipy.stats", "faiss", "streamlit", "numba"}


def test_scoring_with_padim_imports_no_other_head_s_libraries(
    aisfx_weights: Path, hearmap_home: Path, tmp_path: Path
) -> None:
    detector = Detector("padim", smoothing_sigma=1.0, n_channels=4, position="frequency")
    detector.fit([noise(seed) for seed in range(3)]).save(tmp_path / "model")
    soundfile.write(tmp_path / "one.wav", noise(9).samples, noise(9).sample_rate)
    arguments = ["score", str(tmp_path / "model"), str(tmp_path / "one.wav")]
    there = imported(f"from core.cli import main; assert main({arguments!r}) == 0")
    assert "torch" in there
    assert not there & {"sklearn", "scipy.stats", "faiss", "librosa", "numba", "sqlalchemy", "av"}
