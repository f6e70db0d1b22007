"""Models: what each was fitted on and how it is calibrated; name, note, copy, file, deletion."""

from __future__ import annotations

from app.text.control import control
from app.text.formats import counted

NO_MODEL = "No model yet. Fit one on normal recordings, try the demo, or import one."
DUPLICATE = control("Duplicate with changes", "Opens Fit with its recordings and settings.")
EXPORT = control("Export", "One file with the whole model, which another HearMap can import.")
DELETE = control("Delete", "You can restore it for 30 days.")

# What it was fitted on.
FITTED_ON = "Fitted on"
FITTED_ON_SAYS = "**{recordings}, {duration} of sound**, on {date}."
LAYERS = "{network}, layers {layers}"
LICENCE = "Licence of the weights"
FINGERPRINT = "Fingerprint of the weights"
CHANNEL = "Channel"
CHANNEL_MEAN = "mean of all"
PRECISION = "Precision of the network"
PRECISIONS = {"float32": "32 bits", "bfloat16": "16 bits"}
SEED = "Seed"
SIZE = "Size"
FIT_TOOK = "Time of the fit"
SCORING_TAKES = "Time of scoring"
MEMORY = "Memory for scoring"
MADE_BY = "Made by HearMap"
UNKNOWN = "unknown"
NOT_MEASURED = "not measured yet"
PER_SECOND = "{milliseconds:.0f} ms for a second of sound"
RECORDINGS = "The {recordings}"
RECORDINGS_ALT = "{recordings} that the model was fitted on"
RECORDING_COLUMNS = {"name": "Recording", "seconds": "Seconds", "sha256": "Fingerprint"}
METHOD_SETTINGS = "Settings of the method"
PART, WHAT = "Part", "What it is"
SETTING, VALUE = "Setting", "Value"
YES, NO = "yes", "no"
USUAL = "usual ones"

CALIBRATION = "Calibration"
THRESHOLD = "The threshold is {threshold}."

# Name and note.
NAME_AND_NOTE = "Name and note"
NAME = "Name"
NOTE = "Note"
NOTE_EXAMPLE = "Which machine, where, since when: what you will want to know in a year."
SAVE = "Save name and note"
SAVED = "Saved as “{name}”."

# Import, the list, deletion.
IMPORT = "Import a model"
IMPORT_FILE = "A model that was exported here or from another HearMap"
IMPORTED = "“{name}” is here."
ALL = "All models"
ALL_ALT = "{models}, the newest first"
ALL_COLUMNS = {
    "model": "Model",
    "method": "Method",
    "network": "Network",
    "recordings": "Recordings",
    "sound": "Sound",
    "rate": "False-alarm rate",
    "size": "Size",
    "scoring": "Scoring",
}
FITTED = "Fitted"
WAS_DELETED = "“{name}” was deleted."
UNDO = "Undo"
DELETED = "Deleted: {models}"
DELETED_SAYS = "Each is kept for {days} days after its deletion."
RESTORE = "Restore"


def calibration(n_recordings: int, n_groups: int, window: str) -> str:
    """Say what the model is calibrated on.

    Args:
        n_recordings: The number of normal recordings.
        n_groups: The number of groups they are in.
        window: How much sound each stands for, in words.

    Returns:
        One or two sentences.
    """
    grouped = f", in {counted(n_groups, 'group')}" if n_groups < n_recordings else ""
    return (
        f"The scores of {counted(n_recordings, 'normal recording')}{grouped}, each from a model "
        f"that was not fitted on it. Each stands for {window} of sound."
    )
