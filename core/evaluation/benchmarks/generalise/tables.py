"""The rows of every set as one table for people, and what stands behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from core.evaluation.benchmarks.envmix_tables import snr_name
from core.evaluation.benchmarks.generalise.rivals import PRESET
from core.evaluation.benchmarks.generalise.rows import (
    ALL,
    CONTRADICTIONS,
    FALSE_ALARMS,
    FOUND,
    LEVELS,
    OF_VIEW,
    OVERLAPS,
    REGIONS,
)
from core.evaluation.benchmarks.generalise.sets import SETS
from core.evaluation.benchmarks.markdown import table, with_interval
from core.evaluation.benchmarks.results import ResultRow
from core.types import LEVEL

BEATEN = "†"
MARK = "A figure that a rival beats on that set is marked " + BEATEN
Cells = list[tuple[object, ...]]

ABOUT = f"""AUROC in percent: sample, and where an event has a truth spectrogram / temporal; mean
over classes and SNRs, or over rounds, ids and machines; in brackets 95 % intervals over recordings.
{MARK}.

- EnvMix: events mixed into normal recordings; novelty: recordings of the other normal classes.
- MIMII: each fifth of an id's normal clips by name is held out in turn; the detector is fitted on
  the others, and scores those held out and all abnormal clips. Level removed: one RMS for all.
- Events in MIMII: each held-out clip with one event (classes in turn) at each SNR, its band that of
  the machine's recordings; the detectors are those of MIMII with the level kept.
- Made machines: faults of the built-in machines, as loud as they are made, and by SNR.
- Loudness alone: how far the level of the whole clip in dB lies from the training clips' median.
- Log-mel z-score: |z| of each mel row's level in dB over the training frames, smoothed over 3 rows
  and 0.2 s. Of sets with events a clip's score is the highest cell, of others the mean over rows of
  |mean z over time|.
"""
VIEWS = "Sample AUROC of each view's clip score, and what fusion loses against the best of them:"
ALARMS = """Share of new normal clips above the threshold, percent, with 95 % Clopper-Pearson
intervals. MIMII's clips stand in the pool twice, with their level and without it, so its interval
is narrower than it should be:"""
FINDS = """Anomalous clips found at 5 % false alarms, percent, with 95 % Clopper-Pearson intervals;
MIMII's abnormal clips count once in each round:"""
REGION_NOTE = """Verdict and map. Contradictions: clips anomalous without a region, or the reverse.
Regions an event: of flagged mixes of one event. IoU: of the region that overlaps most with the
event's box (the central 95 % of its energy; frequency in mel rows), in time / in frequency:"""


def generalise_tables(rows: Sequence[ResultRow], left_out: Mapping[str, str]) -> str:
    """Show the one table, then false alarms, finds, regions, and each class.

    Args:
        rows: All rows.
        left_out: By set a sentence on why it is left out.

    Returns:
        Markdown.
    """
    lines = [ABOUT, *_sets(rows, left_out), "", *_beaten_sentences(rows)]
    if any(row.metric.startswith(OF_VIEW) for row in rows):
        lines += ["", VIEWS, "", *_views(rows)]
    lines += ["", ALARMS, "", *_alarms(rows), "", FINDS, "", *_finds(rows)]
    lines += ["", REGION_NOTE, "", *_regions(rows)]
    lines += ["", "Sample AUROC of each class, or machine and id:", "", *_by_class(rows)]
    return "\n".join(lines) + "\n"


def name_of(row: ResultRow) -> str:
    """Name what a row was measured of.

    Args:
        row: The row.

    Returns:
        Head and preset, or the rival.
    """
    return row.head if row.preset == PRESET else f"{row.head} {row.preset}"


def _sets(rows: Sequence[ResultRow], left_out: Mapping[str, str]) -> list[str]:
    cells: Cells = []
    names = list(dict.fromkeys(name_of(row) for row in rows))
    for data_set in SETS:
        if data_set in left_out:
            cells.append((data_set, f"left out: {left_out[data_set]}", *("-" for _ in names)))
            continue
        whole = {(name_of(row), row.level): row for row in _areas(rows, data_set)}
        n = max(row.n for (_, level), row in whole.items() if level == "sample")
        figures = []
        for name in names:
            of_levels = [whole[name, level] for level in LEVELS if (name, level) in whole]
            texts = [
                (with_interval(row) if row.level == "sample" else f"{100 * row.value:.1f}")
                + (BEATEN if _beaten_by(row, rows) else "")
                for row in of_levels
            ]
            figures.append(" / ".join(texts))
        cells.append((data_set, n, *figures))
    return table(["set", "clips", *names], cells)


def _beaten_sentences(rows: Sequence[ResultRow]) -> list[str]:
    sentences = [
        f"- {data_set}: {name_of(row)} has {100 * row.value:.1f} ({row.level}); "
        + " and ".join(f"{rival.head} has {100 * rival.value:.1f}" for rival in rivals)
        + "."
        for data_set in SETS
        for row in _areas(rows, data_set)
        if (rivals := _beaten_by(row, rows))
    ]
    return [f"{MARK}:", "", *sentences] if sentences else ["No rival beats a detector on any set."]


def _beaten_by(row: ResultRow, rows: Sequence[ResultRow]) -> list[ResultRow]:
    if row.preset == PRESET:
        return []
    return [
        other
        for other in _areas(rows, row.data_set)
        if other.preset == PRESET and other.level == row.level and other.value > row.value
    ]


def _areas(rows: Iterable[ResultRow], data_set: str) -> list[ResultRow]:
    return [row for row in rows if (row.data_set, row.normal, row.metric) == (data_set, ALL, "ROC")]


def _views(rows: Sequence[ResultRow]) -> list[str]:
    metrics = list(dict.fromkeys(row.metric for row in rows if row.metric.startswith(OF_VIEW)))
    cells: Cells = []
    of_views = {
        (name_of(row), row.data_set, row.metric): row
        for row in rows
        if row.metric in metrics and row.normal == ALL
    }
    for fused in (row for data_set in SETS for row in _areas(rows, data_set)):
        keys = ((name_of(fused), fused.data_set, metric) for metric in metrics)
        views = [of_views[key] for key in keys if key in of_views]
        if fused.level == "sample" and views:
            # The level does not count towards the score unless a user says so.
            counted = [row.value for row in views if row.metric != f"{OF_VIEW}{LEVEL}"]
            lost = max(counted, default=fused.value) - fused.value
            figures = [with_interval(row) for row in (fused, *views)]
            cells.append((fused.data_set, name_of(fused), *figures, f"{100 * lost:.1f}"))
    names = [metric.removeprefix(OF_VIEW) for metric in metrics]
    return table(["set", "detector", "fused", *names, "lost"], cells)


def _alarms(rows: Sequence[ResultRow]) -> list[str]:
    return _wide(
        [row for row in rows if row.metric.startswith(FALSE_ALARMS) and row.normal == ALL],
        lambda row: (row.data_set, row.n),
        lambda row: f"{name_of(row)}, {row.metric.removeprefix(FALSE_ALARMS)}",
        ["normal clips of", "clips"],
    )


def _finds(rows: Sequence[ResultRow]) -> list[str]:
    found = [row for row in rows if row.metric == FOUND and row.normal == ALL]
    with_snr = {row.data_set for row in found if row.snr_db is not None}
    return _wide(
        [row for row in found if row.snr_db is not None or row.data_set not in with_snr],
        lambda row: (row.data_set, "-" if row.snr_db is None else snr_name(row.snr_db), row.n),
        name_of,
        ["set", "SNR, dB", "clips"],
    )


def _regions(rows: Sequence[ResultRow]) -> list[str]:
    found = {(name_of(row), row.data_set, row.metric): row for row in rows if row.normal == ALL}
    cells: Cells = []
    for name, data_set, metric in found:
        if metric != CONTRADICTIONS:
            continue
        share = found[name, data_set, CONTRADICTIONS]
        contradictions = f"{round(share.value * share.n)} of {share.n}"
        regions = found.get((name, data_set, REGIONS))
        overlaps = [found.get((name, data_set, overlap)) for overlap in OVERLAPS]
        about = f"{regions.value:.2f} (of {regions.n})" if regions else "-"
        iou = " / ".join(f"{row.value:.2f}" for row in overlaps if row) or "-"
        cells.append((name, data_set, contradictions, about, iou))
    return table(["detector", "set", "contradictions", "regions an event", "IoU"], cells)


def _by_class(rows: Sequence[ResultRow]) -> list[str]:
    return _wide(
        [row for row in rows if (row.level, row.metric) == ("sample", "ROC") and row.normal != ALL],
        lambda row: (
            row.data_set,
            row.normal,
            "-" if row.snr_db is None else snr_name(row.snr_db),
            row.n,
        ),
        name_of,
        ["set", "normal", "SNR, dB", "clips"],
    )


def _wide(
    rows: Sequence[ResultRow],
    place: Callable[[ResultRow], tuple[object, ...]],
    column: Callable[[ResultRow], str],
    columns: list[str],
) -> list[str]:
    names = list(dict.fromkeys(map(column, rows)))
    places: dict[tuple[object, ...], dict[str, str]] = {}
    for row in rows:
        places.setdefault(place(row), {})[column(row)] = with_interval(row)
    cells = [(*at, *(of.get(name, "-") for name in names)) for at, of in places.items()]
    return table([*columns, *names], cells)
