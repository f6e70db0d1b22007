"""`hearmap bench BENCHMARK`: the papers' protocols on a data set, resumable."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.cli import (
    bench_arguments,
    bench_envmix,
    bench_generalise,
    bench_machines,
    terminal,
)
from core.cli.bench_arguments import names, numbers

HELP = "measure detectors on a data set"
DESCRIPTION = (
    "Write results.json, results.md and clips.json. What an earlier run with the "
    "same settings has finished is read, not run again."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments.

    Args:
        parser: the command's parser
    """
    kinds = parser.add_subparsers(metavar="BENCHMARK", required=True)
    bench_envmix.add_to(kinds)
    bench_machines.add_to(kinds)
    bench_generalise.add_to(kinds)
    novelty = kinds.add_parser(
        "novelty",
        help="one class against the others",
        description="A detector for each normal class, scored on the other classes' clips.",
    )
    novelty.add_argument("--esc50", type=Path, required=True, metavar="ROOT", help="ESC-50's root")
    novelty.add_argument("--normal", type=names, required=True, metavar="A,B", help="classes")
    novelty.add_argument("--train-folds", type=numbers, default=[1, 2, 3], metavar="1,2,3")
    novelty.add_argument("--test-folds", type=numbers, default=[4, 5], metavar="4,5")
    bench_arguments.add_shared(novelty)
    novelty.set_defaults(run=run_novelty, benchmark="novelty")


def run_novelty(given: argparse.Namespace) -> int:
    """Measure what no earlier run has measured, and write the table.

    Args:
        given: the command's arguments

    Returns:
        The exit status.
    """
    # `hearmap --help` does not wait for PyTorch.
    from core.evaluation.benchmarks import novelty
    from core.evaluation.benchmarks.envmix_tables import novelty_table
    from core.evaluation.datasets.esc50 import esc50

    options = novelty.NoveltyOptions(
        normals=tuple(given.normal),
        train_folds=tuple(given.train_folds),
        test_folds=tuple(given.test_folds),
        seed=given.seed,
    )
    chosen = bench_arguments.candidates(given)
    recordings = esc50(given.esc50)
    folder = bench_arguments.results_folder(given)
    progress = terminal.progress(given.progress)
    measured = novelty.run_novelty(recordings, options, chosen, folder, progress, given.jobs)
    progress("Done", 1.0)
    return bench_arguments.finish(given, chosen, measured, novelty_table(measured.rows))
