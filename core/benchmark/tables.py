"""Rows of a benchmark as Markdown tables for people, beside the paper's numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from core.benchmark.results import Row

# Vision to Sound, table 3: EnvMix of UrbanSound8K and ESC-50, features of CLAP's CNN14.
PAPER_ENVMIX = {
    "cfa": (79.3, 76.4, 64.6, 56.0, 70.0),
    "padim": (86.3, 81.8, 72.7, 56.9, 78.9),
    "patchcore": (90.6, 85.8, 76.4, 58.3, 82.9),
    "stfpm": (53.2, 67.2, 47.0, 47.1, 47.9),
}
COLUMNS = (
    ("sample", "ROC"),
    ("sample", "F1"),
    ("spectrogram", "ROC"),
    ("spectrogram", "PRO"),
    ("temporal", "ROC"),
)


def envmix_tables(rows: Sequence[Row]) -> str:
    """Means over normal classes and SNRs, the paper's beside them; by SNR; false alarms."""
    names = " | ".join(f"{level} {metric}" for level, metric in COLUMNS)
    lines = [
        "Percent, mean over normal classes and SNRs; in brackets at the highest SNR alone.",
        "",
        f"| head | preset | {names} | paper: {names} |",
        "|---|---|" + "---|" * (2 * len(COLUMNS)),
    ]
    highest = max((row.snr_db for row in rows if row.snr_db is not None), default=None)
    for head, preset in _candidates(rows):
        cells = []
        for level, metric in COLUMNS:
            mine = _of(rows, head, preset, level, metric)
            cells.append(f"{_mean(mine)} ({_mean(r for r in mine if r.snr_db == highest)})")
        paper = PAPER_ENVMIX.get(head)
        shown = [f"{value:.1f}" for value in paper] if paper else ["-"] * len(COLUMNS)
        lines.append(f"| {head} | {preset} | {' | '.join(cells)} | {' | '.join(shown)} |")
    lines += ["", *_by_class(rows), "", *_false_alarms(rows)]
    return "\n".join(lines) + "\n"


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
            lines.append(f"| {head} | {preset} | {snr_db:g} | {' | '.join(cells)} |")
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
