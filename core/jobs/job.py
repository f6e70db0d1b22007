"""A job as its record says: how to find it, how to ask it to stop, and what its worker writes."""

from __future__ import annotations

import dataclasses
import datetime
import os
import platform
import secrets
from collections.abc import Collection
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import defer

from core.errors import StoreError
from core.jobs.process import is_alive
from core.jobs.tasks import TASKS, task_of
from core.jobs.tasks.task import Task
from core.storage.database import reading, writing
from core.storage.tables import JobRow, as_json, as_text, from_row, now

ACTIVE_STATES = ("queued", "running")
RESUMABLE_STATES = ("interrupted", "cancelled", "failed")
MOST_LOG_LINES, MOST_DELETED = 200, 10_000
INTERRUPTED = "HearMap was stopped before this was done; resume it, or start it again."
CANCELLED = "Cancelled before it was done."


@dataclasses.dataclass(frozen=True)
class Job:
    """Long work at one moment.

    Attributes:
        kind: the kind of its task
        state: queued, running, done, failed, cancelled or interrupted
        stage: what it is doing, in a few words for people
        fraction: the share that is done, in [0, 1]
        seconds_left: an estimate, None while there is none
        message: a sentence for people where the job did not end well
        arguments: those of the task, by their stored names
        result: what the task gave
        cancel_requested: whether it was asked to stop
        created_at: when it was put in the queue
        started_at: when a worker began it
        finished_at: when it ended
    """

    id: str
    kind: str
    state: str
    stage: str
    fraction: float
    seconds_left: float | None
    message: str
    arguments: dict[str, Any]
    result: dict[str, Any]
    cancel_requested: bool
    created_at: datetime.datetime
    started_at: datetime.datetime | None
    finished_at: datetime.datetime | None

    @property
    def active(self) -> bool:
        """Whether the job waits or runs."""
        return self.state in ACTIVE_STATES

    @property
    def resumable(self) -> bool:
        """Whether `resume` takes the job up again."""
        return self.state in RESUMABLE_STATES

    @property
    def task(self) -> Task | None:
        """The task with its arguments; None where this program does no such work."""
        return task_of(self.kind, self.arguments) if self.kind in TASKS else None

    @property
    def title(self) -> str:
        """What the job does, in a few words for people."""
        task = self.task
        return self.kind.replace("_", " ").capitalize() if task is None else task.title


@dataclasses.dataclass(frozen=True)
class LogLine:
    """What a job was doing from a moment on.

    Attributes:
        at: the moment
        text: the stage, or what became of the job
    """

    at: datetime.datetime
    text: str


@dataclasses.dataclass(frozen=True)
class Attempt:
    """A job as it was put in the queue, once; a resumed one has another.

    Attributes:
        task: what is to be done
        queued_at: the moment, which tells attempts apart: one from before a `requeue` changes
            nothing any more
    """

    job_id: str
    task: Task
    queued_at: datetime.datetime


def get_job(job_id: str) -> Job:
    """Look up a job; one whose owner is gone becomes interrupted.

    Args:
        job_id: the job's id

    Returns:
        The job as it is now.

    Raises:
        StoreError: there is none of this id.
    """
    with reading() as session:
        row = session.get(JobRow, job_id)
    if row is None:
        raise StoreError("This piece of work is not known here; start it again.")
    return _job(row)


def list_jobs(
    active_only: bool = False, *, limit: int = 200, without: Collection[str] = ()
) -> list[Job]:
    """List the newest jobs.

    Args:
        active_only: whether only those that wait or run
        limit: how many at most
        without: kinds that are left out

    Returns:
        The jobs, newest first.
    """
    query = select(JobRow).order_by(JobRow.created_at.desc(), JobRow.id).limit(limit)
    query = query.options(defer(JobRow.log))
    if without:
        query = query.where(JobRow.kind.not_in(without))
    if active_only:
        query = query.where(JobRow.state.in_(ACTIVE_STATES))
    with reading() as session:
        rows = session.scalars(query).all()
    return [job for job in map(_job, rows) if job.active or not active_only]


def delete_ended() -> int:
    """Delete the records of all jobs that have ended, with their logs; what they made stays.

    Returns:
        How many there were.

    Raises:
        StoreError: the records cannot be written.
    """
    # One whose process is gone is active in its record, and interrupted for those who read it.
    ended = [job.id for job in list_jobs(limit=MOST_DELETED) if not job.active]
    with writing() as session:
        session.execute(delete(JobRow).where(JobRow.id.in_(ended)))
    return len(ended)


def job_log(job_id: str) -> tuple[LogLine, ...]:
    """Read what a job did.

    Args:
        job_id: the job's id

    Returns:
        Its log, oldest first; of a long one the latest 200 lines.

    Raises:
        StoreError: there is none of this id.
    """
    get_job(job_id)
    with reading() as session:
        lines = session.get_one(JobRow, job_id).log
    return tuple(LogLine(datetime.datetime.fromisoformat(at), text) for at, text in lines)


def queue_place(job_id: str) -> int | None:
    """Find a job's place in the queue.

    Args:
        job_id: the job's id

    Returns:
        The number of jobs its owner does before it, and itself; None where it does not wait.
    """
    with reading() as session:
        row = session.get(JobRow, job_id, options=[defer(JobRow.log)])
        if row is None or row.state != "queued":
            return None
        before = (
            JobRow.state == "queued",
            JobRow.owner == row.owner,
            JobRow.created_at < row.created_at,
        )
        return 1 + int(session.scalar(select(func.count()).select_from(JobRow).where(*before)) or 0)


def cancel(job_id: str) -> Job:
    """Ask a job to stop: a waiting one at once, a running one when it next updates its progress.

    One that has ended stays as it is.

    Args:
        job_id: the job's id

    Returns:
        The job as it is now.

    Raises:
        StoreError: there is none of this id.
    """
    get_job(job_id)
    # In this order: meanwhile a waiting job may start, and a running one cannot wait again.
    asked: dict[str, Any] = {"cancel_requested": True}
    ended = asked | {"state": "cancelled", "message": CANCELLED, "finished_at": now()}
    if not _change(job_id, ("queued",), CANCELLED, ended):
        _change(job_id, ("running",), "", asked)
    return get_job(job_id)


def start(attempt: Attempt) -> bool:
    """Set a waiting job to running.

    Args:
        attempt: the job as it was put in the queue

    Returns:
        False where it was cancelled meanwhile.
    """
    started = f"Started in process {os.getpid()} on {platform.node()}."
    return bool(_change(attempt, ("queued",), started, {"state": "running", "started_at": now()}))


def add(task: Task, owner: str) -> Attempt:
    """Put a new job in the queue.

    Args:
        task: what is to be done
        owner: the process that does it

    Returns:
        The job's first attempt.

    Raises:
        StoreError: the records cannot be written.
    """
    attempt = Attempt(secrets.token_hex(8), task, _next_moment())
    log = [_log_line("Put in the queue.")]
    with writing() as session:
        waiting = _waiting(attempt, owner)
        session.add(JobRow(id=attempt.job_id, kind=task.kind, log=log, **waiting))
    return attempt


def requeue(job_id: str, task: Task, owner: str) -> Attempt | None:
    """Put an ended job in the queue again, as the last.

    Args:
        job_id: the job's id
        task: what is to be done
        owner: the process that does it

    Returns:
        The new attempt; None where the job cannot be resumed.
    """
    attempt = Attempt(job_id, task, _next_moment())
    waiting = _waiting(attempt, owner)
    return (
        attempt if _change(job_id, RESUMABLE_STATES, "Put in the queue again.", waiting) else None
    )


def update_progress(
    attempt: Attempt, stage: str, fraction: float, seconds_left: float | None, *, is_new: bool
) -> bool:
    """Write a running job's progress to its record.

    Args:
        attempt: the job as it was put in the queue
        stage: what it is doing
        fraction: the share that is done, in [0, 1]
        seconds_left: an estimate, where there is one
        is_new: whether the stage is a new one, which goes to the log

    Returns:
        True where the job is to stop.
    """
    values = {"stage": as_text(stage), "fraction": fraction, "seconds_left": seconds_left}
    values["heartbeat_at"] = now()
    running = _change(attempt, ("running",), stage if is_new else "", values)
    # A job that no longer counts as running has been given up by all who look at it.
    return running is None or running.cancel_requested


def finish(
    job: str | Attempt, state: str, message: str = "", result: dict[str, Any] | None = None
) -> None:
    """End an active job; one that has ended stays as it is.

    Args:
        job: the job's id, or the attempt that ends
        state: done, failed, cancelled or interrupted
        message: a sentence for people where it did not end well
        result: what its task gave
    """
    values = {"state": state, "message": as_text(message), "result": as_json(result or {})}
    values |= {"seconds_left": None, "finished_at": now()}
    if state == "done":
        values["fraction"] = 1.0
    _change(job, ACTIVE_STATES, message or "Done.", values)


def heartbeat(owner: str) -> None:
    """Write to a process's active jobs that it still runs.

    Args:
        owner: the process, as `this_process` names it
    """
    with writing() as session:
        mine = (JobRow.owner == owner, JobRow.state.in_(ACTIVE_STATES))
        session.execute(update(JobRow).where(*mine).values(heartbeat_at=now()))


def _next_moment() -> datetime.datetime:
    # Now; after every other job also where the clock went back, for the newest job is shown.
    with reading() as session:
        newest = session.scalar(select(func.max(JobRow.created_at)))
    moment = now()
    return moment if newest is None else max(moment, newest + datetime.timedelta(microseconds=1))


def _waiting(attempt: Attempt, owner: str) -> dict[str, Any]:
    return {
        "state": "queued",
        "stage": "Waiting",
        "fraction": 0.0,
        "seconds_left": None,
        "message": "",
        "arguments": attempt.task.as_record(),
        "result": {},
        "cancel_requested": False,
        "owner": owner,
        "heartbeat_at": now(),
        "created_at": attempt.queued_at,
        "started_at": None,
        "finished_at": None,
    }


def _change(
    job: str | Attempt, states: tuple[str, ...], log: str, values: dict[str, Any]
) -> JobRow | None:
    # Change the job only in one of these states, whoever else changes it at the same time.
    job_id = job if isinstance(job, str) else job.job_id
    wanted = update(JobRow).where(JobRow.id == job_id, JobRow.state.in_(states))
    if isinstance(job, Attempt):
        wanted = wanted.where(JobRow.created_at == job.queued_at)
    with writing() as session:
        if session.execute(wanted.values(**values).returning(JobRow.id)).first() is None:
            return None
        row = session.get_one(JobRow, job_id)
        if log:
            row.log = [*row.log, _log_line(log)][-MOST_LOG_LINES:]
        return row


def _log_line(text: str) -> list[str]:
    return [now().isoformat(timespec="seconds"), as_text(text)]


def _job(row: JobRow) -> Job:
    # The job of a record; one whose owner is gone becomes interrupted.
    if row.state in ACTIVE_STATES and not is_alive(row.owner, row.heartbeat_at):
        finish(row.id, "interrupted", INTERRUPTED)
        with reading() as session:
            row = session.get_one(JobRow, row.id)
    return from_row(Job, row)
