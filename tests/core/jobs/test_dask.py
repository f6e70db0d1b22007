"""With HEARMAP_DASK jobs run on a cluster: the same states, progress, cancel, log and resume."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import StoreError
from core.jobs import cancel, executors, get_job, job_log, queue, queue_place, resume, submit
from core.jobs.tasks import TASKS
from core.storage import database
from tests.core.jobs.test_jobs import ended, wait
from tests.support.dask_cluster import DaskCluster, dask_cluster
from tests.support.job_tasks import SMALL_TASKS, BeKilled, Count, Refuse, Stumble


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    with dask_cluster(tmp_path_factory.mktemp("dask")) as cluster:
        yield cluster


@pytest.fixture(autouse=True)
def on_dask(cluster: DaskCluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for kind, task in SMALL_TASKS.items():
        monkeypatch.setitem(TASKS, kind, task)
    monkeypatch.setenv("HEARMAP_DASK", cluster.address)
    yield
    database.close()


def test_two_workers_do_two_jobs_at_a_time_and_the_third_waits() -> None:
    jobs = [submit(Count(steps=15)) for _ in range(3)]
    for job_id in jobs[:2]:
        wait(job_id, lambda job: job.fraction > 0)
    assert get_job(jobs[2]).state == "queued" and queue_place(jobs[2]) == 1
    done = [wait(job_id, ended) for job_id in jobs]
    assert [job.state for job in done] == ["done"] * 3
    pids = [job.result["pid"] for job in done]
    assert pids[0] != pids[1] and os.getpid() not in pids
    lines = [line.text for line in job_log(jobs[0])]
    assert lines[0] == "Put in the queue." and lines[-1] == "Done." and "Step 1" in lines


def test_cancel_and_resume() -> None:
    job_id = submit(Count(steps=300))
    wait(job_id, lambda job: job.fraction > 0)
    cancel(job_id)
    assert wait(job_id, ended).state == "cancelled"
    resume(job_id)
    wait(job_id, lambda job: job.fraction > 0)
    cancel(job_id)
    assert wait(job_id, ended).state == "cancelled"


def test_errors_become_sentences(hearmap_home: Path) -> None:
    assert wait(submit(Refuse()), ended).message == "Two clips are too few."
    stumbled = wait(submit(Stumble()), ended)
    assert "inside HearMap while trying to stumble: KeyError" in stumbled.message
    assert (hearmap_home / "logs" / f"job-{stumbled.id}.log").is_file()


def test_a_scheduler_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executors, "CONNECT_SECONDS", 1)
    monkeypatch.setenv("HEARMAP_DASK", "tcp://127.0.0.1:1")
    job = get_job(submit(Count(steps=1)))
    assert job.state == "failed" and "scheduler at tcp://127.0.0.1:1" in job.message
    monkeypatch.setenv("HEARMAP_DASK", "nonsense://x")
    assert "does not answer" in resume(job.id).message
    with pytest.raises(StoreError, match="does not answer"):
        executors.open_executor("nonsense://x")
    # It is asked for again with each job, so that one that comes back is found.
    monkeypatch.setenv("HEARMAP_DASK", "")
    resume(job.id)
    assert wait(job.id, ended).state == "done"


def test_a_worker_that_dies_and_then_the_whole_cluster(cluster: DaskCluster) -> None:
    job = wait(submit(BeKilled()), ended)
    assert job.state == "failed" and job.message == queue.KILLED
    # The other worker goes on.
    assert wait(submit(Count(steps=1)), ended).state == "done"
    last = submit(Count(steps=600))
    wait(last, lambda job: job.fraction > 0)
    for process in cluster.processes:
        process.kill()
    assert wait(last, ended).state == "interrupted"
