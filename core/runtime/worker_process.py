"""Pools of spawned worker processes, which end with the process that they work for."""

from __future__ import annotations

import contextlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import sys
import threading
import types
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.context import SpawnContext, SpawnProcess

_starting = threading.Lock()


class _WorkerProcess(SpawnProcess):
    """A spawned process that imports what its task needs, and not the program that started it.

    Spawning runs the main module again in the child; under Streamlit that is the app's script.
    """

    def start(self) -> None:
        with _starting:
            main, nothing = sys.modules["__main__"], types.ModuleType("__main__")
            sys.modules["__main__"] = nothing
            try:
                with _without_interrupts():
                    super().start()
            finally:
                # Streamlit sets it at each run of a script, perhaps in another thread just now.
                if sys.modules["__main__"] is nothing:
                    sys.modules["__main__"] = main


@contextlib.contextmanager
def _without_interrupts() -> Iterator[None]:
    # Ctrl-C on a terminal reaches every process; who is started in here leaves it to its owner.
    if os.name == "nt":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _WorkerContext(SpawnContext):
    Process = _WorkerProcess


def worker_pool(
    n_workers: int, set_up: Callable[..., None], *arguments: object
) -> ProcessPoolExecutor:
    """Make a pool of spawned processes that end with this one.

    Args:
        n_workers: how many processes
        set_up: prepares each; it calls `end_with_owner`
        *arguments: those of `set_up`

    Returns:
        The pool; a process starts when there is work for it.
    """
    return ProcessPoolExecutor(n_workers, _WorkerContext(), set_up, arguments)


def end_workers() -> None:
    """End the processes of all pools of this process, whatever they do."""
    with _starting:
        for process in multiprocessing.active_children():
            if isinstance(process, _WorkerProcess):
                process.kill()


def end_with_owner() -> None:
    """End this process as soon as the process that started it is gone, however that ended.

    A daemon thread waits for it. In a process that nobody started nothing happens.
    """
    owner = multiprocessing.parent_process()
    if owner is not None:
        threading.Thread(target=_wait_and_exit, args=(owner.sentinel,), daemon=True).start()


def _wait_and_exit(owner_sentinel: int) -> None:
    multiprocessing.connection.wait([owner_sentinel])
    os._exit(1)
