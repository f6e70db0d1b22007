"""Small tasks that a worker process can import, for tests of jobs."""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import Any

from core.errors import FitError
from core.runtime.progress import Progress


def count(arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Steps of a tenth of a second."""
    steps = int(arguments["steps"])
    for i in range(steps):
        progress(f"Step {i + 1}", i / steps)
        time.sleep(0.1)
    return {
        "counted": steps,
        "pid": os.getpid(),
        "threads": os.environ.get("OMP_NUM_THREADS"),
        "heavy": sorted({"torch", "streamlit", "pytest", "alembic"} & set(sys.modules)),
        "main": getattr(sys.modules["__main__"], "__file__", None),
    }


def be_killed(arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Ends as a process does that used up the memory."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def refuse(arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """A sentence for people."""
    raise FitError("Two clips are too few.")


def stumble(arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """A mistake of the program's."""
    return {"never": {}["there"]}


def exhaust(arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """No memory left."""
    raise MemoryError
