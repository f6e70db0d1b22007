"""What runs in a worker process: one task at a time, its progress and its end in the records."""

from __future__ import annotations

import contextlib
import datetime
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

from core.errors import Cancelled, HearMapError, StoreError
from core.jobs import job
from core.runtime.paths import home
from core.runtime.progress import Progress, smoothed_seconds_left
from core.runtime.worker_process import end_with_owner

Task = Callable[[dict[str, Any], Progress], dict[str, Any]]

TELL_EVERY_SECONDS = 0.2
END_ATTEMPTS = 3
# On a busy core the app gets nine parts of ten; alone, a worker loses nothing by it.
POLITENESS = 10
_DOING = {
    "fit": "fitting a model",
    "score": "scoring recordings",
    "demo": "making the demo",
    "explain": "explaining a recording",
    "counterfactual": "looking for what would make a recording normal",
    "try_mask": "scoring a recording with your mask",
    "clip_report": "writing a report",
    "batch_report": "writing a report",
    "bench": "running a benchmark",
}
_one_at_a_time = threading.Lock()


def set_up(n_threads: int) -> None:
    """Prepares a fresh worker: polite to the app, and gone when its owner is.

    It computes on `n_threads` cores unless OMP_NUM_THREADS says otherwise.
    """
    # Read when PyTorch is imported, which only the first task does.
    os.environ.setdefault("OMP_NUM_THREADS", str(n_threads))
    # Ctrl-C reaches every process of a terminal; the owner ends its workers itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):
            os.nice(POLITENESS)
    end_with_owner()


def run(
    job_id: str,
    kind: str,
    task: Task,
    arguments: dict[str, Any],
    environment: dict[str, str],
    attempt: datetime.datetime,
) -> None:
    """Does the job; whatever happens is in its record when this returns.

    One at a time in a process: a Dask worker may have several threads, and two fits at once would
    share its cores and its memory.
    """
    with _one_at_a_time:
        os.environ.update(environment)
        _run(job_id, kind, task, arguments, attempt)


def _run(
    job_id: str, kind: str, task: Task, arguments: dict[str, Any], attempt: datetime.datetime
) -> None:
    if not job.start(job_id, attempt):
        return
    progress = RecordedProgress(job_id, attempt)
    try:
        result = task(arguments, progress)
        end = ("done", "", result)
    except Cancelled:
        end = ("cancelled", job.CANCELLED, {})
    except HearMapError as error:
        end = ("failed", str(error), {})
    except MemoryError:
        end = ("failed", "There was not enough memory; use fewer or shorter recordings.", {})
    except Exception as error:
        end = ("failed", unexpected(job_id, kind, error), {})
    for i in range(END_ATTEMPTS):
        try:
            job.finish(job_id, *end, attempt)
            return
        except StoreError:
            if i == END_ATTEMPTS - 1:
                raise
            time.sleep(1.0)


class RecordedProgress:
    """Progress that is written to the job's record at most five times a second.

    Raises:
        Cancelled: when called, if the job was asked to stop.
    """

    def __init__(self, job_id: str, attempt: datetime.datetime | None = None) -> None:
        self._job_id, self._attempt = job_id, attempt
        self._started = self._told = time.monotonic()
        self._first = True
        self._stage = ""
        self._seconds_left: float | None = None

    def __call__(self, stage: str, fraction: float) -> None:
        """Tells the record, unless it was told a moment ago."""
        moment = time.monotonic()
        if self._first:
            # Importing PyTorch came before; it says nothing of how fast the work goes.
            self._started = self._told = moment
        elif moment - self._told < TELL_EVERY_SECONDS:
            return
        fraction = min(max(float(fraction), 0.0), 1.0)
        self._seconds_left = smoothed_seconds_left(
            self._seconds_left, moment - self._told, moment - self._started, fraction
        )
        self._first, self._told = False, moment
        # A database that is busy for a moment is no reason to give up an hour's work.
        with contextlib.suppress(StoreError):
            is_new, self._stage = stage != self._stage, stage
            if job.tell(
                self._job_id, stage, fraction, self._seconds_left, self._attempt, is_new=is_new
            ):
                raise Cancelled


def unexpected(job_id: str, kind: str, error: Exception) -> str:
    """The sentence for a mistake of the program's; its traceback is in a log under the home."""
    path = home() / "logs" / f"job-{job_id}.log"
    sentence = (
        f"Something went wrong inside HearMap while {_DOING.get(kind, kind)}: "
        f"{type(error).__name__}."
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    except OSError:
        return sentence
    return f"{sentence} Details are in {path}."
