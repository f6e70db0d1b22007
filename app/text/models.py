"""Models: what each was fitted on and how it is calibrated; name, note, copy, file, deletion."""

from __future__ import annotations

from app.text.control import control
from app.text.formats import counted

NO_MODEL = "No model yet. Fit one on normal recordings, try the demo, or import one."
DUPLICATE = control("Duplicate with changes", "Opens Fit with its recordings and settings.")
EXPORT = control("Export", "One file with the whole model, which another HearMap can import.")
DELETE = control("Delete", "You can restore it for 30 days.")

# What it was fitted on.
FITTED_ON, CALIBRATION, NAME_AND_NOTE = "Fitted on", "Calibration", "Name and note"
FITTED_ON_SAYS = "**{recordings}, {duration} of sound**, on {date}."
LAYERS, RECORDINGS = "{network}, layers {layers}", "The {recordings}"
LICENCE, FINGERPRINT = "Licence of the weights", "Fingerprint of the weights"
CHANNEL, SEED, SIZE = "Channel", "Seed", "Size"
LEVEL_COUNTS = "A change of level"
MADE_BY, PRECISION = "Made by HearMap", "Precision of the network"
PRECISIONS = {"float32": "32 bits", "bfloat16": "16 bits"}
FIT_TOOK, SCORING_TAKES, MEMORY = "Time of the fit", "Time of scoring", "Memory for scoring"
UNKNOWN, NOT_MEASURED, USUAL = "unknown", "not measured yet", "usual ones"
PER_SECOND = "{milliseconds:.0f} ms for a second of sound"
RECORDINGS_ALT = "{recordings} that the model was fitted on"
RECORDING_COLUMNS = {"name": "Recording", "seconds": "Seconds", "sha256": "Fingerprint"}
METHOD_SETTINGS = "Settings of the method"
PART, WHAT = "Part", "What it is"
SETTING, VALUE = "Setting", "Value"
YES, NO = "yes", "no"

THRESHOLD = "The threshold is {threshold}."

# Name and note.
NAME, NOTE = "Name", "Note"
NOTE_EXAMPLE = "Which machine, where, since when: what you will want to know in a year."
SAVE, SAVED = "Save name and note", "Saved as “{name}”."

# Import, the list, deletion.
IMPORT, ALL, FITTED = "Import a model", "All models", "Fitted"
IMPORT_FILE = "A model that was exported here or from another HearMap"
IMPORTED = "“{name}” is here."
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
WAS_DELETED, UNDO = "“{name}” was deleted.", "Undo"
DELETED, RESTORE = "Deleted: {models}", "Restore"
DELETED_SAYS = "Each is kept for {days} days after its deletion."


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
