"""`hearmap bench envmix`: events of one data set mixed into the normal recordings of another."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.cli import arguments, bench_arguments, terminal
from core.cli.bench_arguments import names, numbers
from core.errors import SettingError

if TYPE_CHECKING:
    from core.evaluation.benchmarks.mix_sources import MixSet

N_FAITHFUL = 8
N_EXCHANGED = 2


def add_to(kinds: Any) -> None:
    """Add the command and its arguments.

    Args:
        kinds: The benchmarks of `hearmap bench`.
    """
    parser = kinds.add_parser(
        "envmix",
        help="events mixed into normal recordings",
        description="A detector for each normal class, scored on clips with an event mixed in. "
        "Normal clips and events come from --esc50, or normal clips from --urbansound and events "
        "from --esc50, or from two plain folders, or from the built-in --machines.",
    )
    source = parser.add_argument_group("where the recordings come from")
    source.add_argument("--esc50", type=Path, metavar="ROOT", help="ESC-50's root")
    source.add_argument("--urbansound", type=Path, metavar="ROOT", help="UrbanSound8K's root")
    source.add_argument("--normal-dir", type=Path, metavar="DIR", help="normal recordings")
    source.add_argument("--anomaly-dir", type=Path, metavar="DIR", help="recordings of events")
    rules = "files of the folders that are of one recording: file, folder, prefix, field:N"
    source.add_argument("--group-by", metavar="RULE", default="file", help=rules)
    machines = "fan, pump, slide rail, valve"
    source.add_argument("--machines", type=names, metavar="A,B", help=machines)
    for name in ("--normal", "--anomaly"):
        parser.add_argument(name, type=names, metavar="A,B", help="classes; of folders all")
    levels = "6 0 -6, or made: machines' faults as loud as they are made"
    parser.add_argument("--snr", nargs="+", default=["6", "0", "-6"], metavar="DB", help=levels)
    where = "where the SNR holds: the event's region (default) or the whole clip"
    parser.add_argument("--snr-over", choices=("event", "clip"), default="event", help=where)
    in_turn = "one mix a test clip, classes in turn, so that F1's floor is 66.7 as in the paper"
    parser.add_argument("--balanced", action="store_true", help=in_turn)
    for name, which in (
        ("--train-folds", "folds fitted on (1-3; of UrbanSound8K 1-6)"),
        ("--test-folds", "folds of the normal clips scored (4, 5; of UrbanSound8K 7-10)"),
        ("--event-folds", "folds of the events (the test folds within one set, else all)"),
    ):
        parser.add_argument(name, type=numbers, metavar="1,2,3", help=which)
    parser.add_argument("--most-training", type=int, metavar="N", help="training clips a class")
    tests = "normal test clips a class (of machines also twice the takes of each fault)"
    parser.add_argument("--most-tests", type=int, metavar="N", help=tests)
    parser.add_argument(
        "--faithfulness",
        type=int,
        nargs="?",
        const=N_FAITHFUL,
        default=0,
        metavar="N",
        help=f"measure it on N mixes a class and SNR ({N_FAITHFUL}): 3 more scores a mix, and for "
        f"{N_EXCHANGED} of them insertion and deletion, 38 more each",
    )
    parser.add_argument("--stems", action="store_true", help="write mixes and stems as WAV too")
    ignoring = "also measure false alarms of a calibration that ignores recordings"
    parser.add_argument("--compare-grouping", action="store_true", help=ignoring)
    bench_arguments.add_shared(parser)
    parser.set_defaults(run=run, benchmark="envmix")


def run(given: argparse.Namespace) -> int:
    """Run what is not finished yet and write the manifest and the tables.

    Args:
        given: The command's arguments.

    Returns:
        The exit status.

    Raises:
        SettingError: an argument is wrong.
        HearMapError: the data is not as published, or a unit of work failed.
    """
    from core.evaluation.benchmarks.envmix import EnvMixOptions, write_envmix

    options = EnvMixOptions(
        snr_db=tuple(_snr(text) for text in given.snr),
        seed=given.seed,
        compare_grouping=given.compare_grouping,
        n_faithful=given.faithfulness,
        n_exchanged=min(N_EXCHANGED, given.faithfulness),
    )
    chosen = bench_arguments.candidates(given)
    mixes = mix_set(given)
    if not given.machines and None in options.snr_db:
        raise SettingError("Only --machines have events that are made as loud as they are.")
    mixes.check()
    tables = write_envmix(
        mixes,
        options,
        chosen,
        arguments.output_folder(given.out),
        bench_arguments.configuration(given, chosen),
        terminal.progress(given.progress),
        backbone=given.backbone,
        stems=given.stems,
        n_jobs=given.jobs,
    )
    print(tables)
    return 0


def mix_set(given: argparse.Namespace) -> MixSet:
    """Choose the mixes that the options name.

    Args:
        given: The command's arguments.

    Returns:
        The mixes.

    Raises:
        SettingError: the options name no source, or two.
        DataSetError: a source is not laid out as published.
    """
    from core.evaluation.benchmarks.mix_sources import from_data_sets, from_folders, from_machines

    folders = given.normal_dir is not None or given.anomaly_dir is not None
    sources = [bool(given.machines), folders, bool(given.esc50 or given.urbansound)]
    if sum(sources) != 1:
        raise SettingError(
            "EnvMix needs one source: --esc50 (with --urbansound for the normal clips), "
            "--normal-dir and --anomaly-dir, or --machines."
        )
    counts = ("seed", "most_training", "most_tests")
    if given.machines:
        return from_machines(given.machines, **{name: getattr(given, name) for name in counts})
    more = ("train_folds", "test_folds", "event_folds", "snr_over", "balanced")
    options = {name: getattr(given, name) for name in (*counts, *more)}
    options |= {"normals": given.normal, "anomalies": given.anomaly}
    if folders:
        if given.normal_dir is None or given.anomaly_dir is None:
            raise SettingError("Both --normal-dir and --anomaly-dir are needed.")
        return from_folders(given.normal_dir, given.anomaly_dir, given.group_by, **options)
    if given.esc50 is None:
        raise SettingError("--urbansound has the normal clips; --esc50 is needed for events.")
    if not (given.normal and given.anomaly):
        raise SettingError("--normal and --anomaly name the classes.")
    return from_data_sets(given.esc50, given.urbansound, **options)


def _snr(text: str) -> float | None:
    if text == "made":
        return None
    try:
        return float(text)
    except ValueError:
        raise SettingError(f"An SNR is a number of dB, or made, not “{text}”.") from None
