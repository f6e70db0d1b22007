"""Triage: scored recordings looked at one by one, annotated, exported and imported."""

EXPORT = "Export scores and annotations (CSV)"
TO_TUNE = "Set the threshold with these annotations"
IMPORT = "Import annotations (CSV with annotation, clip_id or name, and note if any)"
GONE_MEANWHILE = "A recording was deleted while it was annotated."
NOT_SAVED = "The annotation is not saved yet. It is saved with the next one. {problem}"
NOT_IMPORTED = "“{name}” was not imported. {problem}"
IMPORTED = "{annotations} imported."
NOTHING_IMPORTED = "The file contains no annotation."
ROWS_LEFT_OUT = "{rows} left out. The others are used."

# What can be wrong with an imported file.
NO_ANNOTATION_COLUMN = (
    "The file has no column “annotation”. It needs one, with normal, anomalous or unsure in it, "
    "and a column “clip_id” or “name”."
)
NO_NAME_COLUMN = "The file has neither a column “clip_id” nor a column “name”."
FILE = "the file"
ROW = "Row {number}: {problem}."
NO_NAME = "it names no recording"
NO_RECORDING = "no scored recording has the name “{name}”"

SAME_NAME = "{recordings} have the name “{name}”; give the clip_id"
NO_ANNOTATION = "“{value}” is not an annotation; it must be {choices}"
