"""DCASE 2023 to 2025 Task 2: AUC in each domain and pAUC of each machine; harmonic means.

Dohi et al., 2023. One detector a machine, fitted on the clips of both domains.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.evaluation.benchmarks.machine_means import ALL_MACHINES, means
from core.evaluation.benchmarks.machine_sets import MachineSet
from core.evaluation.benchmarks.machine_units import run_machines
from core.evaluation.benchmarks.protocol import Candidate
from core.evaluation.benchmarks.results import Measured, Row
from core.evaluation.datasets.dcase2023 import DEVELOPMENT_MACHINES, EVALUATION_MACHINES
from core.metrics import (
    Interval,
    RankedClips,
    bootstrap_interval,
    harmonic_mean,
    independent_harmonic_mean,
)
from core.metrics.bootstrap import IndexArray
from core.metrics.checks import AnyArray
from core.runtime.progress import Progress

DATA_SET = "dcase2023"
MEAN = "harmonic mean"


def run_dcase2023(
    sets: Sequence[MachineSet],
    candidates: Sequence[Candidate],
    folder: Path,
    seed: int,
    progress: Progress,
    n_jobs: int | None = 1,
) -> Measured:
    """Both AUCs, pAUC and their harmonic mean for each machine, and those over the machines.

    The harmonic mean of machines' harmonic means is that of all their numbers: the ranking.
    """
    measured = run_machines(DATA_SET, sets, _numbers, candidates, folder, seed, progress, n_jobs)
    overall = means(measured.rows, _all_of_part, independent_harmonic_mean)
    return Measured([*measured.rows, *overall], measured.clips)


def part_of(machine: str) -> str:
    """The part of 2023 that a machine belongs to: “development”, “evaluation”, or ""."""
    if machine in DEVELOPMENT_MACHINES:
        return "development"
    return "evaluation" if machine in EVALUATION_MACHINES else ""


def _numbers(
    one: MachineSet, truth: AnyArray, scores: AnyArray, threshold: float, seed: int
) -> dict[str, float | Interval]:
    ranked = RankedClips(truth, scores)
    domains = np.array([clip.domain for clip in one.tests])
    # A domain's normal clips against the anomalous ones of both, as in metrics.domain_areas.
    compared = {name: truth | (domains == name) for name in ("source", "target")}

    def source(chosen: IndexArray) -> float:
        return ranked.roc_auc(chosen[compared["source"][chosen]])

    def target(chosen: IndexArray) -> float:
        return ranked.roc_auc(chosen[compared["target"][chosen]])

    def official(chosen: IndexArray) -> float:
        return harmonic_mean([source(chosen), target(chosen), ranked.partial_roc_auc(chosen)])

    # Each kind of clip keeps its number in every draw, so that every draw is defined.
    strata = np.char.add(domains.astype(str), np.where(truth, " anomaly", " normal"))
    return {
        metric: bootstrap_interval(statistic, truth.size, seed=seed, strata=strata)
        for metric, statistic in (
            ("ROC source", source),
            ("ROC target", target),
            ("pAUC", ranked.partial_roc_auc),
            (MEAN, official),
        )
    }


def _all_of_part(row: Row) -> str:
    part = part_of(row.normal)
    return f"{ALL_MACHINES}, {part}" if part else ALL_MACHINES
