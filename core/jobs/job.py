"""A job as anyone sees it: its record, how to find it, and how to ask it to stop."""

from __future__ import annotations

import dataclasses
import datetime
import os
import platform
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, defer

from core.errors import StoreError
from core.jobs.process import is_alive
from core.storage.database import reading, writing
from core.storage.tables import JobRow, as_json, as_text, now

ACTIVE_STATES = ("queued", "running")
RESUMABLE_STATES = ("interrupted", "cancelled", "failed")
MOST_LOG_LINES = 200
INTERRUPTED = "HearMap was stopped before this was done; resume it, or start it again."
CANCELLED = "Cancelled before it was done."


@dataclasses.dataclass(frozen=True)
class Job:
    """Long work at one moment.

    `state` is queued, running, done, failed, cancelled or interrupted; `fraction` lies in
    [0, 1]; `seconds_left` is None while it cannot be told; `message` is a sentence for people
    where the job did not end well; `result` is what the task gave.
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
        """Whether it waits or runs."""
        return self.state in ACTIVE_STATES

    @property
    def resumable(self) -> bool:
        """Whether `resume` takes it up again."""
        return self.state in RESUMABLE_STATES


@dataclasses.dataclass(frozen=True)
class LogLine:
    """What a job was doing from a moment on."""

    at: datetime.datetime
    text: str


def get_job(job_id: str) -> Job:
    """The job as it is now.

    Raises:
        StoreError: there is none of this id.
    """
    with reading() as session:
        row = session.get(JobRow, job_id)
    if row is None:
        raise StoreError("This piece of work is not known here; start it again.")
    return _job(row) if not _lost(row) else _interrupted(job_id)


def list_jobs(active_only: bool = False, *, limit: int = 200) -> list[Job]:
    """The newest jobs, or the newest of those that wait or run, newest first."""
    query = select(JobRow).order_by(JobRow.created_at.desc(), JobRow.id).limit(limit)
    query = query.options(defer(JobRow.log))
    if active_only:
        query = query.where(JobRow.state.in_(ACTIVE_STATES))
    with reading() as session:
        rows = session.scalars(query).all()
    jobs = [_job(row) if not _lost(row) else _interrupted(row.id) for row in rows]
    return [job for job in jobs if job.active or not active_only]


def job_log(job_id: str) -> tuple[LogLine, ...]:
    """What the job did, oldest first; of a long one the latest 200 lines.

    Raises:
        StoreError: there is none of this id.
    """
    get_job(job_id)
    with reading() as session:
        lines = session.get_one(JobRow, job_id).log
    return tuple(LogLine(datetime.datetime.fromisoformat(at), text) for at, text in lines)


def queue_place(job_id: str) -> int | None:
    """How many jobs its worker does before it, and itself; None where it does not wait."""
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
    """Asks the job to stop: a waiting one at once, a running one when it next tells its progress.

    One that has ended stays as it is.

    Raises:
        StoreError: there is none of this id.
    """
    get_job(job_id)
    with writing() as session:
        _change(session, job_id, ("running",), None, cancel_requested=True)
        stopped = _change(
            session,
            job_id,
            ("queued",),
            None,
            cancel_requested=True,
            state="cancelled",
            message=CANCELLED,
            finished_at=now(),
        )
        if stopped:
            _log(session, job_id, CANCELLED)
    return get_job(job_id)


def start(job_id: str, attempt: datetime.datetime | None = None) -> bool:
    """The waiting job counts as running; False when it was cancelled meanwhile.

    An attempt is named by when it was put in the queue: one from before a `resume` changes nothing
    any more, here and in `tell` and `finish`.
    """
    with writing() as session:
        started = _change(session, job_id, ("queued",), attempt, state="running", started_at=now())
        if started:
            _log(session, job_id, f"Started in process {os.getpid()} on {platform.node()}.")
        return started


def requeue(job_id: str, owner: str, arguments: dict[str, Any]) -> datetime.datetime | None:
    """The ended job waits again, last in the queue; its new attempt, None if it cannot."""
    attempt = now()
    with writing() as session:
        changed = _change(
            session,
            job_id,
            RESUMABLE_STATES,
            None,
            state="queued",
            stage="Waiting",
            fraction=0.0,
            seconds_left=None,
            message="",
            arguments=arguments,
            result={},
            cancel_requested=False,
            owner=owner,
            heartbeat_at=attempt,
            created_at=attempt,
            started_at=None,
            finished_at=None,
        )
        if changed:
            _log(session, job_id, "Put in the queue again.")
        return attempt if changed else None


def tell(
    job_id: str,
    stage: str,
    fraction: float,
    seconds_left: float | None,
    attempt: datetime.datetime | None = None,
    *,
    is_new: bool = False,
) -> bool:
    """The running job's progress is known, a new stage in its log; True when it is to stop."""
    with writing() as session:
        running = _change(
            session,
            job_id,
            ("running",),
            attempt,
            stage=as_text(stage),
            fraction=fraction,
            seconds_left=seconds_left,
            heartbeat_at=now(),
        )
        if running and is_new:
            _log(session, job_id, stage)
        # A job that no longer counts as running has been given up by all who look at it.
        return not running or bool(
            session.scalar(select(JobRow.cancel_requested).where(JobRow.id == job_id))
        )


def finish(
    job_id: str,
    state: str,
    message: str = "",
    result: dict[str, Any] | None = None,
    attempt: datetime.datetime | None = None,
) -> bool:
    """The active job has ended in this state; False when it had ended before."""
    values: dict[str, Any] = {"fraction": 1.0} if state == "done" else {}
    with writing() as session:
        ended = _change(
            session,
            job_id,
            ACTIVE_STATES,
            attempt,
            state=state,
            message=as_text(message),
            result=as_json(result or {}),
            seconds_left=None,
            finished_at=now(),
            **values,
        )
        if ended:
            _log(session, job_id, message or "Done.")
        return ended


def log_entry(text: str) -> list[str]:
    """A line of a job's log as it is kept: when, and what."""
    return [now().isoformat(timespec="seconds"), as_text(text)]


def beat(owner: str) -> int:
    """The owner's active jobs know that it lives; gives their number."""
    with writing() as session:
        mine = (JobRow.owner == owner, JobRow.state.in_(ACTIVE_STATES))
        session.execute(update(JobRow).where(*mine).values(heartbeat_at=now()))
        return int(session.scalar(select(func.count()).select_from(JobRow).where(*mine)) or 0)


def _change(
    session: Session,
    job_id: str,
    states: tuple[str, ...],
    attempt: datetime.datetime | None,
    **values: Any,
) -> bool:
    """Changes the job only in one of these states, whoever else changes it at the same time."""
    wanted = update(JobRow).where(JobRow.id == job_id, JobRow.state.in_(states))
    if attempt is not None:
        wanted = wanted.where(JobRow.created_at == attempt)
    return session.execute(wanted.values(**values).returning(JobRow.id)).first() is not None


def _log(session: Session, job_id: str, text: str) -> None:
    row = session.get(JobRow, job_id)
    if row is not None:
        row.log = [*row.log, log_entry(text)][-MOST_LOG_LINES:]


def _lost(row: JobRow) -> bool:
    return row.state in ACTIVE_STATES and not is_alive(row.owner, row.heartbeat_at)


def _interrupted(job_id: str) -> Job:
    finish(job_id, "interrupted", INTERRUPTED)
    with reading() as session:
        return _job(session.get_one(JobRow, job_id))


def _job(row: JobRow) -> Job:
    return Job(**{field.name: getattr(row, field.name) for field in dataclasses.fields(Job)})
