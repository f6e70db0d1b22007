"""A folder of six recordings, and a model that was fitted on them as a user does it."""

import os
from pathlib import Path

import numpy as np
import pytest

from core.audio import wav_bytes
from core.cli import main

RATE = 44_100


def noise(seed: int) -> bytes:
    """A second of noise as a WAV file."""
    return wav_bytes(np.random.default_rng(seed).normal(0, 0.1, RATE).astype(np.float32), RATE)


@pytest.fixture(scope="package")
def tank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tank")
    for i in range(6):
        (folder / f"{i}.wav").write_bytes(noise(i))
    return folder


@pytest.fixture(scope="package")
def model(tank: Path, aisfx_weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("models") / "model"
    before = os.environ.get("HEARMAP_HOME")
    os.environ["HEARMAP_HOME"] = str(out.parent / "home")
    try:
        assert main(["fit", str(tank), "--out", str(out), "--progress", "off"]) == 0
    finally:
        os.environ.pop("HEARMAP_HOME") if before is None else os.environ.update(HEARMAP_HOME=before)
    return out
