"""Listen: one recording, its anomaly map, its regions, and the sound of exactly that part."""

import datetime
from collections.abc import Sequence

from app.text.control import control
from app.text.formats import counted, recorded_at
from app.text.markdown import plain

RECORDING = control("Recording", "Sorted by score, the highest first.")
# A sound of the player, beside the recording as the model hears it.
FULL_RATE = "Recording at {rate} kHz"
PREVIOUS, NEXT = "Previous", "Next"


PICTURE = (
    "Grey is the sound, with low frequencies at the bottom. Colour is the evidence that it is "
    "anomalous, from 0 to 1, and the outline is the threshold, 0.5. The curve below is the score "
    "over time, the dashed line its threshold."
)
NORMAL_SCORES, REGIONS = "Scores of the normal recordings", "Regions"
ABOVE, BELOW = "This recording is above it.", "This recording is below it."
NO_REGION = "No part of the map is above the threshold."
ALT = "{regions}, the strongest first"
START, END, LOW, HIGH, SCORE = "Start", "End", "Low", "High", "Score"


def recording(moment: datetime.datetime | None, other_names: Sequence[str]) -> str:
    """Say what is known of a recording besides its sound.

    Args:
        moment: When it began, if that is known.
        other_names: Names under which the same file was added later.

    Returns:
        A sentence or two of Markdown; empty where there is nothing to say.

    >>> recording(datetime.datetime(2024, 5, 1, 6, 30), ())
    'Recorded at 2024-05-01 06:30:00.'
    """
    said = [] if moment is None else [recorded_at(moment)]
    if other_names:
        names = ", ".join(f"“{plain(name, 200)}”" for name in other_names)
        said.append(f"The same file was also added as {names}.")
    return " ".join(said)


def regions(where: str, n_regions: int, n_listed: int) -> str:
    """Say where the strongest region is, and how many others there are.

    Args:
        where: The place of the strongest region.
        n_regions: The number of regions, at least 1.
        n_listed: How many of them are listed.

    Returns:
        One or two sentences.

    >>> regions("strongest at 2.1–2.4 s, 3–5.2 kHz", 3, 3)
    'Strongest at 2.1–2.4 s, 3–5.2 kHz; 2 weaker regions.'
    """
    more = f"; {counted(n_regions - 1, 'weaker region')}" if n_regions > 1 else ""
    listed = f" The {n_listed} strongest are listed." if n_listed < n_regions else ""
    return f"{where[:1].upper()}{where[1:]}{more}.{listed}"
