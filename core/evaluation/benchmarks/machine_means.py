"""Means of a machine data set's numbers, as rows of their own, with intervals."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from core.evaluation.benchmarks.results import Row
from core.metrics import Interval

ALL_MACHINES = "all machines"

Mean = Callable[[Sequence[Interval]], Interval]


def machine_of(row: Row) -> str:
    """The machine of a row of one id, “fan id_00”."""
    return row.normal.rsplit(" id_", 1)[0]


def means(
    rows: Iterable[Row],
    normal: Callable[[Row], str],
    mean: Mean,
    *,
    snr_db: Callable[[Row], float | None] = lambda row: row.snr_db,
) -> list[Row]:
    """A row for each candidate, metric, new name and SNR: the mean of the rows that share them."""
    together: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        key = (row.head, row.preset, row.backbone, normal(row), snr_db(row), row.level, row.metric)
        together.setdefault(key, []).append(row)
    return [_mean(of_key, key[3], key[4], mean) for key, of_key in together.items()]


def _mean(rows: Sequence[Row], normal: str, snr_db: float | None, mean: Mean) -> Row:
    intervals = [
        Interval(
            row.value,
            np.nan if row.low is None else row.low,
            np.nan if row.high is None else row.high,
        )
        for row in rows
    ]
    found = mean(intervals)
    return dataclasses.replace(
        rows[0],
        normal=normal,
        snr_db=snr_db,
        value=found.value,
        low=None if np.isnan(found.low) else found.low,
        high=None if np.isnan(found.high) else found.high,
        n=sum(row.n for row in rows),
    )
