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


def mimii_tree(
    root: Path,
    folders: Mapping[str, Mapping[str, Mapping[str, tuple[int, int]]]],
    seconds: float = 1.0,
) -> Path:
    """MIMII: {SNR folder: {machine: {id: (n normal, n abnormal)}}}, 16 kHz and 8 channels.

    The machine is recorded on the first channel only; on the others it is the other way round,
    normal where the first is abnormal. The noise of a folder's SNR is the same at every id.
    """
    for level, machines in folders.items():
        for machine, ids in machines.items():
            for number, (machine_id, counts) in enumerate(ids.items()):
                for condition, n_clips in zip(("normal", "abnormal"), counts, strict=True):
                    for i in range(n_clips):
                        seed = [number, len(condition), i, len(level)]
                        samples = hum(seed, 16_000, seconds, 200.0 + 100 * number, 8)
                        fault = hum([*seed, 1], 16_000, seconds, 3000.0)
                        channels = [0] if condition == "abnormal" else list(range(1, 8))
                        samples[:, channels] += fault[:, None]
                        path = root / level / machine / machine_id / condition / f"{i:08d}.wav"
                        write(path, samples, 16_000)
    return root


def dcase2020_tree(
    root: Path, machines: Mapping[str, Mapping[str, tuple[int, int, int]]], seconds: float = 1.0
) -> Path:
    """DCASE 2020 Task 2: {machine: {id: (n training, n normal tests, n anomalous tests)}}."""
    for machine, ids in machines.items():
        for number, (machine_id, counts) in enumerate(ids.items()):
            places = (("train", "normal"), ("test", "normal"), ("test", "anomaly"))
            for (split, condition), n_clips in zip(places, counts, strict=True):
                for i in range(n_clips):
                    samples = clip(condition == "anomaly", number, [number, len(split), i], seconds)
                    name = f"{condition}_{machine_id}_{i:08d}.wav"
                    write(root / machine / split / name, samples, 16_000)
    return root


def dcase2023_tree(
    root: Path,
    machines: Mapping[str, Mapping[str, tuple[int, int, int]]],
    seconds: float = 1.0,
    speeds: tuple[int, ...] = (6, 9),
) -> Path:
    """DCASE 2023 Task 2: {machine: {domain: (n training, n normal tests, n anomalous tests)}}.

    Clips have the attribute `vel`, in turn, and every machine its attributes_00.csv.
    """
    for machine, domains in machines.items():
        rows = []
        for number, (domain, counts) in enumerate(domains.items()):
            places = (("train", "normal"), ("test", "normal"), ("test", "anomaly"))
            for (split, condition), n_clips in zip(places, counts, strict=True):
                for i in range(n_clips):
                    speed = speeds[i % len(speeds)]
                    samples = clip(condition == "anomaly", number, [number, len(split), i], seconds)
                    name = f"section_00_{domain}_{split}_{condition}_{i:04d}_vel_{speed}.wav"
                    write(root / machine / split / name, samples, 16_000)
                    rows.append((f"{machine}/{split}/{name}", "vel", speed))
        table = pd.DataFrame(rows, columns=["file_name", "d1p", "d1v"])
        table.to_csv(root / machine / "attributes_00.csv", index=False)
    return root


def clip(is_anomalous: bool, number: int, seed: list[int], seconds: float) -> np.ndarray:
    """A hum of a machine's own pitch, and over it a fault's tone at 3 kHz."""
    samples = hum([*seed, is_anomalous], 16_000, seconds, 200.0 + 100 * number)
    return samples + is_anomalous * hum([*seed, 9], 16_000, seconds, 3000.0)
