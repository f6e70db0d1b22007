"""`python -m benchmarks.long_recordings`: recordings of 1, 2 and 8 hours, scored and opened.

Noise at 16 kHz, mono, with a burst every seven minutes, as FLAC; the model is fitted on 24 clips of
5 s of the same noise. Each recording is scored by `hearmap score` and by the app's job, and opened
in Listen, each in a process of its own, of which the peak memory is that of the whole.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import soundfile

from benchmarks.main_job import hearmap
from benchmarks.results_page import machine, write_section
from core.types import Float32Array

RATE = 16_000
N_FITTED, CLIP_SECONDS = 24, 5
HOURS = (1, 2, 8)
# How often Listen is asked for a part, each at a place of its own.
N_PARTS = 10
GIB = 2**30


def minute(seed: int) -> Float32Array:
    """Make a minute of noise that falls with frequency; every seventh has a burst.

    Args:
        seed: What it is made from, and which minute it is.

    Returns:
        Samples [n].
    """
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal(60 * RATE).astype(np.float32)
    samples = np.convolve(noise, np.exp(-np.arange(20) / 4).astype(np.float32), mode="same") * 0.02
    if seed % 7 == 3:
        time_s = np.arange(RATE // 2) / RATE
        samples[20 * RATE :][: time_s.size] += 0.2 * np.sin(2 * np.pi * 3000 * time_s)
    return samples.astype(np.float32)


def write_inputs(folder: Path, hours: list[int]) -> tuple[Path, dict[int, Path]]:
    """Write the clips to fit on, and the recordings.

    Args:
        folder: Where they go.
        hours: The lengths.

    Returns:
        The folder of the clips, and each recording by its hours.
    """
    normal = folder / "normal"
    normal.mkdir()
    clips = (minute(10_000_000 + 7 * k) for k in range(N_FITTED))
    for number, samples in enumerate(clips):
        soundfile.write(normal / f"{number}.wav", samples[: CLIP_SECONDS * RATE], RATE)
    recordings = {length: folder / f"{length}h.flac" for length in hours}
    for length, path in recordings.items():
        with soundfile.SoundFile(path, "w", RATE, 1, "PCM_16") as out:
            for number in range(60 * length):
                out.write(minute(number))
    return normal, recordings


def in_own_process(step: str, *arguments: str | Path) -> dict[str, float]:
    """Run one of `STEPS` in a process of its own.

    Args:
        step: Its name.
        *arguments: Its arguments.

    Returns:
        What it measured, with its peak memory in bytes.
    """
    command = [sys.executable, "-m", "benchmarks.long_recordings", step, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


def score_in_app(model: str, recording: str) -> dict[str, float]:
    """Add a recording and score it as the app's job does.

    Args:
        model: The model's folder.
        recording: The file.

    Returns:
        The time that it took to add, and to score.
    """
    from time import perf_counter

    from core.detectors.detector import Detector
    from core.jobs.tasks.score import ScoreTask
    from core.storage import models
    from core.storage.recordings import add_recording

    saved = {one.name: one.id for one in models.list_models()}
    model_id = saved.get("noise") or models.save_model(Detector.load(Path(model)), "noise").id
    began = perf_counter()
    with Path(recording).open("rb") as stream:
        clip_id = add_recording(Path(recording).name, stream).id
    added = perf_counter()
    result = ScoreTask(model_id=model_id, clip_ids=[clip_id]).run()
    assert result["n_scored"] == 1, result
    return {"adding": added - began, "scoring": perf_counter() - added}


def open_in_listen(recording: str) -> dict[str, float]:
    """Open a recording in Listen, then parts of it at other places.

    The app has shown another page before, as it has where people come from.

    Args:
        recording: The file's name.

    Returns:
        Seconds until the page is there, and of the slowest and the middle one of the parts.
    """
    from time import perf_counter

    from streamlit.testing.v1 import AppTest

    import app.main
    from app.state import Query
    from core.storage import models
    from core.storage.scores import list_scores

    (model,) = models.list_models()
    (score,) = [one for one in list_scores(model.id) if one.clip_name == recording]
    assert score.duration_seconds is not None
    at = AppTest.from_file(app.main.__file__, default_timeout=120)
    at.query_params.update({"model": model.id})
    at.run()
    at.switch_page("views/listen.py")

    def opened(seconds: float | None = None) -> float:
        at.query_params.update({Query.MODEL: model.id, Query.CLIP: score.clip_id})
        if seconds is not None:
            at.session_state["player"] = {"part": {"clip": score.clip_id, "seconds": seconds}}
        began = perf_counter()
        at.run()
        assert not at.exception, at.exception
        return perf_counter() - began

    first = opened()
    places = np.random.default_rng(0).uniform(0, score.duration_seconds, N_PARTS)
    parts = sorted(opened(float(place)) for place in places)
    return {"opening": first, "slowest": parts[-1], "middle": parts[N_PARTS // 2]}


STEPS: dict[str, Callable[..., dict[str, float]]] = {
    "score_in_app": score_in_app,
    "open_in_listen": open_in_listen,
}


def rows(folder: Path, hours: list[int]) -> Iterator[str]:
    """Measure recordings of these lengths.

    Args:
        folder: A folder for all files.
        hours: The lengths.

    Yields:
        A row of the table each.
    """
    normal, recordings = write_inputs(folder, hours)
    model = folder / "model"
    hearmap("fit", normal, "--out", model)
    for length, path in recordings.items():
        seconds, peak_gib, said = hearmap("score", model, path, "--json")
        found = json.loads(said)
        assert found["error"] is None and found["anomalous"], found
        scored = in_own_process("score_in_app", model, path)
        listened = in_own_process("open_in_listen", path.name)
        yield (
            f"| {length} h | {peak_gib:.2f} | {3600 * length / seconds:.0f} | "
            f"{scored['peak'] / GIB:.2f} | {3600 * length / scored['scoring']:.0f} | "
            f"{scored['adding']:.1f} | {listened['opening']:.2f} | {listened['middle']:.2f} | "
            f"{listened['slowest']:.2f} | {listened['peak'] / GIB:.2f} | {len(found['regions'])} |"
        )


def main() -> None:
    """Measure and write the section, or do one step for it."""
    if len(sys.argv) > 1 and sys.argv[1] in STEPS:
        import resource

        measured = STEPS[sys.argv[1]](*sys.argv[2:])
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(json.dumps(measured | {"peak": peak}))
        return
    kind = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=kind)
    parser.add_argument("--hours", type=int, nargs="+", default=list(HOURS))
    given = parser.parse_args()
    lines = [
        "| length | `hearmap score`: peak, GiB | x real time | job: peak, GiB | x real time | "
        "adding it, s | Listen: opening, s | a part, s | slowest part, s | peak, GiB | regions |",
        f"|{'---|' * 11}",
    ]
    with tempfile.TemporaryDirectory() as temporary:
        os.environ["HEARMAP_HOME"] = str(Path(temporary) / "home")
        for row in rows(Path(temporary), given.hours):
            lines.append(row)
            print(row, flush=True)
    write_section(
        "long-recordings",
        f"## Recordings of many hours\n\n{machine()}\n\n"
        "Noise at 16 kHz, mono, FLAC, with a burst every seven minutes; the recommended detector, "
        "fitted on 24 clips of 5 s. Peaks are those of whole processes. Listen is the server's "
        f"part of it: the page, and the median and the slowest of {N_PARTS} parts of a minute at "
        "random places, sound and pictures included.\n\n" + "\n".join(lines),
    )


if __name__ == "__main__":
    main()
