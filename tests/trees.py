"""Miniature data sets in exactly the layout they are published in, of sounds made here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile

URBANSOUND_COLUMNS = ["slice_file_name", "fsID", "start", "end", "salience", "fold", "classID"]


def hum(seed: list[int], rate: int, seconds: float, hz: float, n_channels: int = 1) -> np.ndarray:
    """A steady tone in soft noise, [n] or [n, channel]."""
    generator = np.random.default_rng(seed)
    time_s = np.arange(round(seconds * rate)) / rate
    tone = 0.2 * np.sin(2 * np.pi * hz * time_s + generator.uniform(0, 6))
    if n_channels == 1:
        return tone + generator.normal(0, 0.02, time_s.size)
    return tone[:, None] + generator.normal(0, 0.02, (time_s.size, n_channels))


def write(path: Path, samples: np.ndarray, rate: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate)
    return path


def urbansound_tree(root: Path, classes: Mapping[str, float], folds: int = 10) -> Path:
    """UrbanSound8K: a slice a class and fold, in turn at 44.1 kHz mono and 48 kHz stereo."""
    rows = []
    for class_id, (name, hz) in enumerate(classes.items()):
        for fold in range(1, folds + 1):
            source, seconds = 1000 * class_id + fold, 1.2
            file = f"{source}-{class_id}-0-0.wav"
            rate, n_channels = (44_100, 1) if fold % 2 else (48_000, 2)
            samples = hum([class_id, fold], rate, seconds, hz, n_channels)
            write(root / "audio" / f"fold{fold}" / file, samples, rate)
            rows.append((file, source, 3.5, 3.5 + seconds, 1, fold, class_id, name))
    (root / "metadata").mkdir(parents=True)
    table = pd.DataFrame(rows, columns=[*URBANSOUND_COLUMNS, "class"])
    table.to_csv(root / "metadata" / "UrbanSound8K.csv", index=False)
    return root
