"""The spectrum against normal: captions of the figures and what their lines are."""

from core.detectors.region_words import time_and_band
from core.types import Box

HEADING = "Spectrum against normal"
DOWNLOAD = "Limit mask (CSV)"
NORMAL_RANGE, NORMAL_MEDIAN = "Normal recordings, 5 to 95 %", "Their median"
NORMAL_HIGHEST, RECORDING = "The highest of them", "This recording"
BEYOND = "Beyond the range"
HZ, LEVEL, SECONDS = "Frequency in Hz", "Level in dBFS", "Time in seconds"
AT_HZ, AT_SECONDS = "%{x:.0f} Hz: %{y:.1f} dBFS", "%{x:.2f} s: %{y:.1f} dBFS"
OVER_TIME = "Level over time, in moments of 0.1 s"
ABOUT = (
    "The level is the average power in each row of the spectrogram, in dB below full scale; the "
    "range is that of the whole normal recordings."
)
HOW_TO = (
    "Drag a box in the picture above, or play a finding, and this is the spectrum of its time, and "
    "the level over time of its band."
)
ALT = "Average spectrum of {what} over the range of the normal recordings. {said}"
ALT_TIME = "Level of {what} over time, with the range of the normal recordings."
WHOLE = "everything that is shown"


def chosen(box: Box | None) -> str:
    """Name what is compared.

    Args:
        box: What is chosen in the player.

    Returns:
        The place of the box, or words for everything.
    """
    return WHOLE if box is None else time_and_band(box)


def compared(box: Box | None, said: str) -> str:
    """Say what is compared and what came of it.

    Args:
        box: What is chosen in the player.
        said: The sentence on the spectrum.

    Returns:
        Two sentences.

    >>> compared(None, "It lies within the range.")
    'Compared is everything that is shown. It lies within the range.'
    """
    return f"Compared is {chosen(box)}. {said}"
