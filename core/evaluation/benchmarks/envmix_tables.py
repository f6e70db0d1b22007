"""Rows of EnvMix and of novelty as Markdown tables for people, beside the paper's numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from core.evaluation.benchmarks.markdown import table, with_interval
from core.evaluation.benchmarks.means import mean_of
from core.evaluation.benchmarks.paper import envmix_values
from core.evaluation.benchmarks.results import ResultRow

COLUMNS = (
    *(("sample", "ROC"), ("sample", "F1"), ("spectrogram", "ROC"), ("spectrogram", "PRO")),
    ("temporal", "ROC"),
)
NAMES = [f"{level} {metric}" for level, metric in COLUMNS]
# Not in percent.
PLAIN = {"SI-SDR, dB", "SI-SDR of the mix, dB", "complexity"}
FALSE_ALARMS = "false alarms at "


def envmix_tables(rows: Sequence[ResultRow]) -> str:
    """Show means, the paper's numbers beside ours, each SNR and class, and false alarms.

    Args:
        rows: All rows of the benchmark.

    Returns:
        Markdown.
    """
    highest = max((row.snr_db for row in rows if row.snr_db is not None), default=None)
    cells = []
    for head, preset in _candidates(rows):
        values = []
        for level, metric in COLUMNS:
            mine = _of(rows, head, preset, level, metric)
            at_highest = _mean(row for row in mine if row.snr_db == highest)
            values.append(_mean(mine) + ("" if highest is None else f" ({at_highest})"))
        cells.append((head, preset, *values))
    lines = [
        "Percent, mean over normal classes and SNRs"
        + ("." if highest is None else "; in brackets at the highest SNR alone."),
        "",
        *table(["head", "preset", *NAMES], cells),
    ]
    for section in (_beside_paper, _by_snr_and_class, _false_alarms):
        lines += ["", *section(rows)]
    return "\n".join(lines) + "\n"


def novelty_table(rows: Sequence[ResultRow]) -> str:
    """Show the sample AUROC of each class against the others.

    Args:
        rows: All rows of the benchmark.

    Returns:
        Markdown, in percent with 95 % intervals.
    """
    cells = []
    for head, preset in _candidates(rows):
        mine = _of(rows, head, preset, "sample", "ROC")
        cells.append((head, preset, _mean(mine), *map(with_interval, mine)))
    lines = [
        "Sample AUROC in percent, each class's held-out clips against the others'; in brackets "
        "95 % intervals over clips.",
        "",
        *table(["head", "preset", "mean", *_classes(rows)], cells),
    ]
    return "\n".join(lines) + "\n"


def snr_name(snr_db: float | None) -> str:
    """Name a signal-to-noise ratio for people.

    Args:
        snr_db: The ratio in dB; None of faults as loud as they were made.

    Returns:
        The number or “as made”.

    >>> snr_name(-6.0), snr_name(None)
    ('-6', 'as made')
    """
    return "as made" if snr_db is None else f"{snr_db:g}"


def _beside_paper(rows: Sequence[ResultRow]) -> list[str]:
    measures = dict.fromkeys(
        (row.level, row.metric) for row in rows if not row.metric.startswith(FALSE_ALARMS)
    )
    cells = []
    for head, preset in _candidates(rows):
        for level, metric in measures:
            mine = _of(rows, head, preset, level, metric)
            if not mine:
                continue
            mean, scale = mean_of(mine), 1.0 if metric in PLAIN else 100.0
            ours, paper = scale * mean.value, envmix_values(head).get((level, metric))
            interval = (
                "-" if np.isnan(mean.low) else f"{scale * mean.low:.1f} to {scale * mean.high:.1f}"
            )
            beside = ("-", "-") if paper is None else (f"{paper:.1f}", f"{ours - paper:+.1f}")
            cells.append((head, preset, level, metric, f"{ours:.1f}", interval, *beside))
    columns = ["head", "preset", "level", "metric", "ours", "95 % interval", "paper", "difference"]
    return [
        "Every measure, mean over normal classes and SNRs, in percent but where said; the paper's "
        "EnvMix was made of other recordings, so a difference is no error of either:",
        "",
        *table(columns, cells),
    ]


def _by_snr_and_class(rows: Sequence[ResultRow]) -> list[str]:
    by_snr, by_class = [], []
    for head, preset in _candidates(rows):
        of_column = [_of(rows, head, preset, *column) for column in COLUMNS]
        for snr_db in dict.fromkeys(row.snr_db for row in of_column[0]):
            at_snr = [[row for row in mine if row.snr_db == snr_db] for mine in of_column]
            about = (head, preset, snr_name(snr_db))
            by_snr.append((*about, *map(_mean, at_snr)))
            by_class.append((*about, *map(with_interval, at_snr[0])))
    columns = ["head", "preset", "SNR, dB"]
    return [
        "By SNR, percent, mean over normal classes:",
        "",
        *table([*columns, *NAMES], by_snr),
        "",
        "Sample AUROC by normal class and SNR, with 95 % intervals over clips:",
        "",
        *table([*columns, *_classes(rows)], by_class),
    ]


def _false_alarms(rows: Sequence[ResultRow]) -> list[str]:
    alarms = [row for row in rows if row.metric.startswith(FALSE_ALARMS)]
    cells = []
    for head, preset in _candidates(alarms):
        for metric in dict.fromkeys(row.metric for row in alarms):
            mine = _of(alarms, head, preset, "sample", metric)
            promised = metric.removeprefix(FALSE_ALARMS)
            cells.append((head, preset, promised, *map(with_interval, mine), _mean(mine)))
    return [
        "Share of new normal clips above the threshold, percent, with 95 % binomial intervals:",
        "",
        *table(["head", "preset", "promised", *_classes(alarms), "all"], cells),
    ]


def _candidates(rows: Iterable[ResultRow]) -> list[tuple[str, str]]:
    return list(dict.fromkeys((row.head, row.preset) for row in rows))


def _classes(rows: Iterable[ResultRow]) -> list[str]:
    return list(dict.fromkeys(row.normal for row in rows))


def _of(
    rows: Iterable[ResultRow], head: str, preset: str, level: str, metric: str
) -> list[ResultRow]:
    wanted = (head, preset, level, metric)
    return [row for row in rows if (row.head, row.preset, row.level, row.metric) == wanted]


def _mean(rows: Iterable[ResultRow]) -> str:
    values = [row.value for row in rows]
    return f"{100 * float(np.mean(values)):.1f}" if values else "-"
