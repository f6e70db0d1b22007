"""The units of a benchmark's work, one after the other or several at once, each done only once."""

from __future__ import annotations

import contextlib
import multiprocessing
import multiprocessing.connection
import os
import queue
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import BenchmarkError, HearMapError, SettingError
from core.evaluation.benchmarks.results import Measured, finished, keep
from core.runtime.progress import Progress, part, titled

POLL_SECONDS = 0.5
# A process costs the seconds that importing PyTorch takes; so many units are worth them.
WORTH_A_PROCESS = 4


@dataclass(frozen=True)
class Unit:
    """One candidate on one normal class; `described` is all that its numbers depend on."""

    title: str
    candidate: Any
    normal: str
    described: dict[str, Any]


Measure = Callable[[Any, str, Progress], Measured]


def run_units(
    units: Sequence[Unit],
    measure: Measure,
    folder: Path,
    progress: Progress,
    n_jobs: int | None = 1,
) -> Measured:
    """What all units give, in their order; those that an earlier run finished are only read.

    Each is kept as soon as it is done, so that a run that was stopped goes on. With `n_jobs`
    above 1 as many spawned processes share them; `measure` must then be a function of a module,
    or a `functools.partial` of one, and memory grows by about 1 GB a process. None takes as many
    as there are cores, but no more than one for each `WORTH_A_PROCESS` units, and one on a GPU.
    How many threads a unit has follows from that number alone, not from what is still to be done,
    so that a run that goes on gives the digits of one that was never stopped.

    Raises:
        HearMapError: a unit failed; the sentence names it, and what was done before is kept.
        Cancelled: `progress` stopped it.
    """
    if n_jobs is None:
        n_jobs = fitting_jobs(len(units))
    if n_jobs < 1:
        raise SettingError(f"The number of processes is 1 or more, not {n_jobs}.")
    done = {i: found for i, unit in enumerate(units) if (found := finished(folder, unit.described))}
    pending = [i for i in range(len(units)) if i not in done]
    run = _together if n_jobs > 1 and pending else _one_by_one
    done |= run({i: units[i] for i in pending}, measure, folder, progress, n_jobs)
    ordered = [done[i] for i in range(len(units))]
    return Measured(
        [row for measured in ordered for row in measured.rows],
        [clip for measured in ordered for clip in measured.clips],
    )


def fitting_jobs(n_units: int) -> int:
    """How many processes so many units are worth on this machine."""
    import torch

    if torch.cuda.is_available():
        return 1
    return max(1, min(os.cpu_count() or 1, n_units // WORTH_A_PROCESS))


def _one_by_one(
    units: dict[int, Unit], measure: Measure, folder: Path, progress: Progress, n_jobs: int
) -> dict[int, Measured]:
    done = {}
    for place, (i, unit) in enumerate(units.items()):
        watch = part(progress, place / len(units), (place + 1) / len(units))
        done[i] = _measured(unit, measure, folder, titled(watch, unit.title))
    return done


def _together(
    units: dict[int, Unit], measure: Measure, folder: Path, progress: Progress, n_jobs: int
) -> dict[int, Measured]:
    context = multiprocessing.get_context("spawn")
    told: Any = context.Queue()
    n_threads = max(1, (os.cpu_count() or 1) // n_jobs)
    n_jobs = min(n_jobs, len(units))
    pool = ProcessPoolExecutor(
        n_jobs, mp_context=context, initializer=_set_up, initargs=(told, n_threads)
    )
    fractions = dict.fromkeys(units, 0.0)
    try:
        futures = {
            i: pool.submit(_in_process, i, unit, measure, folder) for i, unit in units.items()
        }
        while not all(future.done() for future in futures.values()):
            _raise_first(futures)
            with contextlib.suppress(queue.Empty):
                i, stage, fraction = told.get(timeout=POLL_SECONDS)
                fractions[i] = max(fractions[i], fraction)
                progress(stage, sum(fractions.values()) / len(units))
        _raise_first(futures)
        return {i: future.result() for i, future in futures.items()}
    finally:
        # Whoever stopped this, Ctrl-C or Cancel, does not wait for what is half-done.
        workers = list((getattr(pool, "_processes", None) or {}).values())
        pool.shutdown(wait=False, cancel_futures=True)
        for worker in workers:
            worker.terminate()
        told.close()


def _raise_first(futures: dict[int, Future[Measured]]) -> None:
    for future in futures.values():
        if future.done() and (error := future.exception()) is not None:
            if isinstance(error, BrokenProcessPool):
                raise BenchmarkError(
                    "A process of the benchmark was ended from outside, most likely because "
                    "memory ran out; run it again with fewer jobs, and it goes on."
                ) from None
            raise error


_told: Any = None


def _set_up(told: Any, n_threads: int) -> None:
    global _told
    _told = told
    owner = multiprocessing.parent_process()
    if owner is not None:
        threading.Thread(target=_end_with, args=(owner.sentinel,), daemon=True).start()
    _use_threads(n_threads)


def _use_threads(n_threads: int) -> None:
    """So many threads, whoever imported what before: sums, and what is trained, depend on it."""
    # Read when a library is imported, which without this worker's parent only the first unit does.
    os.environ["OMP_NUM_THREADS"] = str(n_threads)
    for name, setter in (("torch", "set_num_threads"), ("faiss", "omp_set_num_threads")):
        if name in sys.modules:
            getattr(sys.modules[name], setter)(n_threads)


def _end_with(owner_sentinel: int) -> None:
    """Ends this worker once the process that it works for is gone, however that ended."""
    multiprocessing.connection.wait([owner_sentinel])
    os._exit(1)


def _in_process(i: int, unit: Unit, measure: Measure, folder: Path) -> Measured:
    return _measured(
        unit,
        measure,
        folder,
        titled(lambda stage, fraction: _told.put((i, stage, fraction)), unit.title),
    )


def _measured(unit: Unit, measure: Measure, folder: Path, progress: Progress) -> Measured:
    try:
        measured = measure(unit.candidate, unit.normal, progress)
    except HearMapError as error:
        raise type(error)(f"{unit.title}: {error}") from None
    keep(folder, unit.described, measured)
    progress("done", 1.0)
    return measured
