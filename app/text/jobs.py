"""Jobs: long work, its queue and its log; and a job's progress in the other views."""

from app.text.control import control

LEAD = "Long work goes on when you close this page. What a restart cut off can be resumed."
NOTHING_YET = "There is no work yet. Fit a model, or try the demo."
ACTIVE, ENDED, OLDER = "Running and waiting", "Ended", "And {jobs}."
LOOKS = "Explanations made for a look at a recording: {jobs}"
OF_RECORDING = "{title}: “{name}”"
NOTHING_ACTIVE, LOG_EMPTY = "Nothing is running or waiting.", "Nothing yet."
STATES = {"done": "Done", "failed": "Failed", "cancelled": "Cancelled", "interrupted": "Cut off"}
ENDED_AT, TOOK = "{state}, {moment}", " · took {duration}"
THE_FIT, IN_QUEUE = "The fit", "Waiting, number {place} in the queue"
WAITING, STARTING, WORKING = "Waiting for the work before it", "Starting", "Working"
CANCEL, STOPPING, RESUME, OPEN, LOG = "Cancel", "Stopping", "Resume", "Open", "Log"
CLEAR = control(
    "Clear the list",
    "Jobs that have ended leave the list, with their logs. What they made stays.",
)
GOES_ON = "You may leave or reload this page; the work goes on."

# What became of a job; {what} is “The fit”, “Scoring” and so on.
FAILED = "{what} failed. {reason}"
CANCELLED, NOTHING_KEPT = "{what} was cancelled. {kept}", "Nothing of it was saved."
CUT_OFF = "{what} was cut off when HearMap stopped. Resume it, or start again."
