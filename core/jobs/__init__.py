"""Long work outside the app's process: submitted once, found again by any page or process.

`submit` starts a task of `core.jobs.tasks.TASKS` in a worker process; its state, progress and
cancel flag are in the records, so a reload of a page finds it by `get_job` or `list_jobs`. What a
restart cut off is taken up again by `resume`.
"""

from core.jobs.job import (
    ACTIVE_STATES,
    Job,
    LogLine,
    cancel,
    delete_ended,
    get_job,
    job_log,
    list_jobs,
    queue_place,
)
from core.jobs.queue import resume, submit

__all__ = [
    "ACTIVE_STATES",
    "Job",
    "LogLine",
    "cancel",
    "delete_ended",
    "get_job",
    "job_log",
    "list_jobs",
    "queue_place",
    "resume",
    "submit",
]
