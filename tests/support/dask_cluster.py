"""A Dask scheduler and two workers in processes of their own, for tests of jobs and journeys."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
START_SECONDS = 60.0
N_WORKERS = 2


@dataclass
class DaskCluster:
    """Where its scheduler listens, and its processes, the scheduler first."""

    address: str
    processes: list[subprocess.Popen[bytes]]


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def dask_cluster(folder: Path) -> Iterator[DaskCluster]:
    """The cluster; both workers have joined it when the block begins."""
    pytest.importorskip("distributed", reason="distributed is not installed, so no job runs on it")
    address = f"tcp://127.0.0.1:{free_port()}"
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        "OMP_NUM_THREADS": "1",
    }
    dask = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", address]
    commands = [
        [*dask, "--host", address, "--no-dashboard", "--no-show"],
        *[[*worker, "--no-dashboard", "--no-nanny", "--nthreads", "2"]] * N_WORKERS,
    ]
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "dask.log"
    with log.open("wb") as out:
        processes = [
            subprocess.Popen(
                command, cwd=folder, env=environment, stdout=out, stderr=subprocess.STDOUT
            )
            for command in commands
        ]
    try:
        stop = time.monotonic() + START_SECONDS
        while log.read_text(errors="replace").count("Registered to:") < N_WORKERS:
            assert time.monotonic() < stop, log.read_text(errors="replace")
            time.sleep(0.1)
        yield DaskCluster(address, processes)
    finally:
        for process in processes:
            process.kill()
            process.wait(10)
