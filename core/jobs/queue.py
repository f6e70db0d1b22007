"""The executor of this process's jobs, and what becomes of a job when one of its workers dies."""

from __future__ import annotations

import contextlib
import functools
import threading
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future

from core.errors import StoreError
from core.jobs import executors, job, worker
from core.jobs.process import HEARTBEAT_SECONDS, this_process
from core.jobs.tasks import task_of
from core.jobs.tasks.task import Task
from core.runtime.paths import database_url, home

KILLED = (
    "The process doing this was ended from outside, most likely because the machine ran out of "
    "memory. Try fewer or shorter recordings."
)

_lock = threading.RLock()
_pool: Executor | None = None
_pool_address = ""
_futures: dict[str, Future[None]] = {}
_restarted: set[str] = set()
_heart: threading.Thread | None = None
_ending = False
_woken = threading.Event()


def submit(task: Task) -> str:
    """Put a task in the queue of the worker processes.

    Args:
        task: what is to be done

    Returns:
        The id of the new job.

    Raises:
        SettingError: an argument is missing, of another type or out of range.
        StoreError: the records cannot be written.
    """
    task.check()
    # What the record says is what is done, here as after a restart.
    attempt = job.add(task.from_record(task.as_record()), this_process())
    _start_or_fail(attempt)
    return attempt.job_id


def resume(job_id: str) -> job.Job:
    """Take up a job again that was interrupted, cancelled or failed, under its id.

    Args:
        job_id: the job's id

    Returns:
        The job, which waits again.

    Raises:
        StoreError: there is no such job, or it waits, runs or is done.
        SettingError: this program does no such work, or an argument is wrong.
    """
    found = job.get_job(job_id)
    task = task_of(found.kind, found.arguments).resumed(found.created_at)
    task.check()
    attempt = job.requeue(job_id, task, this_process())
    if attempt is None:
        raise StoreError("This piece of work is waiting, running or done: it cannot be resumed.")
    _start_or_fail(attempt)
    return job.get_job(job_id)


def _start_or_fail(attempt: job.Attempt) -> None:
    try:
        _start(attempt)
    except Exception as error:
        job.finish(attempt, "failed", worker.failure(attempt, error))


def _executor() -> Executor:
    # Give where jobs run now: another one when HEARMAP_DASK changed or its scheduler is gone.
    global _pool, _pool_address
    with _lock:
        address = executors.scheduler_address()
        if _pool is not None and (address != _pool_address or not executors.is_usable(_pool)):
            _drop(_pool)
        if _pool is None:
            _pool, _pool_address = executors.open_executor(address), address
        return _pool


def _start(attempt: job.Attempt) -> None:
    environment = {"HEARMAP_HOME": str(home()), "HEARMAP_DATABASE_URL": database_url()}
    call = functools.partial(worker.run, attempt, environment)
    with _lock:
        pool = _executor()
        try:
            future: Future[None] = pool.submit(call)
        except BrokenExecutor:
            # A worker died while it had nothing to do.
            _drop(pool)
            pool = _executor()
            future = pool.submit(call)
        _futures[attempt.job_id] = future
        _start_heartbeat()
    future.add_done_callback(lambda done: _when_ended(done, pool, attempt))


def _when_ended(future: Future[None], pool: Executor, attempt: job.Attempt) -> None:
    # From Python 3.13 on, a broken pool calls this while it holds the lock that submitting to it
    # and shutting it down take: whatever follows needs a thread of its own.
    if not _ending:
        threading.Thread(target=_ended, args=(future, pool, attempt), daemon=True).start()


def _ended(future: Future[None], pool: Executor, attempt: job.Attempt) -> None:
    """Write how the job ended, where the worker could not."""
    with _lock:
        # Another is there when the job was resumed meanwhile.
        if _futures.get(attempt.job_id) is future:
            del _futures[attempt.job_id]
    if _ending:
        return
    # Where nothing was raised, Dask gave a dead worker's job to another, which leaves alone what
    # counts as running.
    why = KILLED
    with contextlib.suppress(StoreError):
        try:
            future.result()
        except BrokenExecutor:
            _drop(pool)
            # The job that ran is to blame; those that waited behind it get one more worker.
            waited = job.get_job(attempt.job_id).state == "queued"
            if waited and attempt.job_id not in _restarted:
                _restarted.add(attempt.job_id)
                return _start(attempt)
        except CancelledError:
            return job.finish(attempt, "interrupted", job.INTERRUPTED)
        except Exception as error:
            # Dask's word for a worker that died again and again.
            if type(error).__name__ != "KilledWorker":
                why = worker.failure(attempt, error)
        job.finish(attempt, "failed", why)


def _drop(pool: Executor) -> None:
    """Let the next job open a new pool, if none did already."""
    global _pool
    with _lock:
        if _pool is pool:
            _pool = None
    executors.close_executor(pool)


def _start_heartbeat() -> None:
    global _heart
    if _heart is None or not _heart.is_alive():
        _heart = threading.Thread(target=_keep_heartbeat, name="hearmap-heartbeat", daemon=True)
        _heart.start()


def _keep_heartbeat() -> None:
    """Write to the records that this process runs, for other hosts."""
    global _heart
    while True:
        _woken.wait(HEARTBEAT_SECONDS)
        with _lock:
            if _ending or not _futures:
                _heart = None
                return
        with contextlib.suppress(StoreError):
            job.heartbeat(this_process())


def _end() -> None:
    """End the workers with this process, and write that their jobs were interrupted."""
    global _ending
    with _lock:
        _ending = True
        _woken.set()
        left, pool = list(_futures), _pool
    executors.end(pool)
    for job_id in left:
        with contextlib.suppress(StoreError):
            job.finish(job_id, "interrupted", job.INTERRUPTED)


# `atexit` is too late: before it, the interpreter waits for the pool's thread, and that for its
# workers. There is no public name for this.
threading._register_atexit(_end)  # type: ignore[attr-defined]
