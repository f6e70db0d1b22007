"""A job as anyone sees it: its record, how to find it, and how to ask it to stop."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.errors import StoreError
from core.jobs.owner import is_alive
from core.store.database import reading, writing
from core.store.records import JobRow, as_json, as_text, now

ACTIVE_STATES = ("queued", "running")
INTERRUPTED = "HearMap was stopped before this was done; start it again."
CANCELLED = "Cancelled; nothing was kept of it."


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
    if active_only:
        query = query.where(JobRow.state.in_(ACTIVE_STATES))
    with reading() as session:
        rows = session.scalars(query).all()
    jobs = [_job(row) if not _lost(row) else _interrupted(row.id) for row in rows]
    return [job for job in jobs if job.active or not active_only]


def cancel(job_id: str) -> Job:
    """Asks the job to stop: a waiting one at once, a running one when it next tells its progress.

    One that has ended stays as it is.

    Raises:
        StoreError: there is none of this id.
    """
    get_job(job_id)
    with writing() as session:
        _change(session, job_id, ("running",), cancel_requested=True)
        _change(
            session,
            job_id,
            ("queued",),
            cancel_requested=True,
            state="cancelled",
            message=CANCELLED,
            finished_at=now(),
        )
    return get_job(job_id)


def start(job_id: str) -> bool:
    """The waiting job counts as running; False when it was cancelled meanwhile."""
    with writing() as session:
        return _change(session, job_id, ("queued",), state="running", started_at=now())


def tell(job_id: str, stage: str, fraction: float, seconds_left: float | None) -> bool:
    """The running job's progress is known; True when it is asked to stop."""
    with writing() as session:
        running = _change(
            session,
            job_id,
            ("running",),
            stage=as_text(stage),
            fraction=fraction,
            seconds_left=seconds_left,
            heartbeat_at=now(),
        )
        # A job that no longer counts as running has been given up by all who look at it.
        return not running or bool(
            session.scalar(select(JobRow.cancel_requested).where(JobRow.id == job_id))
        )


def finish(
    job_id: str, state: str, message: str = "", result: dict[str, Any] | None = None
) -> bool:
    """The active job has ended in this state; False when it had ended before."""
    values: dict[str, Any] = {"fraction": 1.0} if state == "done" else {}
    with writing() as session:
        return _change(
            session,
            job_id,
            ACTIVE_STATES,
            state=state,
            message=as_text(message),
            result=as_json(result or {}),
            seconds_left=None,
            finished_at=now(),
            **values,
        )


def beat(owner: str) -> int:
    """The owner's active jobs know that it lives; gives their number."""
    with writing() as session:
        mine = (JobRow.owner == owner, JobRow.state.in_(ACTIVE_STATES))
        session.execute(update(JobRow).where(*mine).values(heartbeat_at=now()))
        return int(session.scalar(select(func.count()).select_from(JobRow).where(*mine)) or 0)


def _change(session: Session, job_id: str, states: tuple[str, ...], **values: Any) -> bool:
    """Changes the job only in one of these states, whoever else changes it at the same time."""
    changed = session.execute(
        update(JobRow)
        .where(JobRow.id == job_id, JobRow.state.in_(states))
        .values(**values)
        .returning(JobRow.id)
    )
    return changed.first() is not None


def _lost(row: JobRow) -> bool:
    return row.state in ACTIVE_STATES and not is_alive(row.owner, row.heartbeat_at)


def _interrupted(job_id: str) -> Job:
    finish(job_id, "interrupted", INTERRUPTED)
    with reading() as session:
        return _job(session.get_one(JobRow, job_id))


def _job(row: JobRow) -> Job:
    return Job(**{field.name: getattr(row, field.name) for field in dataclasses.fields(Job)})
