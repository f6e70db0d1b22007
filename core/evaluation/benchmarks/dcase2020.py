"""DCASE 2020 Task 2: AUC and pAUC of each machine and id; arithmetic means over ids and machines.

Koizumi et al., 2020. One detector a machine and id, as AnoPatch's nearest neighbours have it; the
organisers' autoencoder was trained once a machine, on all its ids.
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
from core.evaluation.datasets.dcase2020 import DEVELOPMENT_IDS, EVALUATION_IDS
from core.metrics import RankedClips, independent_mean
from core.metrics.bootstrap import IndexArray

MEAN = "mean of ROC and pAUC"
PARTS = {"development": DEVELOPMENT_IDS, "evaluation": EVALUATION_IDS}


def _statistics(one: MachineSet, ranked: RankedClips) -> dict[str, Statistic]:
    def both(chosen: IndexArray) -> float:
        return (ranked.roc_auc(chosen) + ranked.partial_roc_auc(chosen)) / 2.0

    return {"ROC": ranked.roc_auc, "pAUC": ranked.partial_roc_auc, MEAN: both}


def _means(rows: Sequence[ResultRow]) -> list[ResultRow]:
    over_ids = means(rows, _machine_and_part, independent_mean)
    overall = means(over_ids, _all_of_part, independent_mean)
    return [*over_ids, *overall]


def _machine_and_part(row: ResultRow) -> str:
    machine = machine_of(row)
    parts = [name for name, ids in PARTS.items() if _id_of(row) in ids.get(machine, ())]
    return ", ".join([machine, *parts])


def _all_of_part(row: ResultRow) -> str:
    _, comma, part = row.normal.partition(", ")
    return f"{ALL_MACHINES}{comma}{part}"


def _covers(published: str, rows: Sequence[ResultRow]) -> str:
    ids = {_id_of(row) for row in rows}
    if not published:
        return f"{len(ids)} ids"
    there = PARTS[published].get(machine_of(rows[0]), ())
    return f"{len(ids & set(there))} of {len(there)} ids"


def _id_of(row: ResultRow) -> str:
    return row.normal.rsplit(" ", 1)[-1]


DCASE2020 = MachineBenchmark(
    data_set="dcase2020",
    metrics=(MEAN, "ROC", "pAUC"),
    about="Arithmetic means over a machine's ids, and over machines. One detector a machine and "
    "id; AnoPatch, fine-tuned, is one for all, whose scores are among the clips of the same id; "
    "the organisers' autoencoder was one a machine.",
    statistics=_statistics,
    means=_means,
    covers=_covers,
)
