"""`python -m benchmarks.heads`: time, memory and size of every head; searches against naive forms.

Each head is measured in a process of its own, on seeded noise with tones, 5 s a clip. What cannot
be compared here, because a package is missing, is said in the table.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks import anomalib_classes
from benchmarks.results_page import machine, write_section
from core import Clip, Detector
from core.detectors.heads.parts.coreset import covering_radius, greedy_coreset
from core.detectors.heads.parts.gaussian import RunningGaussians, mahalanobis, whitening
from core.detectors.heads.parts.neighbours import NearestNeighbours
from core.detectors.presets import PRESETS, preset_settings
from core.detectors.registry import heads_for

RATE = 44_100
N_SCORED = 32
N_ROUNDS = 5


def made_clip(seed: int, seconds: float) -> Clip:
    """Noise with four slowly beating tones: cheap, and no two clips alike."""
    generator = np.random.default_rng(seed)
    time_s = np.arange(round(seconds * RATE)) / RATE
    samples = 0.05 * generator.standard_normal(time_s.size)
    for hz, beat_hz in zip(
        generator.uniform(100, 8000, 4), generator.uniform(0.3, 3, 4), strict=True
    ):
        samples += (
            0.03 * np.sin(2 * np.pi * hz * time_s) * (1 + np.sin(2 * np.pi * beat_hz * time_s))
        )
    return Clip.from_samples(samples.clip(-1, 1), RATE, f"clip {seed}")


def measure_head(
    head: str, preset: str, n_clips: int, seconds: float, precision: str
) -> dict[str, float]:
    """Fit and score in this process, with an empty cache; its memory is the whole process's."""
    detector = Detector(head, precision=precision, **preset_settings(head, preset))

    def clips() -> Iterator[Clip]:
        return (made_clip(seed, seconds) for seed in range(n_clips))

    start = time.perf_counter()
    for _ in clips():
        pass
    making = time.perf_counter() - start
    start = time.perf_counter()
    detector.fit(clips(), n_clips=n_clips)
    fit_s = time.perf_counter() - start - making
    tests = [made_clip(10**6 + seed, 5.0) for seed in range(N_SCORED)]
    list(detector.score_many(tests[:8]))
    score_s = statistics.median(
        timed(lambda: list(detector.score_many(tests)))[0] for _ in range(N_ROUNDS)
    )
    with tempfile.TemporaryDirectory() as folder:
        detector.save(Path(folder) / "model")
        size = sum(f.stat().st_size for f in (Path(folder) / "model").iterdir())
    return {
        "fit_s": fit_s,
        "times_real_time": 5.0 * N_SCORED / score_s,
        "peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "model_mb": size / 1e6,
    }


def heads_table(
    heads: list[str],
    presets: list[str],
    sizes: list[int],
    seconds: float,
    most_minutes: float,
    precision: str,
) -> str:
    """Every head and preset at every number of clips, a process each, smallest first.

    One that takes longer than `most_minutes` is stopped and said so, and no larger one is tried.
    """
    lines = [
        f"Fitted on clips of {seconds:g} s; {N_SCORED} clips of 5 s scored {N_ROUNDS} times, the "
        "median, network included.",
        "",
        "| head | preset | clips | fit, s | s a clip | scoring, x real time | peak memory, GiB "
        "| model, MB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for head in heads:
        for preset in presets:
            for n_clips in sorted(sizes):
                given = [head, preset, str(n_clips), str(seconds), precision]
                row = measured_apart(given, most_minutes)
                if row is None:
                    cells = f"stopped after {most_minutes:g} min | | | | "
                else:
                    cells = (
                        f"{row['fit_s']:.1f} | {row['fit_s'] / n_clips:.2f} | "
                        f"{row['times_real_time']:.0f} | {row['peak_gib']:.2f} | "
                        f"{row['model_mb']:.1f}"
                    )
                lines.append(f"| {head} | {preset} | {n_clips} | {cells} |")
                print(lines[-1], flush=True)
                if row is None:
                    break
    return "\n".join(lines)


def measured_apart(given: list[str], most_minutes: float) -> dict[str, float] | None:
    """`measure_head` in a process and a home of its own; None if it took too long."""
    with tempfile.TemporaryDirectory() as home:
        try:
            found = subprocess.run(
                [sys.executable, "-m", "benchmarks.heads", "--one", *given],
                env=os.environ | {"HEARMAP_HOME": home},
                capture_output=True,
                text=True,
                check=True,
                timeout=60 * most_minutes,
            )
        except subprocess.TimeoutExpired:
            return None
    row: dict[str, float] = json.loads(found.stdout.splitlines()[-1])
    return row


def searches_table() -> str:
    """Coreset, nearest neighbours and Mahalanobis distances against naive forms, in one run."""
    generator = torch.Generator().manual_seed(0)
    mixing = torch.randn(64, 512, generator=generator)
    points = torch.randn(20_000, 64, generator=generator) @ mixing
    points += 0.3 * torch.randn(20_000, 512, generator=generator)
    naive_s, naive = timed(lambda: textbook_coreset(points.numpy(), 2000))
    exact_s, exact = timed(lambda: greedy_coreset(points, 2000, seed=0, n_projected=None))
    ours_s, ours = timed(lambda: greedy_coreset(points, 2000, seed=0))
    exact_radius, radius = covering_radius(points, exact), covering_radius(points, ours)
    lines = [
        "| what | form | time against ours | covering radius against exact greedy |",
        "|---|---|---|---|",
        "| coreset, 20,000 x 512 -> 2,000 | ours, 128 projected dimensions | 1 "
        f"({ours_s:.2f} s) | {radius / exact_radius - 1:+.1%} |",
        f"| | ours, exact | {exact_s / ours_s:.1f} | +0.0% |",
        f"| | textbook, NumPy | {naive_s / ours_s:.1f} | "
        f"{covering_radius(points, torch.tensor(naive)) / exact_radius - 1:+.1%} |",
    ]
    anomalib = anomalib_classes.load()
    if anomalib is None:
        lines.append("| | anomalib 2.7 | not installed here | |")
    else:
        torch.manual_seed(0)
        other_s, chosen = timed(lambda: anomalib.coreset(points, 2000 / 20_000))
        other_radius = covering_radius(points, torch.as_tensor(chosen))
        lines.append(
            f"| | anomalib 2.7, its projection included | {other_s / ours_s:.1f} | "
            f"{other_radius / exact_radius - 1:+.1%} |"
        )
    bank, rows = points[:1500], points[-1296:]
    search = NearestNeighbours(bank)
    search.search(rows, 1)
    ours_s, _ = timed(lambda: search.search(rows, 1))
    naive_s, _ = timed(lambda: naive_nearest(rows.numpy(), bank.numpy()))
    lines.append(f"| nearest of 1,500 x 512 for 1,296 rows | ours | 1 ({1000 * ours_s:.1f} ms) | |")
    lines.append(f"| | row by row, NumPy | {naive_s / ours_s:.1f} | |")
    if anomalib is not None:
        anomalib.nearest(rows, bank)
        other_s, _ = timed(lambda: anomalib.nearest(rows, bank))
        lines.append(f"| | anomalib 2.7 | {other_s / ours_s:.1f} | |")
    # What CFA's training asks in every step: the 6 nearest centroids of four clips' patches.
    patches = points[:5184, :224].contiguous()
    for n_centroids in (324, 1296):
        search = NearestNeighbours(points[-n_centroids:, :224].contiguous())
        search.search(patches, 6)
        ours_s, found = timed(lambda search=search: search.search(patches, 6))
        product_s, other = timed(lambda search=search: nearest_by_product(search, patches, 6))
        share = float((found[1].sort().values == other.sort().values).float().mean())
        lines.append(
            f"| 6 nearest of {n_centroids:,} x 224 for 5,184 rows | ours, FAISS | 1 "
            f"({1000 * ours_s:.1f} ms) | |"
        )
        lines.append(f"| | a product and topk ({share:.2%} alike) | {product_s / ours_s:.1f} | |")
    samples = torch.randn(1296, 40, 100, generator=generator)
    gaussians = RunningGaussians(1296, 100, torch.device("cpu"))
    gaussians.add(samples)
    white, mean = whitening(gaussians.covariance(), 0.01), gaussians.mean.float()
    one = samples[:, :1]
    mahalanobis(one, mean, white)
    ours_s, _ = timed(lambda: mahalanobis(one, mean, white))
    covariance = gaussians.covariance().numpy() + 0.01 * np.eye(100)
    naive_s, _ = timed(lambda: naive_mahalanobis(one[:, 0].numpy(), mean.numpy(), covariance))
    lines.append(f"| Mahalanobis, 1,296 cells of 100 | ours | 1 ({1000 * ours_s:.1f} ms) | |")
    lines.append(f"| | an inverse a cell, NumPy | {naive_s / ours_s:.1f} | |")
    if anomalib is not None:
        # [batch, channel, height, width], the mean and inverses it computes when it is fitted.
        embedding = one[:, 0].T.reshape(1, 100, 1296, 1).contiguous()
        inverse = torch.from_numpy(np.linalg.inv(covariance)).float()
        stats = [mean.T.contiguous(), inverse]
        anomalib.mahalanobis(embedding, stats)
        other_s, theirs = timed(lambda: anomalib.mahalanobis(embedding, stats))
        worst = float((theirs.flatten() - mahalanobis(one, mean, white).flatten()).abs().max())
        lines.append(
            f"| | anomalib 2.7 (largest difference {worst:.1g}) | {other_s / ours_s:.1f} | |"
        )
    return "\n".join(lines)


def textbook_coreset(points: np.ndarray, size: int) -> list[int]:
    """Choose greedily, as PatchCore's Algorithm 1 reads."""
    chosen = [0]
    nearest = np.linalg.norm(points - points[0], axis=1)
    while len(chosen) < size:
        chosen.append(int(nearest.argmax()))
        nearest = np.minimum(nearest, np.linalg.norm(points - points[chosen[-1]], axis=1))
    return chosen


def naive_nearest(rows: np.ndarray, bank: np.ndarray) -> list[float]:
    """Measure the distance of each row to the nearest of the bank."""
    return [float(np.linalg.norm(bank - row, axis=1).min()) for row in rows]


def nearest_by_product(search: NearestNeighbours, rows: torch.Tensor, k: int) -> torch.Tensor:
    """Find the k nearest by matrix products and PyTorch's topk, without FAISS."""
    centred, norms = search.bank, search.bank.square().sum(dim=1)
    squared = torch.addmm(norms, rows, centred.T, alpha=-2.0)
    indices = squared.topk(k, dim=1, largest=False).indices
    for i in range(k):  # the distances that a search gives besides
        (rows - centred.index_select(0, indices[:, i])).norm(dim=1)
    return indices


def naive_mahalanobis(rows: np.ndarray, mean: np.ndarray, covariance: np.ndarray) -> list[float]:
    """Measure the distance of each cell by the inverse of its covariance."""
    return [
        float(np.sqrt((r - m) @ np.linalg.inv(c) @ (r - m)))
        for r, m, c in zip(rows, mean, covariance, strict=True)
    ]


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds and result of a call."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def main() -> None:
    """Measure and write, or measure one head for a parent process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--heads", nargs="+", default=heads_for("aisfx"))
    parser.add_argument("--presets", nargs="+", default=list(PRESETS))
    parser.add_argument("--most-minutes", type=float, default=30.0, help="of one fit, else stopped")
    parser.add_argument("--clips", nargs="+", type=int, default=[24, 100])
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--precision", default="float32", help="of the network's arithmetic")
    parser.add_argument("--section", default="heads", help="the section of RESULTS.md")
    parser.add_argument("--searches", action="store_true", help="only the searches")
    parser.add_argument("--one", nargs=5, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        head, preset, n_clips, seconds, precision = given.one
        print(json.dumps(measure_head(head, preset, int(n_clips), float(seconds), precision)))
        return
    if given.searches:
        title, table = "Searches against naive forms", searches_table()
        name = "searches"
    else:
        title = f"Heads: time, memory, size ({given.seconds:g} s clips, {given.precision})"
        table, name = (
            heads_table(
                given.heads,
                given.presets,
                given.clips,
                given.seconds,
                given.most_minutes,
                given.precision,
            ),
            given.section,
        )
    print(table)
    write_section(name, f"## {title}\n\n{machine()}\n\n{table}")


if __name__ == "__main__":
    main()
