"""Means of a benchmark's rows, as rows of their own, with intervals."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from core.evaluation.benchmarks.results import ResultRow
from core.metrics import Interval, dependent_mean, independent_mean

Mean = Callable[[Sequence[Interval]], Interval]


def interval_of(row: ResultRow) -> Interval:
    """Take a row's number with its interval.

    Args:
        row: The row.

    Returns:
        The interval, whose ends are NaN where the row has none.
    """
    low, high = (np.nan if end is None else end for end in (row.low, row.high))
    return Interval(row.value, low, high)


def bounds_of(value: float | Interval) -> dict[str, Any]:
    """Take a number apart as a row holds it.

    Args:
        value: The number, with or without an interval.

    Returns:
        value, low and high; the ends are None where there is no interval.
    """
    if not isinstance(value, Interval):
        return {"value": float(value), "low": None, "high": None}
    return {
        name: None if name != "value" and np.isnan(number) else number
        for name, number in dataclasses.asdict(value).items()
    }


def share_of(n_hits: int, n: int) -> Interval:
    """Compute a share with its Clopper-Pearson interval.

    Args:
        n_hits: How many.
        n: Of how many, at least 1.

    Returns:
        The share and its 95 % interval.
    """
    # Tables are shown without it, and it takes half a second to import.
    from scipy import stats

    bounds = stats.binomtest(n_hits, n).proportion_ci(method="exact")
    return Interval(n_hits / n, float(bounds.low), float(bounds.high))


def means(
    rows: Iterable[ResultRow],
    normal: Callable[[ResultRow], str],
    mean: Mean,
    *,
    snr_db: Callable[[ResultRow], float | None] = lambda row: row.snr_db,
) -> list[ResultRow]:
    """Average the rows that come to share a name.

    Args:
        rows: The rows.
        normal: The name under which a row is averaged.
        mean: Averages intervals.
        snr_db: The SNR under which a row is averaged, by default its own.

    Returns:
        A row for each candidate, level, metric, name and SNR; its `n` is the sum.
    """
    together: dict[tuple[Any, ...], list[ResultRow]] = {}
    for row in rows:
        key = (row.head, row.preset, row.backbone, normal(row), snr_db(row), row.level, row.metric)
        together.setdefault(key, []).append(row)
    return [
        dataclasses.replace(
            of_key[0],
            normal=key[3],
            snr_db=key[4],
            n=sum(row.n for row in of_key),
            **bounds_of(mean([interval_of(row) for row in of_key])),
        )
        for key, of_key in together.items()
    ]


def mean_of(rows: Sequence[ResultRow]) -> Interval:
    """Average one metric over normal classes and SNRs.

    A class's clips are the same at every SNR, and other clips than another class's.

    Args:
        rows: The rows of one metric.

    Returns:
        The mean, with an interval where every row has one.
    """
    by_class: dict[str, list[Interval]] = {}
    for row in rows:
        by_class.setdefault(row.normal, []).append(interval_of(row))
    return independent_mean([dependent_mean(of_class) for of_class in by_class.values()])
