"""Which process owns a job, and whether it still runs: a process number alone may be reused."""

from __future__ import annotations

import contextlib
import datetime
import functools
import os
import platform

from core.runtime.resource_usage import process_started
from core.storage.tables import now

HEARTBEAT_SECONDS = 5.0
SILENT_SECONDS = 30.0
# Start times are rounded, to whole seconds on some systems.
START_TOLERANCE_SECONDS = 2.0


@functools.lru_cache(maxsize=1)
def this_process() -> str:
    """Name this process, for records of the jobs that it owns.

    Returns:
        The host, the process's number, and when it was started, in seconds since 1970.
    """
    return f"{platform.node()} {os.getpid()} {process_started(os.getpid())}"


def is_alive(owner: str, heartbeat_at: datetime.datetime) -> bool:
    """Tell whether the owner of a job still runs.

    A process of another host counts as gone when its heartbeat is older than 30 s.

    Args:
        owner: what `this_process` gave there; HearMap 0.1.0 wrote “boot:ticks” as the start
        heartbeat_at: when the owner last said that it runs

    Returns:
        Whether it runs.
    """
    silent = (now() - heartbeat_at).total_seconds() > SILENT_SECONDS
    host_and_pid, _, owner_started = owner.rpartition(" ")
    host, _, pid = host_and_pid.rpartition(" ")
    if host != platform.node() or not pid.isdigit():
        return not silent
    started = process_started(int(pid))
    if started is None:
        return False
    with contextlib.suppress(ValueError):
        if abs(started - float(owner_started)) < START_TOLERANCE_SECONDS:
            return True
    # Another start time: the number was given to a new process, or the system's clock was set
    # (0.1.0's form has none). A process that was there before the last heartbeat is the owner.
    return not silent and started + START_TOLERANCE_SECONDS < heartbeat_at.timestamp()
