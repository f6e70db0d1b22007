"""Fit: normal recordings in, a model out."""

from collections import Counter
from collections.abc import Sequence

from app.text.control import control
from app.text.formats import counted, duration, size

LEAD = "Fit a model on normal recordings: a dozen or more. You need no anomalous ones."
EMPTY = (
    "Add recordings to begin: how the machine or the place sounds when nothing is wrong, all from "
    "the same microphone. If you have none, try the demo on the Start page."
)
AGAIN, LEAVE_OUT = "Use the same recordings again", "Leave {recordings} out"
SUMMARY = "**{recordings}, {duration} of sound**"

# The settings.
SETTINGS, ADVANCED = "Settings", "Advanced settings"
NAME = control("Name of the model", "You find the model by its name. It stays until you delete it.")
USUAL_NAME, USUAL_LAYERS = "Model", "usual ones"
METHOD = control("Method", "How normal sound is represented. The first did best when measured.")
PRESET = control("Preset", "Recommended is made for sound, published is for comparison.")
NETWORK = control(
    "Network",
    "It turns sound into features that the method compares. Get more networks in the Weights view; "
    "each is offered here once its weights are here.",
)
CHANNEL = control("Channel", "Which channel is used where there are several, also in scoring.")
RATE = control("False-alarm rate, %", "How many of 100 normal recordings may be anomalous.")
SEED = control("Seed", "The same seed and recordings give the same model.")
PRECISION = control(
    "Precision of the network",
    "16 bits are several times faster on graphics cards and on processors made for them, and "
    "slower on others. The maps stay nearly the same. The model scores as it was fitted.",
)
LEVEL_COUNTS = control(
    "Microphone, place and gain stay the same: count the level",
    "Then a recording that is louder or quieter than the normal ones, in all or in some octaves, "
    "is anomalous. It is off by default, since another gain or a step nearer would make every "
    "recording anomalous. HearMap says how many dB it is in any case.",
)
PRECISIONS = {"float32": "32 bits", "bfloat16": "16 bits, faster"}
TRAINS = (
    "This method trains a network: minutes for the small one, days for the large one without a "
    "graphics card. If it is stopped, start it again with the same recordings and settings, and it "
    "continues."
)
TOO_FEW = "{method} needs at least {count} different recordings."
FIT, SCORE, FIT_ANOTHER = "Fit", "Score recordings with it", "Fit another"

# Which recordings belong together.
GROUPING = control(
    "Which recordings belong together?",
    "Recordings cut from one longer recording are alike and must stay in one group. HearMap scores "
    "each group with a model of the other groups. If alike recordings were in different groups, "
    "the threshold would be too low and there would be too many false alarms. The p-values hold "
    "for new recordings of the same machine, place and microphone.",
)
GROUPINGS = {
    "file": "None: each is a group of its own",
    "folder": "Recordings in one folder",
    "prefix": "Recordings whose names begin alike",
    "field": "Recordings with one part of their names alike",
}
GROUPING_FIELD = control(
    "Which part of the name", "Between - or _: in 1-17150-A.wav, part 2 is 17150."
)
FEWEST_GROUPS = 10

# The classes of the recordings, for methods that learn from them.
CLASSES = control(
    "Where do the classes come from?",
    "This method learns to tell classes of normal recordings apart: machines, their parts, or the "
    "speeds they run at. From this it learns which changes matter.",
)
CLASS_SOURCES = {
    "folder": "The folder of each recording",
    "name-field": "A part of its name",
    "csv": "A table (CSV)",
}
CLASSES_FIELD = control(
    "Which part is the class", "Between - or _: in fan_id-00_7.wav, part 3 is 00."
)
CLASSES_TABLE = "A CSV file with two columns, file and class"
CLASSES_TABLE_MISSING = "Add the table. Each line is the name of a file, a comma, and its class."
N_CLASSES_SHOWN = 6

# A fit that begins as another model was fitted.
LIKE = "The settings and recordings are those of “{name}”. Change what you like."
LIKE_NO_RECORDINGS = "Its recordings are not here: add some."

# The model is there.
READY, NORMAL_RECORDINGS = "“{name}” is ready", "Normal recordings"
FALSE_ALARM_RATE = "False-alarm rate"
GROUPED = "Calibrated on {groups}. The recordings of one group were kept together."
OUTLYING = "Outlying normal recordings"
LEAVE_OUTLYING_OUT = "Leave {recordings} out and fit again"
FEW_GROUPS = (
    "With only {groups}, p-values are a rough guide. Add recordings of other days or places."
)


def cost(seconds: float, n_bytes: float) -> str:
    """Say what a fit takes.

    Args:
        seconds: The time on two cores.
        n_bytes: The memory.

    Returns:
        One sentence.
    """
    return f"About {duration(seconds)} and {size(n_bytes)} of memory on two cores."


MIXED = "These recordings differ in more than their sound:"
# Below, lengths count as alike.
ALIKE_LENGTHS = 2.0


def mixed(seconds: Sequence[float], rates: Sequence[int], channels: Sequence[int]) -> list[str]:
    """Say in what recordings differ that are to be fitted on together.

    Args:
        seconds: Their lengths.
        rates: Their sample rates in Hz.
        channels: Their numbers of channels.

    Returns:
        A sentence for each of these that differs.

    >>> mixed([5.0, 6.0], [16000, 16000], [1, 1])
    []
    >>> mixed([5.0, 60.0], [16000, 44100], [1, 1])[0]
    'Sample rates: 16 kHz (1), 44.1 kHz (1). Only some have what is above 8 kHz.'
    """
    said = []
    if len(counts := Counter(rates)) > 1:
        listed = ", ".join(f"{rate / 1000:g} kHz ({counts[rate]:,})" for rate in sorted(counts))
        said.append(
            f"Sample rates: {listed}. Only some have what is above {min(counts) / 2000:g} kHz."
        )
    if len(counts := Counter(channels)) > 1:
        listed = ", ".join(f"{n} ({counts[n]:,})" for n in sorted(counts))
        said.append(f"Channels: {listed}. Of each the channel that is chosen below is used.")
    if max(seconds) > ALIKE_LENGTHS * min(seconds):
        said.append(
            f"Lengths: from {duration(min(seconds))} to {duration(max(seconds))}. The threshold "
            "holds for recordings about as long as most of these."
        )
    return said


def groups_found(n_recordings: int, n_groups: int) -> str:
    """Say what a grouping comes to, and whether it can be used.

    Args:
        n_recordings: The number of recordings.
        n_groups: The number of groups.

    Returns:
        One or two sentences.

    >>> groups_found(3, 2)
    '3 recordings, 2 groups. With fewer than 10 groups the threshold is rough.'
    """
    said = f"{counted(n_recordings, 'recording')}, {counted(n_groups, 'group')}."
    if n_groups < 2 <= n_recordings:
        return f"{said} At least two groups are needed: choose another way."
    if n_groups < FEWEST_GROUPS:
        return f"{said} With fewer than {FEWEST_GROUPS} groups the threshold is rough."
    return said


def classes_found(classes: Sequence[str]) -> str:
    """Say which classes there are, and whether they can be used.

    Args:
        classes: The class of each recording.

    Returns:
        One sentence.

    >>> classes_found(["fan", "pump", "fan"])
    '3 recordings, 2 classes: fan (2), pump (1).'
    >>> classes_found(["."] * 3)
    'All 3 recordings are of one class. This method needs at least two: choose another way.'
    """
    counts = Counter(classes).most_common()
    if len(counts) < 2:
        return (
            f"All {len(classes)} recordings are of one class. This method needs at least two: "
            "choose another way."
        )
    shown = ", ".join(f"{name} ({count})" for name, count in counts[:N_CLASSES_SHOWN])
    more = f" and {len(counts) - N_CLASSES_SHOWN} more" if len(counts) > N_CLASSES_SHOWN else ""
    n_classes = counted(len(counts), "class", "classes")
    return f"{counted(len(classes), 'recording')}, {n_classes}: {shown}{more}."


def gone(n_gone: int) -> str:
    """Say how many recordings of the other model no longer exist.

    Args:
        n_gone: The number, at least 1.

    Returns:
        One sentence.

    >>> gone(1), gone(2)
    ('1 of its recordings no longer exists.', '2 of its recordings no longer exist.')
    """
    return f"{n_gone} of its recordings no longer exist{'s' if n_gone == 1 else ''}."
