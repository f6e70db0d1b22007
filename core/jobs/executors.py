"""Where jobs run: a spawned pool of this machine, or the Dask cluster that HEARMAP_DASK names.

Both are a `concurrent.futures.Executor`; `core.jobs.queue` needs no more than that. A Dask worker
needs this program, and the same HEARMAP_HOME on a shared disk; its database is the app's.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from concurrent.futures import Executor
from typing import Any

from core.errors import SettingError, StoreError
from core.jobs import worker
from core.runtime.worker_process import end_workers, worker_pool

CONNECT_SECONDS = 10

_clients: dict[int, Any] = {}


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
    return worker_pool(n_workers, worker.set_up, max(1, n_cores // n_workers))


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
    end_workers()
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
