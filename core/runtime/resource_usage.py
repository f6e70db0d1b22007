"""What work costs (seconds, peak memory), and whether the process that does it still runs."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass
class ResourceUsage:
    """What a piece of work took.

    Attributes:
        seconds: its duration
        peak_memory_bytes: the highest resident memory meanwhile, None where it is not known
    """

    seconds: float = 0.0
    peak_memory_bytes: int | None = None


@contextlib.contextmanager
def measure_usage() -> Iterator[ResourceUsage]:
    """Measure the time and the peak memory of a block.

    The memory is that of the whole process, program and networks included: what a machine must
    have free. Only Linux can say it of a stretch of time, and psutil has no call for it.

    Yields:
        The usage; its fields are set when the block ends without an error.
    """
    usage = ResourceUsage()
    has_reset = _reset_peak()
    started = time.monotonic()
    yield usage
    usage.seconds = time.monotonic() - started
    usage.peak_memory_bytes = _peak_bytes() if has_reset else None


def process_started(pid: int) -> float | None:
    """Say when a process was started, which tells it from a later one with the same number.

    Args:
        pid: the process's number on this machine

    Returns:
        Seconds since 1970, moved by as much as the system's clock was set meanwhile (Linux); None
        where no such process runs. A zombie has ended: only its parent has not asked how.
    """
    try:
        process = psutil.Process(pid)
        ended = process.status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
        return None if ended else float(process.create_time())
    except psutil.Error:
        return None


def _reset_peak() -> bool:
    try:
        # “5” resets the highest resident memory; see proc(5).
        Path("/proc/self/clear_refs").write_bytes(b"5")
    except OSError:
        return False
    return True


def _status() -> str:
    return Path("/proc/self/status").read_text(encoding="utf-8", errors="replace")


def _peak_bytes() -> int | None:
    with contextlib.suppress(OSError):
        if found := re.search(r"VmHWM:\s*(\d+)", _status()):
            return 1024 * int(found[1])
    return None
