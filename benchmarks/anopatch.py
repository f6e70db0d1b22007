"""`python -m benchmarks.anopatch`: a training step of AnoPatch's full network, its memory and time.

The 90 million weights are random, which costs what trained ones cost. Each row is a process of its
own, whose peak memory is the whole process's; the input is noise of 10 s a clip.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time

import torch

from benchmarks.results_page import machine, write_section
from core.backbones.networks.beats import BeatsConfig, BeatsNetwork
from core.detectors.heads.anopatch import AnoPatchSettings
from core.detectors.heads.parts.anopatch_network import AnoPatchNetwork
from core.detectors.heads.parts.arcface import ArcFace, masked

N_CLASSES = 41
N_FRAMES = 1008
LIMIT_GIB = 16


def measure_step(batch_size: int, frugal: bool) -> dict[str, float]:
    """Run one batch forth and back and one step of AdamW, as the head does it, in this process.

    Args:
        batch_size: Clips of 10 s in the batch.
        frugal: Whether the blocks' insides are computed again on the way back.

    Returns:
        Peak memory in GiB, seconds and the loss.
    """
    settings = AnoPatchSettings()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    network = AnoPatchNetwork(BeatsNetwork(BeatsConfig())).to(device).train()
    network.beats.frugal = frugal
    loss = ArcFace(128, N_CLASSES, settings.arcface_scale, settings.margin).to(device)
    parameters = [*network.parameters(), *loss.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=settings.learning_rate)
    log_mel = torch.randn(batch_size, 128, N_FRAMES, generator=generator)
    start = time.perf_counter()
    hidden = masked(log_mel, settings.specaug_freq, settings.specaug_time, generator)
    embeddings, _ = network(hidden.to(device))
    found = loss(embeddings, torch.arange(batch_size, device=device) % N_CLASSES)
    found.backward()
    optimizer.step()
    if device.type == "cuda":
        torch.cuda.synchronize()
    step_s = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    if device.type == "cuda":
        peak = torch.cuda.max_memory_allocated() / 2**30
    return {"peak_gib": peak, "step_s": step_s, "loss": float(found.detach())}


def table(sizes: list[tuple[int, bool]]) -> str:
    """Measure each batch size in a process of its own.

    Args:
        sizes: Batch sizes, and whether insides are computed again on the way back.

    Returns:
        A table in Markdown.
    """
    lines = [
        "| clips of 10 s in a batch | insides of blocks | peak memory, GiB | step, s | s a clip |",
        "|---|---|---|---|---|",
    ]
    for batch_size, frugal in sizes:
        given = [str(batch_size), str(int(frugal))]
        ran = subprocess.run(
            [sys.executable, "-m", "benchmarks.anopatch", "--one", *given],
            capture_output=True,
            text=True,
            check=True,
        )
        row = json.loads(ran.stdout.splitlines()[-1])
        within = "" if row["peak_gib"] < LIMIT_GIB else f" (over {LIMIT_GIB})"
        lines.append(
            f"| {batch_size} | {'computed again' if frugal else 'kept'} | "
            f"{row['peak_gib']:.1f}{within} | {row['step_s']:.1f} | "
            f"{row['step_s'] / batch_size:.2f} |"
        )
        print(lines[-1], flush=True)
    return "\n".join(lines)


def main() -> None:
    """Measure and write, or measure one row for a parent process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", nargs="+", type=int, default=[4, 32])
    parser.add_argument("--one", nargs=2, type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measure_step(given.one[0], bool(given.one[1]))))
        return
    rows = [(size, True) for size in given.batches]
    # What is saved shows on a batch that fits either way.
    found = table([(min(given.batches), False), *rows])
    said = (
        "AnoPatch's full network (BEATs' 90 million weights, random), one batch of clips of 10 s "
        "forth and back and one step of AdamW, mixed precision off. The head computes the blocks' "
        "insides again on the way back, as in the last rows."
    )
    if not torch.cuda.is_available():
        said += " No GPU was available: what a step costs there is not measured."
    write_section("anopatch", f"## A training step of AnoPatch\n\n{machine()}\n\n{said}\n\n{found}")


if __name__ == "__main__":
    main()
