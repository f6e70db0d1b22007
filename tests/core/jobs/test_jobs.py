"""Jobs run in a process of their own, tell how far they are, and always come to a known end."""

from __future__ import annotations

import datetime
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.errors import Cancelled, SettingError, StoreError
from core.jobs import (
    Job,
    cancel,
    get_job,
    job_log,
    list_jobs,
    queue,
    queue_place,
    resume,
    submit,
    worker,
)
from core.jobs.job import CANCELLED, INTERRUPTED
from core.jobs.process import is_alive, this_process
from core.jobs.tasks import TASKS
from core.storage import database
from core.storage.tables import JobRow, now
from tests.support.job_tasks import SMALL_TASKS, BeKilled, Count, Exhaust, Refuse, Stumble

ROOT = Path(__file__).parents[3]
PATIENCE_SECONDS = 30.0


@pytest.fixture(autouse=True)
def small_tasks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for kind, task in SMALL_TASKS.items():
        monkeypatch.setitem(TASKS, kind, task)
    yield
    database.close()


def wait(job_id: str, until: Callable[[Job], bool]) -> Job:
    stop = time.monotonic() + PATIENCE_SECONDS
    while not until(job := get_job(job_id)):
        assert time.monotonic() < stop, job
        time.sleep(0.02)
    return job


def ended(job: Job) -> bool:
    return not job.active


def add_job(job_id: str, *, kind: str, state: str) -> None:
    row = JobRow(
        id=job_id, kind=kind, state=state, stage="", fraction=0.1, message="", arguments={},
        result={}, cancel_requested=False, owner="", heartbeat_at=now(), created_at=now(),
    )  # fmt: skip
    with database.writing() as session:
        session.add(row)


def test_a_job_tells_its_progress_and_gives_its_result() -> None:
    job_id = submit(Count(steps=25))
    assert [job.id for job in list_jobs(active_only=True)] == [job_id]
    seen = []

    def done(job: Job) -> bool:
        seen.append(job)
        return ended(job)

    job = wait(job_id, done)
    assert (job.state, job.message, job.fraction) == ("done", "", 1.0)
    assert job.result["counted"] == 25 and job.arguments == {"steps": 25}
    assert job.result["pid"] != os.getpid()
    running = [job for job in seen if job.state == "running"]
    fractions = [job.fraction for job in running]
    assert fractions == sorted(fractions) and len(set(fractions)) >= 5
    told = {job.stage for job in running if job.stage.startswith("Step")}
    assert 5 <= len(told) <= 14  # 2.5 s at no more than five times a second
    left = [job.seconds_left for job in running if job.seconds_left is not None]
    assert left and 0.1 < left[0] < 3.0
    assert job.seconds_left is None and list_jobs(active_only=True) == []
    assert job.created_at <= (job.started_at or now()) < (job.finished_at or job.created_at)


def test_a_worker_imports_only_what_its_task_needs() -> None:
    result = wait(submit(Count(steps=1)), ended).result
    assert result["heavy"] == [] and result["main"] is None
    assert int(result["threads"]) >= 1
    assert sys.modules["__main__"].__name__ == "__main__" and hasattr(
        sys.modules["__main__"], "__file__"
    )


def test_a_running_job_is_cancelled_within_two_seconds() -> None:
    job_id = submit(Count(steps=300))
    wait(job_id, lambda job: job.fraction > 0)
    asked = time.monotonic()
    cancel(job_id)
    job = wait(job_id, ended)
    assert job.state == "cancelled" and job.result == {} and job.cancel_requested
    assert time.monotonic() - asked < 2.0
    assert cancel(job_id).state == "cancelled"


def test_a_waiting_job_is_cancelled_at_once_and_never_runs() -> None:
    first, second, third = (submit(Count(steps=steps)) for steps in (15, 200, 1))
    assert cancel(second).state == "cancelled"
    assert wait(first, ended).state == "done"
    assert wait(third, ended).state == "done"
    assert get_job(second).started_at is None
    assert [line.text for line in job_log(second)] == ["Put in the queue.", CANCELLED]
    assert [job.id for job in list_jobs()] == [third, second, first]


def test_the_queue_can_be_seen() -> None:
    jobs = [submit(Count(steps=steps)) for steps in (10, 1, 1)]
    wait(jobs[0], lambda job: job.state == "running")
    assert [queue_place(job_id) for job_id in jobs] == [None, 1, 2]
    cancel(jobs[1])
    assert queue_place(jobs[2]) == 1 and queue_place("none") is None
    assert wait(jobs[2], ended).state == "done"


def test_a_log_keeps_each_stage_once_and_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = submit(Count(steps=12))
    assert wait(job_id, ended).state == "done"
    lines = [line.text for line in job_log(job_id)]
    assert lines[0] == "Put in the queue." and lines[-1] == "Done."
    assert lines[1].startswith("Started in process")
    steps = [line for line in lines if line.startswith("Step")]
    assert 3 <= len(steps) == len(set(steps)) <= 12
    first, second = submit(Count(steps=8)), submit(Count(steps=1))
    cancel(second)
    # Here and not in the worker, which adds nothing to a job that is cancelled while it waits.
    monkeypatch.setattr("core.jobs.job.MOST_LOG_LINES", 3)
    resume(second)
    cancel(second)
    last = [line.text for line in job_log(second)]
    assert last == [CANCELLED, "Put in the queue again.", CANCELLED]
    assert wait(first, ended).state == "done"


def test_a_cancelled_job_is_resumed_as_it_was_asked_for() -> None:
    first = submit(Count(steps=200))
    second = submit(Count(steps=2))
    asked = get_job(second).created_at
    cancel(second)
    again = resume(second)
    assert (again.state, again.message, again.cancel_requested) == ("queued", "", False)
    assert again.arguments == {"steps": 2, "resumed_since": asked.isoformat()}
    cancel(first)
    # The attempt that was cancelled in the queue comes first, and leaves the new one alone.
    assert wait(second, ended).result["counted"] == 2
    for job_id in (second, submit(Count(steps=2))):
        with pytest.raises(StoreError, match="cannot be resumed"):
            resume(job_id)
        wait(job_id, ended)


def test_a_killed_worker_fails_its_job_and_no_other() -> None:
    killed = submit(BeKilled())
    behind = [submit(Count(steps=1)), submit(Count(steps=2))]
    job = wait(killed, ended)
    assert job.state == "failed" and "ended from outside" in job.message
    assert [wait(job_id, ended).state for job_id in behind] == ["done", "done"]
    assert wait(submit(Count(steps=1)), ended).state == "done"


def test_a_worker_killed_while_it_had_nothing_to_do() -> None:
    pid = wait(submit(Count(steps=1)), ended).result["pid"]
    os.kill(pid, 9)
    assert wait(submit(Count(steps=1)), ended).state == "done"


def test_the_end_of_a_job_is_written_outside_the_pools_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # From Python 3.13 on that thread holds the pool's lock when a worker was killed, and writing
    # the end of one job may start the next: the job would stay running for ever.
    threads = []
    write_end = queue._ended

    def noted(*arguments: Any) -> None:
        threads.append(type(threading.current_thread()))
        write_end(*arguments)

    monkeypatch.setattr(queue, "_ended", noted)
    wait(submit(BeKilled()), ended)
    assert threads == [threading.Thread]


def test_errors_become_sentences(hearmap_home: Path) -> None:
    refused = wait(submit(Refuse()), ended)
    assert (refused.state, refused.message) == ("failed", "Two clips are too few.")
    exhausted = wait(submit(Exhaust()), ended)
    assert "not enough memory" in exhausted.message
    stumbled = wait(submit(Stumble()), ended)
    log = hearmap_home / "logs" / f"job-{stumbled.id}.log"
    assert stumbled.message == (
        "Something went wrong inside HearMap while trying to stumble: KeyError. "
        f"Details are in {log}."
    )
    assert 'return {"never": {}["there"]}' in log.read_text(encoding="utf-8")


def test_unknown_work_and_unknown_jobs() -> None:
    add_job("dancing", kind="dance", state="interrupted")
    assert (get_job("dancing").task, get_job("dancing").title) == (None, "Dance")
    with pytest.raises(SettingError, match="no work called “dance”; there is fit, score, demo"):
        resume("dancing")
    with pytest.raises(StoreError, match="not known here"):
        get_job("none")
    with pytest.raises(StoreError, match="not known here"):
        cancel("none")


def test_a_wrong_number_of_workers_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEARMAP_WORKERS", "many")
    monkeypatch.setattr(queue, "_pool", None)
    job = get_job(submit(Count(steps=1)))
    assert job.state == "failed" and "HEARMAP_WORKERS" in job.message


SERVER = """
import time
from core.jobs import submit, get_job
from tests.support.job_tasks import Count
if __name__ != "__main__":
    raise AssertionError("a worker ran the program that started it")
first, second = submit(Count(steps=600)), submit(Count(steps=600))
while get_job(first).active and get_job(first).fraction == 0:
    time.sleep(0.05)
print(first, second, flush=True)
"""


def server(tmp_path: Path, last_line: str) -> subprocess.Popen[str]:
    program = tmp_path / "server.py"
    program.write_text(SERVER + last_line, encoding="utf-8")
    return subprocess.Popen(
        [sys.executable, str(program)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def workers_of(pid: int) -> list[int]:
    return [
        int(path.name)
        for path in Path("/proc").iterdir()
        if path.name.isdigit() and _parent(path) == pid
    ]


def _parent(process: Path) -> int | None:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return None


def test_jobs_of_a_killed_server_are_interrupted(tmp_path: Path) -> None:
    process = server(tmp_path, "time.sleep(100)")
    assert process.stdout is not None and process.stderr is not None
    line = process.stdout.readline()
    assert line, process.stderr.read()
    jobs = line.split()
    assert [get_job(job_id).state for job_id in jobs] == ["running", "queued"]
    workers = workers_of(process.pid) if sys.platform == "linux" else []
    process.kill()
    process.communicate()
    assert [job.state for job in list_jobs()] == ["interrupted", "interrupted"]
    assert get_job(jobs[0]).message == INTERRUPTED
    stop = time.monotonic() + 5
    while any(is_running(pid) for pid in workers):
        assert time.monotonic() < stop, "a worker outlived its owner"
        time.sleep(0.05)
    assert get_job(jobs[0]).state == "interrupted"
    # Each goes on in this process, under the same id.
    for job_id in jobs:
        resume(job_id)
        wait(job_id, lambda job: job.fraction > 0)
        cancel(job_id)
        assert wait(job_id, ended).state == "cancelled"


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (OSError, IndexError):
        return False


def test_a_server_that_ends_does_not_wait_for_its_jobs(tmp_path: Path) -> None:
    process = server(tmp_path, "")
    assert process.stdout is not None
    line = process.stdout.readline()
    printed = time.monotonic()
    _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (0, "")
    assert time.monotonic() - printed < 5
    assert [get_job(job_id).state for job_id in line.split()] == ["interrupted", "interrupted"]


def test_owners_are_told_apart_from_processes_that_reuse_their_number() -> None:
    mine = this_process()
    assert is_alive(mine, now())
    host_and_pid, _, _ = mine.rpartition(" ")
    years_ago = now().replace(year=2020)
    assert is_alive(mine, years_ago)
    # The number is this process's, which was not there when the owner last said that it runs.
    assert not is_alive(f"{host_and_pid} 1.0", years_ago)
    # So said HearMap 0.1.0 when a process was started.
    assert not is_alive(f"{host_and_pid} 8b1c-4e02:1234", years_ago)
    assert is_alive(f"{host_and_pid} 8b1c-4e02:1234", now() + datetime.timedelta(seconds=5))
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    host, _, _ = host_and_pid.rpartition(" ")
    assert not is_alive(f"{host} {gone.pid} 8b1c-4e02:1234", now())
    # Of another host only the heartbeat tells.
    assert is_alive("elsewhere 1 1.0", now()) and not is_alive("elsewhere 1 1.0", years_ago)


def test_progress_survives_a_database_that_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object, **__: object) -> bool:
        raise StoreError("busy")

    monkeypatch.setattr(worker.job, "update_progress", busy)
    worker.RecordedProgress("any")("Reading", 0.5)


def test_a_job_that_counts_as_ended_stops_its_task() -> None:
    add_job("given up", kind="fit", state="interrupted")
    with pytest.raises(Cancelled):
        worker.RecordedProgress("given up")("Reading", 0.5)
    assert get_job("given up").state == "interrupted"


def test_a_new_job_is_the_newest_where_the_clock_went_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from core.jobs import job

    first = job.add(Count(steps=1), this_process())
    went_back = datetime.datetime(1970, 1, 2, tzinfo=datetime.timezone.utc)
    monkeypatch.setattr(job, "now", lambda: went_back)
    second = job.add(Count(steps=1), this_process())
    assert second.queued_at > first.queued_at
