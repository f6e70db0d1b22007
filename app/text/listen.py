"""Listen: one recording, its anomaly map, its regions, and the sound of exactly that part."""

from app.text.control import Control
from app.text.formats import counted, percent

RECORDING = Control("Recording", "Sorted by score, the highest first.")
PREVIOUS = "Previous"
NEXT = "Next"

# The sounds in the player.
WHOLE = "Recording"
ANOMALOUS_PART = "Anomalous part"
RESIDUAL = "Residual"

PICTURE = (
    "Grey is the sound, with low frequencies at the bottom. Colour shows where it is anomalous, on "
    "one scale for all recordings. The curve below is the score over time, and the outline is the "
    "threshold."
)
NORMAL_SCORES = "Scores of the normal recordings"
REGIONS = "Regions"
NO_REGION = "No part of the map is above the threshold."
ALT = "{regions}, the strongest first"
START, END, LOW, HIGH, P_VALUE = "Start", "End", "Low", "High", "p-value"


def normal_scores(n_normal: int, n_above: int, rate: float, anomalous: bool) -> str:
    """Say where a recording stands among the normal ones.

    Args:
        n_normal: The number of normal recordings.
        n_above: How many of them are above the threshold.
        rate: The false-alarm rate.
        anomalous: Whether this recording is above the threshold.

    Returns:
        Two sentences.

    >>> print(normal_scores(24, 1, 0.05, True))
    1 of 24 normal recordings is above the threshold, at a false-alarm rate of 5 %. This recording \
is above it.
    """
    return (
        f"{n_above or 'None'} of {counted(n_normal, 'normal recording')} "
        f"{'is' if n_above <= 1 else 'are'} above the threshold, at a false-alarm rate of "
        f"{percent(rate)}. This recording is {'above' if anomalous else 'below'} it."
    )


def regions(where: str, n_regions: int) -> str:
    """Say where the strongest region is, and how many others there are.

    Args:
        where: The place of the strongest region.
        n_regions: The number of regions, at least 1.

    Returns:
        One sentence.

    >>> regions("strongest at 2.1–2.4 s, 3–5.2 kHz", 3)
    'Strongest at 2.1–2.4 s, 3–5.2 kHz; 2 weaker regions.'
    """
    more = f"; {counted(n_regions - 1, 'weaker region')}" if n_regions > 1 else ""
    return f"{where[:1].upper()}{where[1:]}{more}."
