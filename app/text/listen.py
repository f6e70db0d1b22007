"""Listen: one recording, its anomaly map, its regions, and the sound of exactly that part."""

from app.text.control import control
from app.text.formats import counted

RECORDING = control("Recording", "Sorted by score, the highest first.")
PREVIOUS, NEXT = "Previous", "Next"


PICTURE = (
    "Grey is the sound, with low frequencies at the bottom. Colour shows where it is anomalous, on "
    "one scale for all recordings. The curve below is the score over time, and the outline is the "
    "threshold."
)
NORMAL_SCORES, REGIONS = "Scores of the normal recordings", "Regions"
ABOVE, BELOW = "This recording is above it.", "This recording is below it."
NO_REGION = "No part of the map is above the threshold."
ALT = "{regions}, the strongest first"
START, END, LOW, HIGH = "Start", "End", "Low", "High"


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
