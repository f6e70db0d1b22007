"""Time and memory of every backbone: `python -m benchmarks.backbones`.

Random weights in the networks' real shapes: speed does not depend on the values. Only the
question whether bfloat16 changes what is found takes real weights, aiSFX's, and made-up machines.
A few minutes on two cores.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from scipy.stats import spearmanr

from benchmarks.results_page import machine, write_section
from core.backbones import beats, clap_panns, registry
from core.backbones.backbone import Backbone
from core.backbones.front_ends import FRONT_ENDS
from core.backbones.networks.beats import BeatsConfig, BeatsNetwork
from core.backbones.networks.cnn14 import Cnn14
from core.detectors.detector import Detector
from core.detectors.presets import preset_settings
from core.evaluation.datasets.machines import FAULTS, make
from core.features.cache import FeatureCache
from core.features.extractor import FeatureExtractor
from core.metrics import roc_auc
from core.spectral.spectrogram import mel_filter_bank
from core.types import Clip, TrainingClip

SECONDS = 10.0
BATCHES = (1, 4, 8)
N_REPEATS = 2


def new_backbone(name: str, device: torch.device) -> Backbone:
    """Make a backbone with random weights."""
    torch.manual_seed(0)
    if name in clap_panns.MAKERS:
        filters = None if name == "aisfx" else mel_filter_bank(FRONT_ENDS[name])
        network = clap_panns.untrained(name)
        return clap_panns.backbone_of(name, network, filters, "random", device)
    if name == "beats":
        return beats.backbone_of(name, BeatsNetwork(BeatsConfig()), "random", "MIT", device)
    return registry.BACKBONES[name](device)


class InOrder:
    """A CNN14 as usual computed with channels first, to see what channels last brings."""

    def __init__(self, network: Cnn14) -> None:
        self.network = network.to(memory_format=torch.contiguous_format)

    def __call__(self, log_mel: torch.Tensor, layers: tuple[str, ...]) -> dict[str, torch.Tensor]:
        x = log_mel.transpose(1, 2).unsqueeze(1)
        if self.network.bn0 is not None:
            x = self.network.bn0(x.transpose(1, 3)).transpose(1, 3)
        x, maps = x.contiguous(), {}
        for i, pooled in enumerate(self.network.pooled, start=1):
            x = self.network.get_submodule(f"conv_block{i}")(x)
            if pooled:
                pool = F.max_pool2d if self.network.pooling == "max" else F.avg_pool2d
                x = pool(x, 2)
            if f"conv_block{i}" in layers:
                maps[f"conv_block{i}"] = x.transpose(2, 3)
        return maps


def measure(name: str, form: str, batch: int, device: str) -> dict[str, float]:
    """Seconds per second of audio, front end included, and the process's or the GPU's memory."""
    backbone = new_backbone(name, torch.device(device))
    if form == "bfloat16":
        backbone = backbone.at("bfloat16")
    if form == "channels first":
        backbone = dataclasses.replace(backbone, network=InOrder(backbone.network))
    rate = backbone.settings.sample_rate
    clips = [
        Clip.from_samples(
            np.random.default_rng(i).normal(0, 0.1, round(SECONDS * rate)).clip(-1, 1), rate, f"{i}"
        )
        for i in range(batch)
    ]
    seconds = timed(backbone, clips)
    n_parameters = sum(p.numel() for p in getattr(backbone.network, "parameters", list)())
    peak_gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    if device == "cuda":
        peak_gib = torch.cuda.max_memory_allocated() / 2**30
    mixed = timed(backbone.at("bfloat16"), clips)
    return {
        "ms_per_second": 1000 * seconds / (SECONDS * batch),
        "bfloat16_ms_per_second": 1000 * mixed / (SECONDS * batch),
        "peak_gib": peak_gib,
        "n_parameters": n_parameters,
    }


def timed(backbone: Backbone, clips: list[Clip]) -> float:
    """Seconds that the clips take, the best of a few times after a first one."""
    with tempfile.TemporaryDirectory() as folder:
        extractor = FeatureExtractor(backbone, backbone.default_layers, FeatureCache(Path(folder)))
        seconds = []
        for _ in range(N_REPEATS + 1):
            start = time.perf_counter()
            for segments in extractor.batch([TrainingClip(clip) for clip in clips]):
                list(segments)
            seconds.append(time.perf_counter() - start)
    return min(seconds[1:])


def apart(name: str, form: str, batch: int, device: str) -> dict[str, float]:
    """`measure` in a process of its own, for its memory's sake."""
    given = [name, form, str(batch), device]
    found = subprocess.run(
        [sys.executable, "-m", "benchmarks.backbones", "--one", *given],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(found.stdout.splitlines()[-1])


def speed_table(names: list[str], device: str) -> list[str]:
    """Every backbone with two clips at once against aiSFX."""
    lines = [
        f"| backbone, {device} | parameters | time per second of audio | against aiSFX | "
        "bfloat16 against float32 | memory, GiB |",
        "|---|---|---|---|---|---|",
    ]
    usual = None
    for name in names:
        row = apart(name, "float32", 2, device)
        usual = usual or row["ms_per_second"]
        lines.append(
            f"| {name} | {row['n_parameters'] / 1e6:.1f} M | {row['ms_per_second']:.1f} ms | "
            f"{row['ms_per_second'] / usual:.2f} | "
            f"{row['bfloat16_ms_per_second'] / row['ms_per_second']:.2f} | {row['peak_gib']:.2f} |"
        )
        print(lines[-1], flush=True)
    return lines


def forms_table(device: str) -> list[str]:
    """Measure what memory format, precision and batch size bring, for aiSFX and CNN14."""
    forms = ("channels first", "float32", "bfloat16")
    lines = [
        f"| {device}, against float32 channels last in batches of 4 | "
        + " | ".join(f"{form}, {batch}" for form in forms for batch in BATCHES)
        + " |",
        "|---" * (1 + len(forms) * len(BATCHES)) + "|",
    ]
    for name in ("aisfx", "panns-cnn14"):
        times = {(f, b): apart(name, f, b, device)["ms_per_second"] for f in forms for b in BATCHES}
        usual = times["float32", 4]
        lines.append(
            f"| {name} | " + " | ".join(f"{value / usual:.2f}" for value in times.values()) + " |"
        )
        print(lines[-1], flush=True)
    return lines


def ranking_lines() -> list[str]:
    """Whether bfloat16 changes what the recommended detector finds, with aiSFX's real weights."""
    lines = [
        "| machine | AUROC, float32 | bfloat16 | rank correlation of clip scores | of map cells |",
        "|---|---|---|---|---|",
    ]
    for machine_name, faults in FAULTS.items():
        normal = [make(machine_name, seed=i).clip for i in range(24)]
        tested = [make(machine_name, seed=100 + i).clip for i in range(8)]
        anomalous = [
            make(machine_name, seed=200 + i, fault=fault).clip for fault in faults for i in range(4)
        ]
        truth = np.repeat([False, True], [len(tested), len(anomalous)])
        found = {}
        for precision in ("float32", "bfloat16"):
            detector = Detector(
                "padim",
                device="cpu",
                precision=precision,
                **preset_settings("padim", "recommended"),
            )
            with tempfile.TemporaryDirectory() as folder:
                detector.fit(normal, cache=FeatureCache(Path(folder)))
            found[precision] = list(detector.score_many([*tested, *anomalous]))
        a, b = found["float32"], found["bfloat16"]
        scores = [np.array([one.score for one in side]) for side in (a, b)]
        cells = np.median(
            [spearmanr(x.raw.ravel(), y.raw.ravel())[0] for x, y in zip(a, b, strict=True)]
        )
        lines.append(
            f"| {machine_name} | {roc_auc(truth, scores[0]):.3f} | {roc_auc(truth, scores[1]):.3f} "
            f"| {spearmanr(*scores)[0]:.4f} | {cells:.4f} |"
        )
        print(lines[-1], flush=True)
    return lines


def main() -> None:
    """Measure and write, or measure one backbone for a parent process."""
    parser = argparse.ArgumentParser(description=__doc__)
    usual = ["aisfx", "clap-cnn14", "panns-cnn14", "panns-cnn14-16k", "panns-cnn10"]
    parser.add_argument("--backbones", nargs="+", default=[*usual, "laion-htsat", "beats"])
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    parser.add_argument("--without-ranking", action="store_true")
    parser.add_argument("--forms", action="store_true", help="memory formats and batch sizes too")
    given = parser.parse_args()
    if given.one:
        name, form, batch, device = given.one
        print(json.dumps(measure(name, form, int(batch), device)))
        return
    devices = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]
    parts = [
        "Random weights in the real shapes; front end included; clips of 10 s, two at once; the "
        "better of two runs. Memory is the whole process's on the CPU (a bare one with PyTorch "
        "has about 0.3), and what was allocated on a GPU.",
    ]
    if devices == ["cpu"]:
        parts.append("There was no GPU on this machine, so it has no rows here.")
    for device in devices:
        save(parts := [*parts, "\n".join(speed_table(given.backbones, device))])
    if not given.without_ranking:
        parts += [
            "What bfloat16 changes: PaDiM (recommended) on aiSFX's real weights, fitted on 24 made "
            "clips of each machine.",
            "\n".join(ranking_lines()),
        ]
        save(parts)
    for device in devices if given.forms else ():
        save(parts := [*parts, "\n".join(forms_table(device))])


def save(parts: list[str]) -> None:
    """Write what was measured so far to RESULTS.md."""
    body = "\n\n".join(parts)
    write_section("backbones", f"## Backbones: time and memory\n\n{machine()}\n\n{body}")


if __name__ == "__main__":
    main()
