"""Where jobs run: a spawned pool of this machine, or the Dask cluster that HEARMAP_DASK names.

Both are a `concurrent.futures.Executor`; `core.jobs.queue` needs no more than that. A Dask worker
needs this program, and the same HEARMAP_HOME on a shared disk; its database is the app's.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
import types
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any

from core.errors import SettingError, StoreError
from core.jobs import worker

CONNECT_SECONDS = 10

_lock = threading.RLock()
_workers: list[_WorkerProcess] = []
_clients: dict[int, Any] = {}


class _WorkerProcess(SpawnProcess):
    """A spawned process that imports what its task needs, and not the program that started it.

    Spawning runs the main module again in the child; under Streamlit that is the app's script.
    """

    def start(self) -> None:
        """Start the process, known to `end`."""
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


def scheduler_address() -> str:
    """Look up where jobs run.

    Returns:
        The address of the Dask scheduler that HEARMAP_DASK names; empty where it is this machine.
    """
    return os.environ.get("HEARMAP_DASK", "").strip()


def open_executor(address: str) -> Executor:
    """Open the Dask cluster at an address, or a spawned pool where there is none.

    Args:
        address: what `scheduler_address` gave

    Returns:
        Where jobs run.

    Raises:
        StoreError: the scheduler does not answer, or the package for it is missing.
        SettingError: HEARMAP_WORKERS is no number of processes.
    """
    if address:
        return _dask_cluster(address)
    n_workers = _worker_count()
    affinity = getattr(os, "sched_getaffinity", None)
    n_cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return ProcessPoolExecutor(
        n_workers,
        mp_context=_WorkerContext(),
        initializer=worker.set_up,
        initargs=(max(1, n_cores // n_workers),),
    )


def is_usable(executor: Executor) -> bool:
    """Tell whether an executor takes more work: a cluster whose scheduler is gone does not.

    Args:
        executor: what `open_executor` gave

    Returns:
        Whether it does.
    """
    client = _clients.get(id(executor))
    return client is None or client.status == "running"


def close_executor(executor: Executor) -> None:
    """Let an executor take no more work; what a pool has begun it still does.

    Args:
        executor: what `open_executor` gave
    """
    client = _clients.pop(id(executor), None)
    if client is None:
        executor.shutdown(wait=False)
    else:
        # A scheduler that is gone is waited for, and not by whoever wants another.
        threading.Thread(target=_close_client, args=(client,), daemon=True).start()


def end(executor: Executor | None) -> None:
    """End the workers of this process with it, and let a cluster drop its jobs.

    Args:
        executor: the executor in use, where there is one
    """
    with _lock:
        for process in _workers:
            process.kill()
    if executor is None:
        return
    client = _clients.pop(id(executor), None)
    if client is None:
        # Without workers its thread ends at once; the interpreter must not meet it half-way.
        executor.shutdown(wait=True, cancel_futures=True)
    else:
        _close_client(client)


def _close_client(client: Any) -> None:
    with contextlib.suppress(Exception):
        client.close(timeout=2)


def _dask_cluster(address: str) -> Executor:
    try:
        import distributed
    except ModuleNotFoundError as error:
        raise StoreError(
            f"Jobs on a Dask cluster (HEARMAP_DASK) need the Python package “{error.name}”; "
            "install it beside HearMap, or unset HEARMAP_DASK."
        ) from None
    # What goes wrong is in the jobs' records, in a sentence, and not in the terminal.
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    untyped: Any = distributed
    try:
        client = untyped.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, TypeError):
        raise StoreError(
            f"The Dask scheduler at {address} (HEARMAP_DASK) does not answer. Check that it is "
            "running and that the address is right, or unset HEARMAP_DASK to work on this machine."
        ) from None
    # Not pure: a job that goes on after a restart is the same call as before.
    executor: Executor = client.get_executor(pure=False)
    _clients[id(executor)] = client
    return executor


def _worker_count() -> int:
    named = os.environ.get("HEARMAP_WORKERS", "1").strip() or "1"
    if not named.isdigit() or int(named) < 1:
        raise SettingError(f"HEARMAP_WORKERS is a number of processes, 1 or more, not “{named}”.")
    return int(named)
