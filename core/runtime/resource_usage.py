"""What a piece of work took: seconds, and the memory of this process at its height."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Cost:
    """Seconds, and the highest resident memory in bytes, None where the system does not tell."""

    seconds: float = 0.0
    peak_memory_bytes: int | None = None


@contextlib.contextmanager
def measured() -> Iterator[Cost]:
    """Its fields are known when the block ends without an error.

    The memory is the whole process's, program and networks included: what a machine must have
    free. Linux alone tells it of a stretch of time.
    """
    cost = Cost()
    is_reset = _reset_peak()
    started = time.monotonic()
    yield cost
    cost.seconds = time.monotonic() - started
    cost.peak_memory_bytes = _peak_bytes() if is_reset else None


def _reset_peak() -> bool:
    try:
        # “5” resets the highest resident memory; see proc(5).
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return False
    return True


def _peak_bytes() -> int | None:
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return 1024 * int(line.split()[1])
    except (OSError, ValueError, IndexError):
        pass
    return None
