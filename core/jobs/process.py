"""Which process owns a job, and whether it still runs: a process number alone may be reused."""

from __future__ import annotations

import datetime
import functools
import os
import platform
from pathlib import Path

from core.storage.tables import now

HEARTBEAT_SECONDS = 5.0
SILENT_SECONDS = 30.0


def this_process() -> str:
    """This process's name: host, process number, and when that number was given out."""
    return f"{platform.node()} {os.getpid()} {_started(os.getpid()) or 'unknown'}"


def is_alive(owner: str, heartbeat_at: datetime.datetime) -> bool:
    """Whether the process of that name still runs.

    On another host, or where the system does not tell (not Linux), it counts as gone when its
    heartbeat is older than 30 s.
    """
    host, _, rest = owner.rpartition(" ")[0].rpartition(" ")
    started = owner.rpartition(" ")[2]
    if host == platform.node() and started != "unknown" and rest.isdigit():
        return _started(int(rest)) == started
    return (now() - heartbeat_at).total_seconds() < SILENT_SECONDS


def _started(pid: int) -> str | None:
    """When the process was started, in clock ticks of which boot; None where it is not told."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
        # A zombie has ended; only its parent has not asked how.
        return None if fields[0] in "ZX" else f"{_boot()}:{fields[19]}"
    except (OSError, IndexError):
        return None


@functools.lru_cache(maxsize=1)
def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
