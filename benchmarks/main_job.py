"""`python -m benchmarks.main_job`: the main job from the terminal, each step in its own process.

Fit on 24 clips of 5 s, score 64 of them, score an hour in one file: seconds and peak memory of
the whole `hearmap` process, start-up included. The sounds are the built-in pump's.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile

from benchmarks.results_page import machine, write_section
from core.evaluation.datasets.machines import make

N_FITTED, N_SCORED = 24, 64
HOUR_SECONDS = 3600


def hearmap(*arguments: str | Path) -> tuple[float, float, str]:
    """Run a `hearmap` command, which must succeed.

    Args:
        *arguments: Its arguments.

    Returns:
        Seconds, peak GiB and output.
    """
    start = time.perf_counter()
    found = subprocess.run(
        [sys.executable, "-c", MEASURED, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=True,
    )
    seconds = time.perf_counter() - start
    return seconds, float(found.stderr.splitlines()[-1]), found.stdout


# The child tells its own peak: RUSAGE_CHILDREN would tell the largest of all so far.
MEASURED = """
import resource, sys
from core.cli import main
status = main(sys.argv[1:])
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(peak / 2**20, file=sys.stderr)
sys.exit(status)
"""


def five_seconds(seed: int, sample_rate: int = 44_100) -> np.ndarray:
    """Make 5 s of a pump.

    Args:
        seed: What it is made from.
        sample_rate: The rate in Hz.

    Returns:
        Samples [n].
    """
    clip = make("pump", seed=seed).clip
    assert clip.sample_rate == sample_rate
    return np.resize(clip.samples, 5 * sample_rate)


def write_clips(folder: Path, seeds: Sequence[int]) -> Path:
    """Write WAV files of 5 s.

    Args:
        folder: Where they go; it is made.
        seeds: What they are made from.

    Returns:
        The folder.
    """
    folder.mkdir()
    for seed in seeds:
        soundfile.write(folder / f"{seed}.wav", five_seconds(seed), 44_100)
    return folder


def write_hour(path: Path) -> Path:
    """Write an hour of pump, never quite the same.

    Args:
        path: The file.

    Returns:
        The file.
    """
    with soundfile.SoundFile(path, "w", 44_100, 1, "PCM_16") as out:
        for i in range(HOUR_SECONDS // 5):
            out.write(five_seconds(10_000 + i % 60) * (0.9 + 0.1 * np.sin(i)))
    return path


def main() -> None:
    """Measure and write the section."""
    kind = argparse.RawDescriptionHelpFormatter
    argparse.ArgumentParser(description=__doc__, formatter_class=kind).parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        os.environ["HEARMAP_HOME"] = str(folder / "home")
        normal = write_clips(folder / "normal", range(N_FITTED))
        new = write_clips(folder / "new", range(1000, 1000 + N_SCORED))
        hour = write_hour(folder / "hour.wav")
        lines = [
            "| what | seconds | x real time | peak memory, GiB |",
            "|---|---|---|---|",
        ]
        model = folder / "model"
        for what, audio_seconds, arguments in (
            (f"fit on {N_FITTED} clips of 5 s", 5 * N_FITTED, ("fit", normal, "--out", model)),
            (f"score {N_SCORED} clips of 5 s", 5 * N_SCORED, ("score", model, new, "--json")),
            ("score one file of an hour", HOUR_SECONDS, ("score", model, hour, "--json")),
        ):
            seconds, peak_gib, said = hearmap(*arguments)
            if arguments[0] == "score":
                assert all(json.loads(line)["error"] is None for line in said.splitlines())
            lines.append(
                f"| {what} | {seconds:.1f} | {audio_seconds / seconds:.0f} | {peak_gib:.2f} |"
            )
            print(lines[-1], flush=True)
    write_section(
        "main-job",
        "## The main job from the terminal\n\n"
        f"{machine()}\n\nThe recommended detector, whole processes, start-up included.\n\n"
        + "\n".join(lines),
    )


if __name__ == "__main__":
    main()
