"""Benchmark: methods measured on sounds whose anomalies are known, beside the paper's numbers."""

from __future__ import annotations

from app.text.control import control
from app.text.formats import counted

LEAD = (
    "Measure methods on sounds whose anomalies are known. Each method is fitted on normal "
    "recordings and scores normal ones and mixes with an event, as in the paper that HearMap "
    "follows."
)
THE_BENCHMARK, NEW, BENCHMARK = "The benchmark", "New benchmark", "Benchmark"
NONE_FINISHED = "No benchmark is finished yet. A few methods on one demo machine take some minutes."
CANCELLED = "The benchmark was cancelled. What was measured is saved: go on to measure the rest."
UNFINISHED = "Not finished: {title}"
GO_ON, DELETE = "Go on", "Delete"

# What is measured.
METHODS, PRESETS, RECORDINGS = "Methods", "Presets", "Recordings"
SOURCES = {
    "machines": "Demo machines",
    "esc50": "ESC-50",
    "urbansound": "UrbanSound8K with ESC-50",
    "folders": "Two folders",
}
NO_DATA_ROOT = "To measure ESC-50, UrbanSound8K or your own folders, set HEARMAP_DATA_ROOT."
FOLDERS = {
    "esc50": ("Folder of ESC-50",),
    "urbansound": ("Folder of ESC-50 (events)", "Folder of UrbanSound8K (normal recordings)"),
    "folders": ("Folder of normal recordings", "Folder of recordings of events"),
}
MACHINES, NORMAL_CLASSES, EVENT_CLASSES = "Machines", "Normal classes", "Classes of events"
CHOOSE_EVENTS = "Choose the classes of events that are mixed in."
LEVELS = "Signal-to-noise ratio of the event, dB"
FAITHFULNESS = control(
    "Measure faithfulness too",
    "Does a recording become normal without its anomalous part? Four of each class are tried.",
)
SIZE, SEED, RUN = "Size", "Seed", "Run"
N_TRAINING, N_TESTS = "Recordings to fit on, per class", "Normal test recordings, per class"
TAKES = "About {duration} on two cores. If it is stopped, it can go on where it was."
CHOOSE_ONE = "Choose at least one of each to begin."

# What came of it.
BESIDE_PAPER, TABLES, EVERY_MEASURE = "Beside the paper", "Tables (Markdown)", "Every measure"
ALT = "Table of every measure beside the paper’s value"
LEVEL, MEASURE, METHOD = "Level", "Measure", "Method"
NUMBERS = {"ours": "Ours", "low": "from", "high": "to", "paper": "Paper"}
DIFFERENCE = "Difference"
TABLE_SAYS = (
    "Percent, mean over classes and ratios, with 95 % confidence intervals. The paper used other "
    "recordings and another network, so a difference is not an error."
)
BY_CLASS, ROC_CURVES, EXAMPLES = "By class", "ROC curves", "Best and worst recordings"
MEAN_OVER = "Mean over {ratios}, percent."
HARDEST = " Hardest: {name} for {method}, {value}."
CURVE_COUNTS = "{n_anomalous} anomalous and {n_normal} normal recordings of {name}."
FALSE_ALARMS, FOUND = "normal recordings above the threshold", "anomalous recordings found"
CHANCE, AS_MADE = "chance", "as made"
FOUND_AT = "%{y:.0%} of anomalous recordings found at %{x:.0%} false alarms"
CLASS, RATIO = "Class", "Ratio"
FOUND_BEST, FOUND_WORST = "Found best", "Found worst"
NORMAL_HIGHEST = "Normal, with the highest scores"
EXAMPLE = "Score {score}, threshold {threshold}, {p_value}: {verdict}."


def method(head: str, preset: str) -> str:
    """Name a method and its preset.

    Args:
        head: The method's title.
        preset: The name of the preset.

    Returns:
        Both.
    """
    return f"{head}, {'as published' if preset == 'published' else preset}"


def level(snr_db: float | None) -> str:
    """Write a signal-to-noise ratio.

    Args:
        snr_db: The ratio in dB; None for sounds that were not mixed.

    Returns:
        The ratio with its unit.
    """
    return AS_MADE if snr_db is None else f"{snr_db:g} dB"


def best(name: str, area: tuple[float, float, float], n_methods: int, n_rivals: int) -> str:
    """Say which method is best, and how many are as good.

    Args:
        name: The best method, as Markdown.
        area: Its AUROC in [0, 1], and the ends of the 95 % interval.
        n_methods: The number of methods.
        n_rivals: How many others the recordings do not separate from it.

    Returns:
        One sentence of Markdown.
    """
    value, low, high = (100 * one for one in area)
    said = (
        f"**{name}** separates anomalous from normal recordings{' best' * (n_methods > 1)}, with "
        f"an AUROC of {value:.1f} % ({low:.0f} to {high:.0f})"
    )
    if n_rivals:
        others = counted(n_rivals, "other method")
        said += f"; {others} {'is' if n_rivals == 1 else 'are'} as good within the intervals"
    return f"{said}."
