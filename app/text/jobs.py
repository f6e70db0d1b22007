"""Jobs: long work, its queue and its log; and a job's progress in the other views."""

LEAD = (
    "Long work is done beside the app: you can close this page, and it goes on. Work that was cut "
    "off by a restart can be resumed."
)
NOTHING_YET = "There is no work yet. Fit a model, or try the demo."
ACTIVE = "Running and waiting"
NOTHING_ACTIVE = "Nothing is running or waiting."
ENDED = "Ended"
OLDER = "And {jobs}."
STATES = {"done": "Done", "failed": "Failed", "cancelled": "Cancelled", "interrupted": "Cut off"}
ENDED_AT = "{state}, {moment}"
TOOK = " · took {duration}"
IN_QUEUE = "Waiting, number {place} in the queue"
WAITING = "Waiting for the work before it"
STARTING = "Starting"
WORKING = "Working"
CANCEL = "Cancel"
STOPPING = "Stopping"
RESUME = "Resume"
OPEN = "Open"
LOG = "Log"
LOG_EMPTY = "Nothing yet."
GOES_ON = "You may leave or reload this page; the work goes on."

# What became of a job; {what} is “The fit”, “Scoring” and so on.
FAILED = "{what} failed. {reason}"
CANCELLED = "{what} was cancelled. Nothing of it was saved."
CUT_OFF = "{what} was cut off when HearMap stopped. Resume it, or start again."
THE_FIT = "The fit"
