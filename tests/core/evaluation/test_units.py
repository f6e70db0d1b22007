"""Units of a benchmark: each done once, kept at once, several at a time, whatever ends the run."""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
import time
from functools import partial
from pathlib import Path

import pytest

from core.errors import BenchmarkError, FitError, StoreError
from core.evaluation.benchmarks.results import Measured, ResultRow
from core.evaluation.benchmarks.units import Unit, fitting_jobs, run_units
from core.runtime.progress import silent


def units(n: int) -> list[Unit]:
    return [Unit(f"unit {i}", i, "rain", {"number": i}) for i in range(n)]


def measure(log: Path, candidate: int, normal: str, progress) -> Measured:
    with log.open("a") as stream:
        stream.write(f"{candidate}\n")
    progress("Working", 0.5)
    row = ResultRow("h", "p", "b", "d", normal, 6.0, "sample", "ROC", candidate / 7, None, None, 4)
    return Measured([row], [{"clip": f"clip {candidate}", "score": candidate / 3}])


def measure_and_fail(log: Path, failing: int, candidate: int, normal: str, progress) -> Measured:
    if candidate == failing:
        raise FitError("There are too few clips.")
    return measure(log, candidate, normal, progress)


def measure_and_die(log: Path, candidate: int, normal: str, progress) -> Measured:
    if candidate == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return measure(log, candidate, normal, progress)


def done(log: Path) -> list[int]:
    return sorted(int(line) for line in log.read_text().split())


def test_one_by_one_and_several_at_once_give_the_same(tmp_path: Path) -> None:
    told: list[float] = []
    one = run_units(
        units(3), partial(measure, tmp_path / "a.log"), tmp_path / "a",
        lambda stage, fraction: told.append(fraction),
    )  # fmt: skip
    two = run_units(units(3), partial(measure, tmp_path / "b.log"), tmp_path / "b", silent, 2)
    assert one == two
    assert [clip["clip"] for clip in one.clips] == ["clip 0", "clip 1", "clip 2"]
    assert told == sorted(told) and told[-1] == pytest.approx(1.0)


def test_what_failed_is_named_and_what_was_done_is_never_done_again(tmp_path: Path) -> None:
    log, out = tmp_path / "log", tmp_path / "out"
    with pytest.raises(FitError, match="unit 2: There are too few clips"):
        run_units(units(4), partial(measure_and_fail, log, 2), out, silent)
    assert done(log) == [0, 1]
    found = run_units(units(4), partial(measure_and_fail, log, -1), out, silent)
    assert done(log) == [0, 1, 2, 3]
    assert [row.value for row in found.rows] == [i / 7 for i in range(4)]


def test_a_damaged_part_is_measured_again(tmp_path: Path) -> None:
    log, out = tmp_path / "log", tmp_path / "out"
    run_units(units(2), partial(measure, log), out, silent)
    damaged = sorted((out / "parts").iterdir())[0]
    damaged.write_text(damaged.read_text()[:40])
    run_units(units(2), partial(measure, log), out, silent)
    assert len(done(log)) == 3


def test_a_process_that_is_killed_ends_the_run_in_a_sentence(tmp_path: Path) -> None:
    log, out = tmp_path / "log", tmp_path / "out"
    with pytest.raises(BenchmarkError, match="run it again with fewer jobs, and it goes on"):
        run_units(units(3), partial(measure_and_die, log), out, silent, 2)


def test_a_full_disk_is_a_sentence_and_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, *args: object, **more: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(StoreError, match="the disk is full"):
        run_units(units(1), partial(measure, tmp_path / "log"), tmp_path / "out", silent)
    assert not list((tmp_path / "out" / "parts").iterdir())


def slow(log: Path, candidate: int, normal: str, progress) -> Measured:
    if candidate == 3:
        log.with_suffix(".pid").write_text(str(os.getpid()))
        time.sleep(120)
    return measure(log, candidate, normal, progress)


def _run_in_process(log: Path, out: Path) -> None:
    run_units(units(4), partial(slow, log), out, silent, 2)


def test_a_run_that_is_killed_goes_on_and_leaves_no_worker(tmp_path: Path) -> None:
    log, out = tmp_path / "log", tmp_path / "out"
    owner = multiprocessing.get_context("spawn").Process(target=_run_in_process, args=(log, out))
    owner.start()
    deadline = time.monotonic() + 120
    while not (log.with_suffix(".pid").is_file() and len(list(out.glob("parts/*.json"))) == 3):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    owner.kill()
    owner.join()
    worker = int(log.with_suffix(".pid").read_text())
    while Path(f"/proc/{worker}").is_dir() and time.monotonic() < deadline:
        if "Z" in Path(f"/proc/{worker}/stat").read_text().rsplit(")", 1)[1][:3]:
            break
        time.sleep(0.1)
    assert done(log) == [0, 1, 2]
    found = run_units(units(4), partial(measure, log), out, silent)
    assert done(log) == [0, 1, 2, 3]
    assert len(found.rows) == 4


def measure_threads(candidate: int, normal: str, progress) -> Measured:
    import torch

    row = ResultRow(
        "h", "p", "b", "d", normal, 6.0, "sample", "ROC", torch.get_num_threads(), None, None, 4
    )
    return Measured([row], [])


def test_each_process_has_its_share_of_the_threads_whoever_imported_torch_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers of trained heads depend on it: 4 points of STFPM's AUROC between 1 and 2 threads."""
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    found = run_units(units(2), measure_threads, tmp_path, silent, 2 * (os.cpu_count() or 1))
    assert [row.value for row in found.rows] == [1, 1]


def test_a_run_takes_as_many_processes_as_cores_where_that_pays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    assert [fitting_jobs(n) for n in (1, 7, 8, 15, 100)] == [1, 1, 2, 3, 4]
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    assert fitting_jobs(100) == 1
