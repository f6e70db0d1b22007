"""What runs in a worker process: one task at a time, its progress and its end in the records."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
import traceback

from core.errors import Cancelled, HearMapError, StoreError
from core.jobs import job
from core.runtime.paths import home
from core.runtime.progress import smoothed_seconds_left
from core.runtime.worker_process import end_with_owner

UPDATE_SECONDS = 0.2
END_ATTEMPTS = 3
# On a busy core the app gets nine parts of ten; alone, a worker loses nothing by it.
POLITENESS = 10
_one_at_a_time = threading.Lock()


def set_up(n_threads: int) -> None:
    """Prepare a fresh worker: polite to the app, and gone when its owner is.

    Args:
        n_threads: the cores it computes on, unless OMP_NUM_THREADS says otherwise
    """
    # Read when PyTorch is imported, which only the first task does.
    os.environ.setdefault("OMP_NUM_THREADS", str(n_threads))
    # Ctrl-C reaches every process of a terminal; the owner ends its workers itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Windows has no such call.
    with contextlib.suppress(AttributeError, OSError):
        os.nice(POLITENESS)
    end_with_owner()


def run(attempt: job.Attempt, environment: dict[str, str]) -> None:
    """Do a job; whatever happens is in its record when this returns.

    One at a time in a process: a Dask worker may have several threads, and two fits at once would
    share its cores and its memory.

    Args:
        attempt: the job as it was put in the queue
        environment: environment variables of the owner's

    Raises:
        StoreError: the record cannot be written, tried three times.
    """
    with _one_at_a_time:
        os.environ.update(environment)
        if not job.start(attempt):
            return
        state, result, message = "failed", {}, ""
        try:
            state, result = "done", attempt.task.run(RecordedProgress(attempt))
        except Cancelled:
            state, message = "cancelled", job.CANCELLED
        except MemoryError:
            message = "There was not enough memory; use fewer or shorter recordings."
        except Exception as error:
            message = failure(attempt, error)
        for i in range(END_ATTEMPTS):
            try:
                return job.finish(attempt, state, message, result)
            except StoreError:
                if i == END_ATTEMPTS - 1:
                    raise
                time.sleep(1.0)


class RecordedProgress:
    """Progress that is written to the job's record at most five times a second.

    Args:
        attempt: the job as it was put in the queue
    """

    def __init__(self, attempt: job.Attempt) -> None:
        self._attempt = attempt
        self._started = self._updated = 0.0
        self._stage: str | None = None
        self._seconds_left: float | None = None

    def __call__(self, stage: str, fraction: float) -> None:
        """Write to the record, unless that was done a moment ago.

        Args:
            stage: what the job is doing
            fraction: the share that is done

        Raises:
            Cancelled: the job was asked to stop.
        """
        moment = time.monotonic()
        if self._stage is None:
            # Importing PyTorch came before; it says nothing of how fast the work goes.
            self._started = self._updated = moment
        elif moment - self._updated < UPDATE_SECONDS:
            return
        fraction = min(max(float(fraction), 0.0), 1.0)
        self._seconds_left = smoothed_seconds_left(
            self._seconds_left, moment - self._updated, moment - self._started, fraction
        )
        self._updated = moment
        # A database that is busy for a moment is no reason to give up an hour's work.
        with contextlib.suppress(StoreError):
            is_new, self._stage = stage != self._stage, stage
            left = self._seconds_left
            if job.update_progress(self._attempt, stage, fraction, left, is_new=is_new):
                raise Cancelled


def failure(attempt: job.Attempt, error: Exception) -> str:
    """Say why a job failed.

    The traceback of a mistake of the program's goes to a log under HEARMAP_HOME.

    Args:
        attempt: the job as it was put in the queue
        error: what went wrong

    Returns:
        A sentence for people, which names the log where there is one.
    """
    if isinstance(error, HearMapError):
        return str(error)
    path = home() / "logs" / f"job-{attempt.job_id}.log"
    title = attempt.task.title
    doing = title[:1].lower() + title[1:]
    sentence = f"Something went wrong inside HearMap while {doing}: {type(error).__name__}."
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    except OSError:
        return sentence
    return f"{sentence} Details are in {path}."
