"""Rows of a benchmark as Markdown tables for people, beside the paper's numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from core.evaluation.benchmarks.paper import envmix_values
from core.evaluation.benchmarks.results import Row
from core.metrics import Interval, dependent_mean, independent_mean

COLUMNS = (
    *(("sample", "ROC"), ("sample", "F1"), ("spectrogram", "ROC"), ("spectrogram", "PRO")),
    ("temporal", "ROC"),
)
# Not in percent.
PLAIN = {"SI-SDR, dB", "SI-SDR of the mix, dB", "complexity"}


def envmix_tables(rows: Sequence[Row]) -> str:
    """Means over normal classes and SNRs; the paper's beside ours; by SNR; false alarms."""
    names = " | ".join(f"{level} {metric}" for level, metric in COLUMNS)
    highest = max((row.snr_db for row in rows if row.snr_db is not None), default=None)
    lines = [
        "Percent, mean over normal classes and SNRs"
        + ("." if highest is None else "; in brackets at the highest SNR alone."),
        "",
        f"| head | preset | {names} |",
        "|---|---|" + "---|" * len(COLUMNS),
    ]
    for head, preset in _candidates(rows):
        cells = []
        for level, metric in COLUMNS:
            mine = _of(rows, head, preset, level, metric)
            at_highest = [r for r in mine if r.snr_db == highest]
            shown = "" if highest is None else f" ({_mean(at_highest)})"
            cells.append(f"{_mean(mine)}{shown}")
        lines.append(f"| {head} | {preset} | {' | '.join(cells)} |")
    lines += ["", *beside_paper(rows), "", *_by_snr(rows), "", *_by_class(rows)]
    return "\n".join([*lines, "", *_false_alarms(rows)]) + "\n"


def beside_paper(rows: Sequence[Row]) -> list[str]:
    """Each measure's mean over classes and SNRs, its interval, the paper's and the difference."""
    lines = [
        "Every measure, mean over normal classes and SNRs, in percent but where said; the paper's "
        "EnvMix was made of other recordings, so a difference is no error of either:",
        "",
        "| head | preset | level | metric | ours | 95 % interval | paper | difference |",
        "|---|---|---|---|---|---|---|---|",
    ]
    measures = list(
        dict.fromkeys((r.level, r.metric) for r in rows if not r.metric.startswith("false alarms"))
    )
    for head, preset in _candidates(rows):
        for level, metric in measures:
            mine = _of(rows, head, preset, level, metric)
            if not mine:
                continue
            mean = mean_of(mine)
            ours = mean.value
            scale = 1.0 if metric in PLAIN else 100.0
            interval = (
                "-" if np.isnan(mean.low) else f"{scale * mean.low:.1f} to {scale * mean.high:.1f}"
            )
            paper = envmix_values(head).get((level, metric))
            beside = "- | -" if paper is None else f"{paper:.1f} | {scale * ours - paper:+.1f}"
            lines.append(
                f"| {head} | {preset} | {level} | {metric} | {scale * ours:.1f} | {interval} "
                f"| {beside} |"
            )
    return lines


def mean_of(rows: Sequence[Row]) -> Interval:
    """The mean over normal classes and SNRs, with an interval where every row has one.

    A class's clips are the same at every SNR, and other clips than another class's.
    """
    by_class: dict[str, list[Interval]] = {}
    for row in rows:
        low = np.nan if row.low is None else row.low
        high = np.nan if row.high is None else row.high
        by_class.setdefault(row.normal, []).append(Interval(row.value, low, high))
    return independent_mean([dependent_mean(of_class) for of_class in by_class.values()])


def _by_snr(rows: Sequence[Row]) -> list[str]:
    names = " | ".join(f"{level} {metric}" for level, metric in COLUMNS)
    lines = [
        "By SNR, percent, mean over normal classes:",
        "",
        f"| head | preset | SNR, dB | {names} |",
        "|---|---|---|" + "---|" * len(COLUMNS),
    ]
    for head, preset in _candidates(rows):
        by_level = {column: _of(rows, head, preset, *column) for column in COLUMNS}
        for snr_db in dict.fromkeys(row.snr_db for row in by_level[COLUMNS[0]]):
            cells = [_mean(r for r in by_level[c] if r.snr_db == snr_db) for c in COLUMNS]
            lines.append(f"| {head} | {preset} | {snr_name(snr_db)} | {' | '.join(cells)} |")
    return lines


def snr_name(snr_db: float | None) -> str:
    """An SNR for people.

    >>> snr_name(-6.0), snr_name(None)
    ('-6', 'as made')
    """
    return "as made" if snr_db is None else f"{snr_db:g}"


def novelty_table(rows: Sequence[Row]) -> str:
    """Sample AUROC of one class against the others, by class, with 95 % intervals."""
    normals = list(dict.fromkeys(row.normal for row in rows))
    lines = [
        "Sample AUROC in percent, each class's held-out clips against the others'; in brackets "
        "95 % intervals over clips.",
        "",
        f"| head | preset | mean | {' | '.join(normals)} |",
        "|---|---|---|" + "---|" * len(normals),
    ]
    for head, preset in _candidates(rows):
        mine = _of(rows, head, preset, "sample", "ROC")
        cells = [_with_interval(row) for row in mine]
        lines.append(f"| {head} | {preset} | {_mean(mine)} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _by_class(rows: Sequence[Row]) -> list[str]:
    normals = list(dict.fromkeys(row.normal for row in rows))
    lines = [
        "Sample AUROC by normal class and SNR, with 95 % intervals over clips:",
        "",
        f"| head | preset | SNR, dB | {' | '.join(normals)} |",
        "|---|---|---|" + "---|" * len(normals),
    ]
    for head, preset in _candidates(rows):
        mine = _of(rows, head, preset, "sample", "ROC")
        for snr_db in dict.fromkeys(row.snr_db for row in mine):
            cells = [_with_interval(row) for row in mine if row.snr_db == snr_db]
            lines.append(f"| {head} | {preset} | {snr_name(snr_db)} | {' | '.join(cells)} |")
    return lines


def _false_alarms(rows: Sequence[Row]) -> list[str]:
    alarms = [row for row in rows if row.metric.startswith("false alarms")]
    metrics = list(dict.fromkeys(row.metric for row in alarms))
    normals = list(dict.fromkeys(row.normal for row in alarms))
    lines = [
        "Share of new normal clips above the threshold, percent, with 95 % binomial intervals:",
        "",
        f"| head | preset | promised | {' | '.join(normals)} | all |",
        "|---|---|---|" + "---|" * (len(normals) + 1),
    ]
    for head, preset in _candidates(alarms):
        for metric in metrics:
            mine = _of(alarms, head, preset, "sample", metric)
            cells = " | ".join(_with_interval(row) for row in mine)
            promised = metric.removeprefix("false alarms at ")
            lines.append(f"| {head} | {preset} | {promised} | {cells} | {_mean(mine)} |")
    return lines


def _candidates(rows: Iterable[Row]) -> list[tuple[str, str]]:
    return list(dict.fromkeys((row.head, row.preset) for row in rows))


def _of(rows: Iterable[Row], head: str, preset: str, level: str, metric: str) -> list[Row]:
    wanted = (head, preset, level, metric)
    return [row for row in rows if (row.head, row.preset, row.level, row.metric) == wanted]


def _mean(rows: Iterable[Row]) -> str:
    values = [row.value for row in rows]
    return f"{100 * float(np.mean(values)):.1f}" if values else "-"


def _with_interval(row: Row) -> str:
    if row.low is None or row.high is None:
        return f"{100 * row.value:.1f}"
    return f"{100 * row.value:.1f} ({100 * row.low:.0f}-{100 * row.high:.0f})"
