"""`hearmap bench generalise`: every set at once, with rivals beside the detectors."""

from __future__ import annotations

import argparse
from typing import Any

from core.cli import bench_arguments, terminal
from core.cli.arguments import add_own
from core.cli.bench_arguments import names, numbers

NO_MACHINES = ["none"]


def add_to(kinds: Any) -> None:
    """Add the command and its arguments.

    Args:
        kinds: The benchmarks of `hearmap bench`.
    """
    parser = kinds.add_parser(
        "generalise",
        help="every set at once, beside simple rivals",
        description="EnvMix and novelty on --esc50, MIMII in five rounds with and without its "
        "level, events of the one in the other, and the built-in machines: one table, in which "
        "the loudness alone and a log-mel z-score are measured on the same clips. A source that is "
        "not given is left out, and the table says so.",
    )
    add_own(parser, {"--esc50 ROOT": "ESC-50's root"})
    add_own(parser, {"--mimii ROOT": "the folder of {machine}/id_XX/{normal,abnormal}"})
    classes = {"--normal A,B": "normal classes of ESC-50", "--anomaly A,B": "classes of events"}
    add_own(parser, classes, type=names)
    machines = "built-in machines: fan, pump, slide rail, valve (default: all), or none"
    add_own(parser, {"--machines A,B": machines}, type=names)
    add_own(parser, {"--snr DB...": "of mixes (default: 6 0 -6)"}, type=float)
    folds = {"--train-folds 1,2,3": "folds fitted on", "--test-folds 4,5": "folds scored"}
    add_own(parser, folds, type=numbers)
    bench_arguments.add_shared(parser)
    parser.set_defaults(run=run, benchmark="generalise", heads=None)


def run(given: argparse.Namespace) -> int:
    """Run what is not finished yet and write the table.

    Args:
        given: The command's arguments.

    Returns:
        The exit status.

    Raises:
        HearMapError: an argument is wrong, the data is not as published, or a unit of work failed.
    """
    from core.detectors.presets import RECOMMENDED_HEAD
    from core.evaluation.benchmarks.generalise.run import run_generalise
    from core.evaluation.benchmarks.generalise.sets import GeneraliseOptions, plan
    from core.evaluation.benchmarks.generalise.tables import generalise_tables

    given.heads = given.heads or [RECOMMENDED_HEAD]
    chosen = bench_arguments.candidates(given)
    named = {
        "normals": given.normal,
        "anomalies": given.anomaly,
        "train_folds": given.train_folds,
        "test_folds": given.test_folds,
        "snr_db": given.snr,
        "machines": [] if given.machines == NO_MACHINES else given.machines,
    }
    changed = {name: tuple(value) for name, value in named.items() if value is not None}
    options = GeneraliseOptions(given.esc50, given.mimii, seed=given.seed, **changed)
    cases, left_out = plan(options)
    for data_set, sentence in left_out.items():
        terminal.remark(f"left out: {data_set}. {sentence}")
    folder = bench_arguments.results_folder(given)
    progress = terminal.progress(given.progress)
    measured = run_generalise(cases, chosen, folder, given.seed, progress, given.jobs)
    progress("Done", 1.0)
    return bench_arguments.finish(
        given, chosen, measured, generalise_tables(measured.rows, left_out)
    )
