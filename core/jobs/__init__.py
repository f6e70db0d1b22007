"""Long work outside the app's process: submitted once, found again by any page or process.

`submit` starts a task of `core.tasks.TASKS` in a worker process; its state, progress and cancel
flag are in the records, so a reload of a page finds it by `get_job` or `list_jobs`.
"""

from core.jobs.job import ACTIVE_STATES, Job, cancel, get_job, list_jobs
from core.jobs.pool import submit

__all__ = ["ACTIVE_STATES", "Job", "cancel", "get_job", "list_jobs", "submit"]
