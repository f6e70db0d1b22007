"""The units of a benchmark's work: each measured once, saved at once, several at a time."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import multiprocessing
import os
import queue
import sys
from collections.abc import Callable, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import BenchmarkError, HearMapError, SettingError
from core.evaluation.benchmarks.results import Measured, ResultRow, write_json
from core.runtime.progress import Progress, steps, titled
from core.runtime.worker_process import end_with_owner, worker_pool

if TYPE_CHECKING:
    from core.evaluation.benchmarks.generalise.rivals import Rival
    from core.evaluation.candidate import Candidate

POLL_SECONDS = 0.5
# A process costs the seconds that importing PyTorch takes; so many units are worth them.
WORTH_A_PROCESS = 4


@dataclass(frozen=True)
class Unit:
    """One candidate on one normal class.

    Attributes:
        title: Its name, for people.
        candidate: The candidate.
        normal: The normal class.
        described: All that its numbers depend on, as plain JSON.
    """

    title: str
    candidate: Any
    normal: str
    described: dict[str, Any]

    @classmethod
    def of(
        cls, benchmark: str, candidate: Candidate | Rival, normal: str, details: dict[str, Any]
    ) -> Unit:
        """Describe the unit of a candidate and a normal class.

        Args:
            benchmark: The benchmark's name.
            candidate: The candidate.
            normal: The normal class.
            details: What else its numbers depend on, as plain JSON.

        Returns:
            The unit.
        """
        described = {"benchmark": benchmark, "normal": normal, "details": details}
        title = f"{candidate.head}, {candidate.preset}, {normal}"
        return cls(title, candidate, normal, described | candidate.described())

    def path(self, folder: Path) -> Path:
        """Name the file in which what was measured is saved.

        Args:
            folder: The benchmark's folder.

        Returns:
            The file; its name follows from `described`.
        """
        described = json.dumps(self.described, sort_keys=True)
        return folder / "parts" / f"{hashlib.sha256(described.encode()).hexdigest()[:20]}.json"

    def read(self, folder: Path) -> Measured | None:
        """Read what an earlier run measured.

        Args:
            folder: The benchmark's folder.

        Returns:
            None if there was no such run; so it is where its file is damaged, which is removed.
        """
        path = self.path(folder)
        try:
            saved = json.loads(path.read_text(encoding="utf-8"))
            return Measured([ResultRow(**row) for row in saved["rows"]], list(saved["clips"]))
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError):
            path.unlink()
            return None

    def save(self, folder: Path, measured: Measured) -> None:
        """Save what was measured, whole or not at all.

        Args:
            folder: The benchmark's folder.
            measured: What was measured.

        Raises:
            StoreError: the folder cannot be written.
        """
        content = {"unit": self.described} | dataclasses.asdict(measured)
        write_json(self.path(folder), content)


Measure = Callable[[Any, str, Progress], Measured]


def run_units(
    units: Sequence[Unit],
    measure: Measure,
    folder: Path,
    progress: Progress,
    n_jobs: int | None = 1,
) -> Measured:
    """Measure all units; those that an earlier run finished are only read.

    Each is saved as soon as it is done, so that a run that was stopped goes on. How many threads a
    unit has follows from `n_jobs` alone, not from what is still to be done, so that a run that
    goes on gives the digits of one that was never stopped.

    Args:
        units: The units.
        measure: Measures a candidate on a normal class. For several processes it must be a
            function of a module, or a `functools.partial` of one.
        folder: The benchmark's folder.
        progress: Called with what is being measured.
        n_jobs: How many spawned processes share the units; memory grows by about 1 GB a process.
            None takes as many as there are cores, but no more than one for each
            `WORTH_A_PROCESS` units, and one on a GPU.

    Returns:
        What all units give, in their order.

    Raises:
        SettingError: `n_jobs` is below 1.
        HearMapError: a unit failed; the sentence names it, and what was done before is kept.
        Cancelled: `progress` stopped it.
    """
    if n_jobs is None:
        n_jobs = fitting_jobs(len(units))
    if n_jobs < 1:
        raise SettingError(f"The number of processes is 1 or more, not {n_jobs}.")
    done = {i: found for i, unit in enumerate(units) if (found := unit.read(folder))}
    pending = {i: unit for i, unit in enumerate(units) if i not in done}
    if n_jobs > 1 and pending:
        done |= _measure_together(pending, measure, folder, progress, n_jobs)
    else:
        for (i, unit), step in steps(progress, list(pending.items())):
            done[i] = _measure(unit, measure, folder, step)
    return Measured.joined(done[i] for i in range(len(units)))


def fitting_jobs(n_units: int) -> int:
    """Count the processes that so many units are worth on this machine.

    Args:
        n_units: How many units there are.

    Returns:
        At least 1, at most the number of cores.
    """
    # The app lists benchmarks without PyTorch.
    import torch

    if torch.cuda.is_available():
        return 1
    return max(1, min(os.cpu_count() or 1, n_units // WORTH_A_PROCESS))


def _measure_together(
    units: dict[int, Unit], measure: Measure, folder: Path, progress: Progress, n_jobs: int
) -> dict[int, Measured]:
    reports: Any = multiprocessing.get_context("spawn").Queue()
    n_threads = max(1, (os.cpu_count() or 1) // n_jobs)
    pool = worker_pool(min(n_jobs, len(units)), _set_up, reports, n_threads)
    fractions = dict.fromkeys(units, 0.0)
    try:
        futures = {
            i: pool.submit(_measure_in_worker, i, unit, measure, folder)
            for i, unit in units.items()
        }
        while True:
            done = {i: future.result() for i, future in futures.items() if future.done()}
            if len(done) == len(units):
                return done
            with contextlib.suppress(queue.Empty):
                i, stage, fraction = reports.get(timeout=POLL_SECONDS)
                fractions[i] = max(fractions[i], fraction)
                progress(stage, sum(fractions.values()) / len(units))
    except BrokenProcessPool:
        raise BenchmarkError(
            "A process of the benchmark was ended from outside, most likely because memory ran "
            "out; run it again with fewer jobs, and it goes on."
        ) from None
    finally:
        # Whoever stopped this, Ctrl-C or Cancel, does not wait for what is half-done.
        workers = list((getattr(pool, "_processes", None) or {}).values())
        pool.shutdown(wait=False, cancel_futures=True)
        for worker in workers:
            worker.terminate()
        reports.close()


_reports: Any = None


def _set_up(reports: Any, n_threads: int) -> None:
    global _reports
    _reports = reports
    end_with_owner()
    # So many threads, whoever imported what before: sums, and what is trained, depend on it. A
    # library reads the variable when it is imported; one that is imported already has a setter.
    os.environ["OMP_NUM_THREADS"] = str(n_threads)
    for name, setter in (("torch", "set_num_threads"), ("faiss", "omp_set_num_threads")):
        if name in sys.modules:
            getattr(sys.modules[name], setter)(n_threads)


def _measure_in_worker(i: int, unit: Unit, measure: Measure, folder: Path) -> Measured:
    return _measure(
        unit, measure, folder, lambda stage, fraction: _reports.put((i, stage, fraction))
    )


def _measure(unit: Unit, measure: Measure, folder: Path, progress: Progress) -> Measured:
    step = titled(progress, unit.title)
    try:
        measured = measure(unit.candidate, unit.normal, step)
    except HearMapError as error:
        raise type(error)(f"{unit.title}: {error}") from None
    unit.save(folder, measured)
    step("done", 1.0)
    return measured
