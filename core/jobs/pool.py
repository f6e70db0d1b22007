"""The worker processes of this process, and what becomes of a job when one of them dies."""

from __future__ import annotations

import contextlib
import functools
import os
import secrets
import sys
import threading
import types
from collections.abc import Iterator
from concurrent.futures import CancelledError, Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any

from core.errors import HearMapError, SettingError, StoreError
from core.home import database_url, home
from core.jobs import job, worker
from core.jobs.owner import HEARTBEAT_SECONDS, this_process
from core.store.database import writing
from core.store.records import JobRow, as_json, now
from core.tasks import TASKS

KILLED = (
    "The process doing this was ended from outside, most likely because the machine ran out of "
    "memory. Try fewer or shorter recordings."
)

_lock = threading.RLock()
_pool: Executor | None = None
_workers: list[_WorkerProcess] = []
_futures: dict[str, Future[None]] = {}
_restarted: set[str] = set()
_heart: threading.Thread | None = None
_ending = False
_woken = threading.Event()


class _WorkerProcess(SpawnProcess):
    """A spawned process that imports what its task needs, and not the program that started it.

    Spawning runs the main module again in the child; under Streamlit that is the app's script.
    """

    def start(self) -> None:
        with _lock, _no_main_module():
            super().start()
            _workers[:] = [*(process for process in _workers if process.is_alive()), self]


class _WorkerContext(SpawnContext):
    Process = _WorkerProcess


@contextlib.contextmanager
def _no_main_module() -> Iterator[None]:
    main, nothing = sys.modules["__main__"], types.ModuleType("__main__")
    sys.modules["__main__"] = nothing
    try:
        yield
    finally:
        # Streamlit sets it at each run of a script, perhaps in another thread just now.
        if sys.modules["__main__"] is nothing:
            sys.modules["__main__"] = main


def submit(kind: str, arguments: dict[str, Any]) -> str:
    """The id of a new job that does `TASKS[kind](arguments)` in a worker process.

    Raises:
        SettingError: there is no such kind of work.
        StoreError: the records cannot be written.
    """
    if kind not in TASKS:
        raise SettingError(f"There is no work called “{kind}”; there is {', '.join(TASKS)}.")
    job_id = secrets.token_hex(8)
    plain = as_json(arguments)
    with writing() as session:
        session.add(
            JobRow(
                id=job_id,
                kind=kind,
                state="queued",
                stage="Waiting",
                fraction=0.0,
                message="",
                arguments=plain,
                result={},
                cancel_requested=False,
                owner=this_process(),
                heartbeat_at=now(),
                created_at=now(),
            )
        )
    try:
        _start(job_id, kind, plain)
    except Exception as error:
        sentence = (
            str(error)
            if isinstance(error, HearMapError)
            else worker.unexpected(job_id, kind, error)
        )
        job.finish(job_id, "failed", sentence)
    return job_id


def _executor() -> Executor:
    """Where jobs run: the one place to choose another executor."""
    global _pool
    with _lock:
        if _pool is None:
            n_workers = _worker_count()
            _pool = ProcessPoolExecutor(
                n_workers,
                mp_context=_WorkerContext(),
                initializer=worker.set_up,
                initargs=(max(1, _core_count() // n_workers),),
            )
        return _pool


def _start(job_id: str, kind: str, arguments: dict[str, Any]) -> None:
    environment = {"HEARMAP_HOME": str(home()), "HEARMAP_DATABASE_URL": database_url()}
    work = functools.partial(worker.run, job_id, kind, TASKS[kind], arguments, environment)
    with _lock:
        pool = _executor()
        try:
            future: Future[None] = pool.submit(work)
        except BrokenProcessPool:
            # A worker died while it had nothing to do.
            _drop(pool)
            pool = _executor()
            future = pool.submit(work)
        _futures[job_id] = future
        _start_heartbeat()
    future.add_done_callback(lambda done: _ended(done, pool, job_id, kind, arguments))


def _ended(
    future: Future[None], pool: Executor, job_id: str, kind: str, arguments: dict[str, Any]
) -> None:
    """The record says how the job ended, where the worker could not; called in a pool's thread."""
    with _lock:
        if _futures.get(job_id) is future:
            del _futures[job_id]
    if _ending:
        return
    try:
        future.result()
    except BrokenProcessPool:
        _drop(pool)
        with contextlib.suppress(StoreError):
            # The job that ran is to blame; those that waited behind it get one more worker.
            if job.get_job(job_id).state == "queued" and job_id not in _restarted:
                _restarted.add(job_id)
                _start(job_id, kind, arguments)
            else:
                job.finish(job_id, "failed", KILLED)
    except CancelledError:
        with contextlib.suppress(StoreError):
            job.finish(job_id, "interrupted", job.INTERRUPTED)
    except Exception as error:
        sentence = (
            str(error)
            if isinstance(error, HearMapError)
            else worker.unexpected(job_id, kind, error)
        )
        with contextlib.suppress(StoreError):
            job.finish(job_id, "failed", sentence)


def _drop(pool: Executor) -> None:
    """The next job gets a new pool, if it did not already."""
    global _pool
    with _lock:
        if _pool is pool:
            _pool = None
    pool.shutdown(wait=False)


def _worker_count() -> int:
    named = os.environ.get("HEARMAP_WORKERS", "1").strip() or "1"
    if not named.isdigit() or int(named) < 1:
        raise SettingError(f"HEARMAP_WORKERS is a number of processes, 1 or more, not “{named}”.")
    return int(named)


def _core_count() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _start_heartbeat() -> None:
    global _heart
    if _heart is None or not _heart.is_alive():
        _heart = threading.Thread(target=_beat, name="hearmap-heartbeat", daemon=True)
        _heart.start()


def _beat() -> None:
    """Tells the records that this process lives, for those who cannot see it."""
    global _heart
    while True:
        _woken.wait(HEARTBEAT_SECONDS)
        with _lock:
            if _ending or not _futures:
                _heart = None
                return
        with contextlib.suppress(StoreError):
            job.beat(this_process())


def _end() -> None:
    """At the end of this process nothing waits for a worker, and the records know."""
    global _ending
    with _lock:
        _ending = True
        _woken.set()
        left, pool = list(_futures), _pool
        for process in _workers:
            process.kill()
    if pool is not None:
        # Without workers its thread ends at once; the interpreter must not meet it half-way.
        pool.shutdown(wait=True, cancel_futures=True)
    for job_id in left:
        with contextlib.suppress(StoreError):
            job.finish(job_id, "interrupted", job.INTERRUPTED)


# `atexit` is too late: before it, the interpreter waits for the pool's thread, and that for its
# workers. There is no public name for this.
threading._register_atexit(_end)  # type: ignore[attr-defined]
