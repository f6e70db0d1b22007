"""`hearmap weights list | fetch NAME | add NAME FILE`."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.cli import arguments


def add_to(commands: arguments.Commands) -> None:
    """The command's arguments."""
    parser = commands.add_parser(
        "weights",
        help="the networks' weights: list, fetch, add",
        description="The networks' weights: what there is, what is here, fetching and adding.",
    )
    actions = parser.add_subparsers(metavar="list|fetch|add", required=True)
    listing = actions.add_parser("list", help="what there is and what is here")
    listing.set_defaults(run=run_list)
    fetching = actions.add_parser("fetch", help="download, check and keep")
    fetching.add_argument("name", metavar="NAME")
    fetching.add_argument(
        "--into-environment",
        action="store_true",
        help="keep them with this Python environment, for every HEARMAP_HOME",
    )
    arguments.add_progress(fetching)
    fetching.set_defaults(run=run_fetch)
    adding = actions.add_parser("add", help="check and keep a file you brought")
    adding.add_argument("name", metavar="NAME")
    adding.add_argument("file", type=Path, metavar="FILE")
    adding.set_defaults(run=run_add)


def run_list(given: argparse.Namespace) -> int:
    """Prints each file of weights with its source, licence and whether it is here."""
    from core.backbones import weights

    for file in weights.list_weights():
        here = weights.find(file.name)
        print(f"{file.name}: {file.title}")
        print(f"  {file.size_bytes / 1e6:.1f} MB, {file.licence}, sha256 {file.sha256}")
        print(f"  published as {file.published}")
        print(f"  here: {here}" if here else f"  not here; run: hearmap weights fetch {file.name}")
    return 0


def run_fetch(given: argparse.Namespace) -> int:
    """Downloads, checks and keeps weights, unless they are here already."""
    from core.backbones import weights

    progress = arguments.progress(given.progress)
    path = weights.fetch(given.name, progress=progress, into_environment=given.into_environment)
    print(f"{given.name} is here: {path}")
    return 0


def run_add(given: argparse.Namespace) -> int:
    """Checks and keeps weights from a file."""
    from core.backbones import weights

    print(f"{given.name} is here: {weights.add(given.name, given.file)}")
    return 0
