"""`hearmap bench envmix|novelty`: the papers' protocols on a data set, resumable."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from core.cli import arguments
from core.errors import SettingError

if TYPE_CHECKING:
    from core.benchmark.protocol import Candidate


def add_to(commands: arguments.Commands) -> None:
    """The command's arguments."""
    parser = commands.add_parser(
        "bench",
        help="measure detectors on a data set",
        description="Write results.json and results.md. What an earlier run with the same "
        "settings has finished is read, not run again.",
    )
    kinds = parser.add_subparsers(metavar="BENCHMARK", required=True)
    envmix = kinds.add_parser(
        "envmix",
        help="events mixed into normal recordings",
        description="A detector for each normal class, scored on clips with an event mixed in.",
    )
    novelty = kinds.add_parser(
        "novelty",
        help="one class against the others",
        description="A detector for each normal class, scored on the other classes' clips.",
    )
    for kind, name in ((envmix, "envmix"), (novelty, "novelty")):
        kind.add_argument("--esc50", type=Path, required=True, metavar="ROOT", help="ESC-50's root")
        kind.add_argument("--normal", type=_names, required=True, metavar="A,B", help="classes")
        kind.add_argument(
            "--heads", type=_names, default=["all"], metavar="A,B", help="heads, or all"
        )
        kind.add_argument(
            "--presets",
            type=_names,
            default=["published", "recommended"],
            metavar="A,B",
            help="published, recommended",
        )
        kind.add_argument("--backbone", default="aisfx", help="the network")
        kind.add_argument("--train-folds", type=_numbers, default=[1, 2, 3], metavar="1,2,3")
        kind.add_argument("--test-folds", type=_numbers, default=[4, 5], metavar="4,5")
        kind.add_argument("--seed", type=int, default=0, help="of mixes, fits and intervals")
        kind.add_argument("--out", type=Path, required=True, metavar="DIR", help="results' folder")
        arguments.add_progress(kind)
        kind.set_defaults(run=run, benchmark=name)
    envmix.add_argument("--anomaly", type=_names, required=True, metavar="A,B", help="classes")
    envmix.add_argument(
        "--snr", type=float, nargs="+", default=[6.0, 0.0, -6.0], metavar="DB", help="6 0 -6"
    )
    envmix.add_argument(
        "--compare-grouping",
        action="store_true",
        help="also measure false alarms of a calibration that ignores recordings",
    )


def run(given: argparse.Namespace) -> int:
    """Runs what is not finished yet and writes the tables."""
    from core.benchmark.envmix import run_envmix
    from core.benchmark.novelty import run_novelty
    from core.benchmark.protocol import Protocol
    from core.benchmark.results import write_results, write_text
    from core.benchmark.tables import envmix_tables, novelty_table
    from core.datasets.esc50 import esc50

    is_envmix = given.benchmark == "envmix"
    protocol = Protocol(
        normals=tuple(given.normal),
        anomalies=tuple(given.anomaly) if is_envmix else (),
        snr_db=tuple(given.snr) if is_envmix else (),
        train_folds=tuple(given.train_folds),
        test_folds=tuple(given.test_folds),
        seed=given.seed,
        compare_grouping=is_envmix and given.compare_grouping,
    )
    chosen = _candidates(given)
    recordings = esc50(given.esc50)
    folder = arguments.output_folder(given.out)
    progress = arguments.progress(given.progress)
    measure, tables = (run_envmix, envmix_tables) if is_envmix else (run_novelty, novelty_table)
    rows = measure(recordings, protocol, chosen, folder, progress)
    progress("Done", 1.0)
    configuration = {
        "benchmark": given.benchmark,
        "normals": given.normal,
        "anomalies": list(protocol.anomalies),
        "snr_db": list(protocol.snr_db),
        "train_folds": given.train_folds,
        "test_folds": given.test_folds,
        "seed": given.seed,
        "backbone": given.backbone,
        "candidates": [
            {"head": one.head, "preset": one.preset, "settings": one.settings} for one in chosen
        ],
    }
    write_results(folder, configuration, rows)
    text = tables(rows)
    write_text(folder / "results.md", text)
    print(text)
    return 0


def _candidates(given: argparse.Namespace) -> list[Candidate]:
    from core.benchmark.protocol import Candidate
    from core.detectors import HEADS
    from core.detectors.presets import preset_settings

    heads = list(HEADS) if given.heads == ["all"] else given.heads
    return [
        Candidate(head, preset, given.backbone, preset_settings(head, preset))
        for head in heads
        for preset in given.presets
    ]


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise argparse.ArgumentTypeError("names separated by commas are needed")
    return names


def _numbers(text: str) -> list[int]:
    try:
        return [int(number) for number in text.split(",")]
    except ValueError:
        raise SettingError(f"Folds are numbers separated by commas, not “{text}”.") from None
