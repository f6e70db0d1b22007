"""`hearmap bench mimii|dcase2020|dcase2023 ROOT`: the machine data sets and their protocols."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.cli import bench_arguments, terminal
from core.cli.bench_arguments import names

if TYPE_CHECKING:
    from core.evaluation.datasets.machine_clip import MachineClip

ABOUT = {
    "mimii": "MIMII: a detector for each machine, id and SNR, AUROC, pAUC and F1.",
    "dcase2020": "DCASE 2020 Task 2: a detector for each machine and id, AUROC and pAUC.",
    "dcase2023": "DCASE 2023 to 2025 Task 2: a detector for each machine, both domains.",
}
ALL = "(default: all that are there)"
LABELS = {
    "dcase2020": "its eval_data_list.csv",
    "dcase2023": "the organisers' folder ground_truth_attributes",
}


def add_to(kinds: Any) -> None:
    """Add the three benchmarks and their arguments.

    Args:
        kinds: The benchmarks of `hearmap bench`.
    """
    for name, about in ABOUT.items():
        parser = kinds.add_parser(name, help=about.partition(":")[0], description=about)
        add = parser.add_argument
        add("root", type=Path, metavar="ROOT", help="the folder with the unpacked data")
        add("--machines", type=names, metavar="A,B", help=f"such as fan,pump {ALL}")
        if name != "dcase2023":
            add("--ids", type=names, metavar="00,02", help=f"ids {ALL}")
        if name == "mimii":
            add("--snr", type=float, nargs="+", metavar="DB", help=f"6 0 -6 {ALL}")
        else:
            labels = f"labels of the evaluation set: {LABELS[name]}"
            add("--labels", type=Path, metavar="PATH", help=labels)
        bench_arguments.add_shared(parser, backbone=None)
        parser.set_defaults(run=run, benchmark=name)


def run(given: argparse.Namespace) -> int:
    """Run what is not finished yet and write the tables.

    Args:
        given: The command's arguments.

    Returns:
        The exit status.

    Raises:
        HearMapError: an argument is wrong, the data is not as published, or a unit of work failed.
    """
    from core.evaluation.benchmarks.dcase2020 import DCASE2020
    from core.evaluation.benchmarks.dcase2023 import DCASE2023
    from core.evaluation.benchmarks.machine_sets import machine_sets
    from core.evaluation.benchmarks.machine_tables import machine_tables
    from core.evaluation.benchmarks.mimii import MIMII

    benchmark = {one.data_set: one for one in (MIMII, DCASE2020, DCASE2023)}[given.benchmark]
    chosen = bench_arguments.candidates(given)
    sets, left_out = machine_sets(_clips(given))
    for sentence in left_out:
        terminal.remark(f"left out: {sentence}")
    folder = bench_arguments.results_folder(given)
    progress = terminal.progress(given.progress)
    measured = benchmark.run(sets, chosen, folder, given.seed, progress, given.jobs)
    progress("Done", 1.0)
    tables = machine_tables(benchmark, measured.rows, left_out)
    return bench_arguments.finish(given, chosen, measured, tables)


def _clips(given: argparse.Namespace) -> list[MachineClip]:
    from core.evaluation.datasets.dcase2020 import dcase2020
    from core.evaluation.datasets.dcase2023 import dcase2023
    from core.evaluation.datasets.mimii import mimii

    if given.benchmark == "dcase2023":
        return dcase2023(given.root, machines=given.machines, ground_truth=given.labels)
    ids = given.ids and [one if one.startswith("id_") else f"id_{one}" for one in given.ids]
    if given.benchmark == "dcase2020":
        return dcase2020(given.root, machines=given.machines, ids=ids, ground_truth=given.labels)
    return mimii(given.root, snr_db=given.snr, machines=given.machines, ids=ids)
