"""`hearmap bench envmix`: events of one data set mixed into the normal recordings of another."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from core.cli import bench_arguments, terminal
from core.cli.arguments import add_own
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
    roots = {"--esc50 ROOT": "ESC-50's root", "--urbansound ROOT": "UrbanSound8K's root"}
    add_own(source, roots)
    add_own(source, {"--normal-dir DIR": "normal recordings"})
    add_own(source, {"--anomaly-dir DIR": "recordings of events"})
    rules = "files of the folders that are of one recording: file, folder, prefix, field:N"
    add_own(source, {"--group-by RULE file": rules})
    add_own(source, {"--machines A,B": "fan, pump, slide rail, valve"}, type=names)
    classes = dict.fromkeys(("--normal A,B", "--anomaly A,B"), "classes; of folders all")
    add_own(parser, classes, type=names)
    levels = {"--snr DB...": "6 0 -6, or made: machines' faults as loud as they are made"}
    add_own(parser, levels, default=["6", "0", "-6"])
    over = "where the SNR holds: the event's region (default) or the whole clip"
    add_own(parser, {"--snr-over {event,clip} event": over})
    folds = {
        "--train-folds 1,2,3": "folds fitted on (1-3; of UrbanSound8K 1-6)",
        "--test-folds 1,2,3": "folds of the normal clips scored (4, 5; of UrbanSound8K 7-10)",
        "--event-folds 1,2,3": "folds of the events (the test folds within one set, else all)",
    }
    add_own(parser, folds, type=numbers)
    options = {
        "--balanced": "one mix a test clip, classes in turn, so that F1's floor is 66.7 as in the "
        "paper",
        "--most-training N": "training clips a class",
        "--most-tests N": "normal test clips a class (of machines also twice the takes of each "
        "fault)",
        "--stems": "write mixes and stems as WAV too",
        "--compare-grouping": "also measure false alarms of a calibration that ignores recordings",
    }
    add_own(parser, options)
    faithfulness = (
        f"measure it on N mixes a class and SNR ({N_FAITHFUL}): 3 more scores a mix, and for "
        f"{N_EXCHANGED} of them insertion and deletion, 38 more each"
    )
    more = {"nargs": "?", "const": N_FAITHFUL, "default": 0}
    add_own(parser, {"--faithfulness N": faithfulness}, **more)
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
        bench_arguments.results_folder(given),
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
