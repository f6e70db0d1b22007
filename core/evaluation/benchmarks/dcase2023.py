"""DCASE 2023 to 2025 Task 2: AUC in each domain and pAUC of each machine; harmonic means.

Dohi et al., 2023. One detector a machine, fitted on the clips of both domains.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.evaluation.benchmarks.machine_benchmark import (
    ALL_MACHINES,
    MachineBenchmark,
    Statistic,
)
from core.evaluation.benchmarks.machine_sets import MachineSet
from core.evaluation.benchmarks.means import means
from core.evaluation.benchmarks.results import ResultRow
from core.evaluation.datasets.dcase2023 import DEVELOPMENT_MACHINES, EVALUATION_MACHINES
from core.metrics import RankedClips, harmonic_mean, independent_harmonic_mean
from core.metrics.bootstrap import IndexArray
from core.metrics.checks import AnyArray

MEAN = "harmonic mean"
PART_OF = dict.fromkeys(DEVELOPMENT_MACHINES, "development") | dict.fromkeys(
    EVALUATION_MACHINES, "evaluation"
)


def _statistics(one: MachineSet, ranked: RankedClips) -> dict[str, Statistic]:
    def roc_auc_of(domain: str) -> Statistic:
        # A domain's normal clips against the anomalous ones of both, as the organisers do: one
        # threshold has to serve a machine in either domain.
        counted = ranked.truth | (_domains(one) == domain)
        return lambda chosen: ranked.roc_auc(chosen[counted[chosen]])

    source, target = roc_auc_of("source"), roc_auc_of("target")

    def official(chosen: IndexArray) -> float:
        return harmonic_mean([source(chosen), target(chosen), ranked.partial_roc_auc(chosen)])

    return {
        "ROC source": source,
        "ROC target": target,
        "pAUC": ranked.partial_roc_auc,
        MEAN: official,
    }


def _strata(one: MachineSet, truth: AnyArray) -> AnyArray:
    # Each kind of clip keeps its number in every draw, so that every draw is defined.
    kinds: AnyArray = np.char.add(_domains(one), np.where(truth, " anomaly", " normal"))
    return kinds


def _domains(one: MachineSet) -> AnyArray:
    return np.array([str(clip.domain) for clip in one.tests])


def _means(rows: Sequence[ResultRow]) -> list[ResultRow]:
    # The harmonic mean of machines' harmonic means is that of all their numbers: the ranking.
    return means(rows, _all_of_part, independent_harmonic_mean)


def _all_of_part(row: ResultRow) -> str:
    part = PART_OF.get(row.normal)
    return f"{ALL_MACHINES}, {part}" if part else ALL_MACHINES


def _covers(published: str, rows: Sequence[ResultRow]) -> str:
    return "both domains"


DCASE2023 = MachineBenchmark(
    data_set="dcase2023",
    metrics=(MEAN, "ROC source", "ROC target", "pAUC"),
    about="A domain's AUROC is that of its normal clips against the anomalous ones of both; over "
    "machines, harmonic means. The paper's numbers are of 2023; the data of later years is called "
    "the same.",
    statistics=_statistics,
    strata=_strata,
    means=_means,
    covers=_covers,
    part_of=PART_OF,
    has_ids=False,
)
