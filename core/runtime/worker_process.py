"""Worker processes end with the process that they work for."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import threading


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
