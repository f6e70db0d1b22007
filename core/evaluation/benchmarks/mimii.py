"""MIMII: one detector a machine, id and SNR; means over ids, then over SNRs, then over machines.

Purohit et al., 2019, and Vision to Sound, table 1, which does not say over what it averages.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.evaluation.benchmarks.machine_benchmark import (
    ALL_MACHINES,
    MachineBenchmark,
    Statistic,
    machine_of,
)
from core.evaluation.benchmarks.machine_sets import MachineSet
from core.evaluation.benchmarks.means import means
from core.evaluation.benchmarks.results import ResultRow
from core.metrics import RankedClips, dependent_mean, f1_at, f1_floor, independent_mean
from core.metrics.checks import AnyArray

N_IDS, N_LEVELS = 4, 3  # ids of a machine, SNRs


def _statistics(one: MachineSet, ranked: RankedClips) -> dict[str, Statistic]:
    return {"ROC": ranked.roc_auc, "pAUC": ranked.partial_roc_auc, "F1": ranked.f1_max}


def _plain_values(truth: AnyArray, scores: AnyArray, threshold: float) -> dict[str, float]:
    return {"F1 floor": f1_floor(truth), "F1 at 5% false alarms": f1_at(truth, scores, threshold)}


def _means(rows: Sequence[ResultRow]) -> list[ResultRow]:
    # The ids of a machine are different recordings; its SNRs are the same ones in other noise.
    over_ids = means(rows, machine_of, independent_mean)
    over_levels = means(over_ids, lambda row: row.normal, dependent_mean, snr_db=lambda row: None)
    overall = means(over_levels, lambda row: ALL_MACHINES, independent_mean)
    return [*over_ids, *over_levels, *overall]


def _covers(published: str, rows: Sequence[ResultRow]) -> str:
    n_ids, n_levels = len({row.normal for row in rows}), len({row.snr_db for row in rows})
    return f"{n_ids} of {N_IDS} ids, {n_levels} of {N_LEVELS} SNRs"


MIMII = MachineBenchmark(
    data_set="mimii",
    metrics=("ROC", "F1", "pAUC"),
    about="AUROC and best F1 of each machine: means over ids and SNRs. The paper does not say over "
    "which of them it averages.",
    statistics=_statistics,
    plain_values=_plain_values,
    means=_means,
    covers=_covers,
)
