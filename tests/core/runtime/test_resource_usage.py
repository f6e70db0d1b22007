"""Time and memory of a block, and whether a process still runs."""

import os
import subprocess
import sys
import time

import numpy as np

from core.runtime.resource_usage import measure_usage, process_started


def test_a_block_that_takes_memory_and_time_says_so() -> None:
    with measure_usage() as usage:
        held = np.ones(50_000_000 // 8)
        time.sleep(0.02)
    assert usage.seconds >= 0.02
    assert usage.peak_memory_bytes is None or usage.peak_memory_bytes > held.nbytes
    del held


def test_a_process_has_one_start_while_it_runs_and_none_once_it_has_ended() -> None:
    before = time.time()
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    started = process_started(child.pid)
    assert started is not None and abs(started - before) < 2.0
    assert process_started(child.pid) == started
    own = process_started(os.getpid())
    assert own is not None and own < started
    assert child.stdin is not None
    child.stdin.close()
    # Ended, but not asked how: a zombie until then.
    deadline = time.monotonic() + 10
    while process_started(child.pid) is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert process_started(child.pid) is None
    child.wait()
    assert process_started(child.pid) is None
