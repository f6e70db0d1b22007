"""How fast a GPU scores, and whether it finds what the processor finds: `python -m benchmarks.gpu`.

Clips of noise with an event in some, held in memory, so that no disk is timed; every process has
scored some before its clock starts. One GPU is shared by several processes, since what makes a
map of the network's features runs on the processor and takes most of the time. Two minutes on an
H100; without a GPU it says so and writes nothing.
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.results_page import machine, write_section
from core.detectors.detector import Detector
from core.detectors.presets import RECOMMENDED_HEAD, preset_settings
from core.features.cache import FeatureCache
from core.types import Clip

N_TRAINING = 24
SECONDS = 5.0


def clips(n: int, seconds: float, rate: int, seed: int) -> list[Clip]:
    """Make clips of noise in bands; every second one has a short event."""
    random = np.random.default_rng(seed)
    made = []
    for i in range(n):
        samples = np.cumsum(random.normal(0.0, 1.0, round(seconds * rate)))
        samples -= np.convolve(samples, np.ones(64) / 64, mode="same")
        samples *= 0.1 / np.abs(samples).max()
        if i % 2:
            start = random.integers(0, samples.size - rate // 5)
            tone = np.sin(2 * np.pi * random.uniform(800, 6000) * np.arange(rate // 5) / rate)
            samples[start : start + tone.size] += 0.2 * tone
        made.append(Clip.from_samples(np.clip(samples, -1, 1), rate, f"{seed}/{i}.wav"))
    return made


def fitted(head: str, device: str, precision: str) -> Detector:
    """Fit on the normal half of such clips."""
    settings = preset_settings(head, "recommended")
    detector = Detector(head, device=device, precision=precision, **settings)
    normal = clips(2 * N_TRAINING, SECONDS, detector.sample_rate, seed=1)[::2]
    with tempfile.TemporaryDirectory() as folder:
        return detector.fit(normal, cache=FeatureCache(Path(folder)))


def score_once(folder: str, device: str, n: int, ready: Any, go: Any, out: Any) -> None:
    """Score clips when told to, in a process of its own; put their scores in a queue."""
    torch.set_num_threads(1 if device == "cuda" else torch.get_num_threads())
    detector = Detector.load(Path(folder), device=device)
    sounds = clips(n, SECONDS, detector.sample_rate, seed=2)
    list(detector.score_many(sounds[:16]))
    ready.release()
    go.wait()
    out.put(np.array([found.score for found in detector.score_many(sounds)]))


def times_real_time(folder: Path, device: str, n_clips: int, n_processes: int) -> tuple[float, Any]:
    """Score clips in some processes; give seconds of sound a second, and the scores of one."""
    context = multiprocessing.get_context("spawn")
    ready, go, out = context.Semaphore(0), context.Event(), context.Queue()
    arguments = (str(folder), device, n_clips, ready, go, out)
    processes = [context.Process(target=score_once, args=arguments) for _ in range(n_processes)]
    for process in processes:
        process.start()
    for _ in processes:
        ready.acquire()
    start = time.perf_counter()
    go.set()
    scores = [out.get() for _ in processes]
    elapsed = time.perf_counter() - start
    for process in processes:
        process.join()
    return n_processes * n_clips * SECONDS / elapsed, scores[0]


def main() -> None:
    """Measure, print and write the section."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=128, help="a process scores so many")
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 4, 8, 16])
    parser.add_argument("--head", default=RECOMMENDED_HEAD)
    given = parser.parse_args()
    if not torch.cuda.is_available():
        print("There is no CUDA GPU here: nothing to measure.")
        return
    rows = [
        "| device | precision | processes | times real time | largest difference of a score |",
        "|---|---|---|---|---|",
    ]
    known = None
    for device, precision in (("cpu", "float32"), ("cuda", "float32"), ("cuda", "bfloat16")):
        with tempfile.TemporaryDirectory() as home:
            folder = Path(home) / "model"
            fitted(given.head, device, precision).save(folder)
            for n_processes in [1] if device == "cpu" else given.processes:
                speed, scores = times_real_time(folder, device, given.clips, n_processes)
                known = scores if known is None else known
                apart = np.abs(scores - known).max()
                rows.append(
                    f"| {device} | {precision} | {n_processes} | {speed:,.0f} | {apart:.2g} |"
                )
                print(rows[-1], flush=True)
    explained = (
        f"Head {given.head}, clips of {SECONDS:g} s, {given.clips} a process. The difference is "
        "between detectors fitted and scoring on each device, in spreads above normal clips, "
        "against the processor's in 32 bits; scores go up to "
        f"{np.abs(known).max() if known is not None else 0:.0f}."
    )
    title = "## Scoring on a GPU (`python -m benchmarks.gpu`)"
    write_section("gpu", "\n\n".join([title, machine(), explained, "\n".join(rows)]))


if __name__ == "__main__":
    main()
