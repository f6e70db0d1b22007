"""MIMII: one detector a machine, id and SNR; means over ids, then over SNRs, then over machines.

Purohit et al., 2019, and Vision to Sound, table 1, which does not say over what it averages.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.evaluation.benchmarks.machine_means import ALL_MACHINES, machine_of, means
from core.evaluation.benchmarks.machine_sets import MachineSet
from core.evaluation.benchmarks.machine_units import run_machines
from core.evaluation.benchmarks.protocol import Candidate
from core.evaluation.benchmarks.results import Measured, Row
from core.metrics import (
    Interval,
    RankedClips,
    bootstrap_interval,
    dependent_mean,
    f1_at,
    f1_floor,
    independent_mean,
)
from core.metrics.checks import AnyArray
from core.runtime.progress import Progress

DATA_SET = "mimii"


def run_mimii(
    sets: Sequence[MachineSet],
    candidates: Sequence[Candidate],
    folder: Path,
    seed: int,
    progress: Progress,
    n_jobs: int | None = 1,
) -> Measured:
    """AUROC, pAUC and F1 of each machine, id and SNR, and their means."""
    measured = run_machines(DATA_SET, sets, _numbers, candidates, folder, seed, progress, n_jobs)
    return Measured([*measured.rows, *_means(measured.rows)], measured.clips)


def _numbers(
    one: MachineSet, truth: AnyArray, scores: AnyArray, threshold: float, seed: int
) -> dict[str, float | Interval]:
    ranked = RankedClips(truth, scores)

    def interval(metric: str) -> Interval:
        statistic = getattr(ranked, metric)
        return bootstrap_interval(statistic, truth.size, seed=seed, strata=truth)

    return {
        "ROC": interval("roc_auc"),
        "pAUC": interval("partial_roc_auc"),
        "F1": interval("f1_max"),
        "F1 floor": f1_floor(truth),
        "F1 at 5% false alarms": f1_at(truth, scores, threshold),
    }


def _means(rows: Sequence[Row]) -> list[Row]:
    # The ids of a machine are different recordings; its SNRs are the same ones in other noise.
    over_ids = means(rows, machine_of, independent_mean)
    over_levels = means(over_ids, lambda row: row.normal, dependent_mean, snr_db=lambda row: None)
    overall = means(over_levels, lambda row: ALL_MACHINES, independent_mean)
    return [*over_ids, *over_levels, *overall]
