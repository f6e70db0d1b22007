"""DCASE 2020 Task 2: AUC and pAUC of each machine and id; arithmetic means over ids and machines.

Koizumi et al., 2020. One detector a machine and id, as AnoPatch's nearest neighbours have it; the
organisers' autoencoder was trained once a machine, on all its ids.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.evaluation.benchmarks.machine_means import ALL_MACHINES, machine_of, means
from core.evaluation.benchmarks.machine_sets import MachineSet
from core.evaluation.benchmarks.machine_units import run_machines
from core.evaluation.benchmarks.protocol import Candidate
from core.evaluation.benchmarks.results import Measured, Row
from core.evaluation.datasets.dcase2020 import DEVELOPMENT_IDS, EVALUATION_IDS
from core.metrics import Interval, RankedClips, bootstrap_interval, independent_mean
from core.metrics.bootstrap import IndexArray
from core.metrics.checks import AnyArray
from core.runtime.progress import Progress

DATA_SET = "dcase2020"
MEAN = "mean of ROC and pAUC"


def run_dcase2020(
    sets: Sequence[MachineSet],
    candidates: Sequence[Candidate],
    folder: Path,
    seed: int,
    progress: Progress,
    n_jobs: int | None = 1,
) -> Measured:
    """AUC, pAUC and their mean for each machine and id, and the means over ids and machines."""
    measured = run_machines(DATA_SET, sets, _numbers, candidates, folder, seed, progress, n_jobs)
    over_ids = means(measured.rows, _machine_and_part, independent_mean)
    overall = means(over_ids, _all_of_part, independent_mean)
    return Measured([*measured.rows, *over_ids, *overall], measured.clips)


def part_of(machine: str, machine_id: str) -> str:
    """The published part an id belongs to: “development”, “evaluation”, or "" if neither."""
    if machine_id in DEVELOPMENT_IDS.get(machine, ()):
        return "development"
    return "evaluation" if machine_id in EVALUATION_IDS.get(machine, ()) else ""


def _numbers(
    one: MachineSet, truth: AnyArray, scores: AnyArray, threshold: float, seed: int
) -> dict[str, float | Interval]:
    ranked = RankedClips(truth, scores)

    def both(chosen: IndexArray) -> float:
        return (ranked.roc_auc(chosen) + ranked.partial_roc_auc(chosen)) / 2.0

    return {
        metric: bootstrap_interval(statistic, truth.size, seed=seed, strata=truth)
        for metric, statistic in (
            ("ROC", ranked.roc_auc),
            ("pAUC", ranked.partial_roc_auc),
            (MEAN, both),
        )
    }


def _machine_and_part(row: Row) -> str:
    machine, part = machine_of(row), part_of(machine_of(row), row.normal.rsplit(" ", 1)[-1])
    return f"{machine}, {part}" if part else machine


def _all_of_part(row: Row) -> str:
    _, comma, part = row.normal.partition(", ")
    return f"{ALL_MACHINES}{comma}{part}"
