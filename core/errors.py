"""Errors that are sentences for people: what was wrong, with which file, what to do.

Every error that may reach a user derives from `HearMapError`, and its text is shown as it is.
"""


class HearMapError(Exception):
    """A problem the user can read, in one or two full sentences."""


class AudioError(HearMapError):
    """A recording cannot be used; the sentence names it and says why."""


class SettingError(HearMapError):
    """An option is unknown or out of range; the sentence gives the allowed ones."""


class FitError(HearMapError):
    """A detector cannot be fitted on these clips; the sentence says what is missing."""


class WeightsError(HearMapError):
    """A backbone's weights are missing, damaged or of another network."""


class ModelError(HearMapError):
    """A saved model is missing, damaged, newer than this program or of another backbone."""


class DataSetError(HearMapError):
    """A data set's folder is not laid out as published; the sentence says what is missing."""


class MetricError(HearMapError):
    """A metric is undefined for this data; the sentence says why."""


class BenchmarkError(HearMapError):
    """A benchmark cannot go on; the sentence says why, and what to do."""


class StoreError(HearMapError):
    """Something kept under HEARMAP_HOME, or its database, cannot be read or written."""


class Cancelled(Exception):  # noqa: N818 - not an error
    """The user stopped the work; raised by a progress callback, never shown as an error."""
