"""What every benchmark asks for: which detectors, how many processes, where the results go."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.cli import arguments
from core.errors import SettingError
from core.runtime.legible import legible
from core.runtime.output_files import check_output_folder

if TYPE_CHECKING:
    from core.evaluation.benchmarks.results import Measured
    from core.evaluation.candidate import Candidate

# What a benchmark writes into folders of its own: names made of hashes, never written twice.
WITHIN = {
    "parts": r"[0-9a-f]{20}\.json",
    "stems": r"\d{5,}-[0-9a-f]{8}\.(mix|event|background)\.wav",
    "checkpoints": r"[a-z]+-[0-9a-f]{16}",
}


def add_shared(parser: argparse.ArgumentParser, *, backbone: str | None = "aisfx") -> None:
    """Add what every benchmark asks for: detectors, seed, processes, the results' folder.

    Args:
        parser: The benchmark's parser.
        backbone: The network where none is named; None for each head's usual one.
    """
    parser.add_argument("--heads", type=names, default=["all"], metavar="A,B", help="heads, or all")
    presets = ["published", "recommended"]
    which = f"{', '.join(presets)}; anopatch also has small, for a CPU"
    parser.add_argument("--presets", type=names, default=presets, metavar="A,B", help=which)
    network = "the network, by default a head's usual one"
    parser.add_argument("--backbone", default=backbone, help=network)
    of_all = "of mixes, fits and intervals"
    parser.add_argument("--seed", type=arguments.seed, default=0, help=of_all)
    processes = "processes, about 1 GB each (as many as cores where that pays)"
    parser.add_argument("--jobs", type=at_least_one, metavar="N", help=processes)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="results' folder")
    arguments.add(parser, "--progress")


def candidates(given: argparse.Namespace) -> list[Candidate]:
    """List every head with every preset that was asked for.

    Args:
        given: The command's arguments.

    Returns:
        The candidates, heads in the order given.

    Raises:
        SettingError: a head or preset is unknown.
    """
    from core.detectors.registry import DEFAULT_BACKBONE, heads_for, usable_backbone
    from core.evaluation.candidate import Candidate

    # Of all heads those that the network suits, of those named each with a network of its own.
    heads = heads_for(given.backbone or DEFAULT_BACKBONE) if given.heads == ["all"] else given.heads
    return [
        Candidate.of(head, preset, usable_backbone(head, given.backbone))
        for head in heads
        for preset in given.presets
    ]


def configuration(given: argparse.Namespace, chosen: list[Candidate]) -> dict[str, Any]:
    """Describe what makes a run repeatable.

    Args:
        given: The command's arguments.
        chosen: The candidates.

    Returns:
        Every option as it was given and each candidate's settings, as plain JSON.
    """
    left_out = {"run", "out", "progress", "jobs", "heads", "presets"}
    options = {
        name: legible(str(value)) if isinstance(value, Path) else value
        for name, value in sorted(vars(given).items())
        if name not in left_out
    }
    return options | {"candidates": [dataclasses.asdict(one) for one in chosen]}


def results_folder(given: argparse.Namespace) -> Path:
    """Make the folder of the results, if need be; one that is there must be of an earlier run.

    Args:
        given: The command's arguments.

    Returns:
        The folder.

    Raises:
        SettingError: it holds something that HearMap did not write, or cannot be a folder.
    """
    check_output_folder(given.out, within=WITHIN)
    return arguments.output_folder(given.out)


def finish(
    given: argparse.Namespace, chosen: list[Candidate], measured: Measured, tables: str
) -> int:
    """Write the results of a benchmark into its folder and print its tables.

    Args:
        given: The command's arguments.
        chosen: The candidates that were measured.
        measured: What they gave.
        tables: What people read, in Markdown.

    Returns:
        The command's exit status.

    Raises:
        SettingError: others have written into the folder meanwhile.
        StoreError: the folder cannot be written.
    """
    from core.evaluation.benchmarks.results import write_results

    check_output_folder(given.out, within=WITHIN)
    write_results(given.out, configuration(given, chosen), measured, tables)
    print(tables)
    return 0


def names(text: str) -> list[str]:
    """Split names between commas.

    Args:
        text: What was given.

    Returns:
        At least one name.

    Raises:
        ArgumentTypeError: there is none.
    """
    found = arguments.names(text)
    if not found:
        raise argparse.ArgumentTypeError("names separated by commas are needed")
    return found


def at_least_one(text: str) -> int:
    """Read a number of processes.

    Args:
        text: What was given.

    Returns:
        The number.

    Raises:
        ArgumentTypeError: it is no whole number of 1 or more.
    """
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("the number of processes is 1 or more")
    return int(text)


def numbers(text: str) -> list[int]:
    """Split folds between commas.

    Args:
        text: What was given.

    Returns:
        The numbers.

    Raises:
        SettingError: one is no whole number.
    """
    try:
        return [int(number) for number in text.split(",")]
    except ValueError:
        raise SettingError(f"Folds are numbers separated by commas, not “{text}”.") from None
