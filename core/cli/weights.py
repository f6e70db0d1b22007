"""`hearmap weights list | fetch NAME | add NAME FILE`."""

from __future__ import annotations

import argparse
import contextlib

from core.cli import arguments, terminal

# The catalogue is imported where it is used: `hearmap --help` does not wait for NumPy.

HELP = "the networks' weights: list, fetch, add"
DESCRIPTION = "The networks' weights: what there is, what is here, fetching and adding."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments.

    Args:
        parser: the command's parser
    """
    actions = parser.add_subparsers(metavar="list|fetch|add", required=True)
    accept = "you have read the licence of these weights and accept it, where one must be"
    actions.add_parser("list", help="what there is and what is here").set_defaults(run=run_list)
    fetching = actions.add_parser("fetch", help="download, check and save")
    environment = "save them with this Python environment, for every HEARMAP_HOME"
    arguments.add_own(fetching, {"name NAME": "as hearmap weights list has it"})
    arguments.add_own(fetching, {"--into-environment": environment, "--accept-licence": accept})
    arguments.add(fetching, "--progress")
    fetching.set_defaults(run=run_fetch)
    adding = actions.add_parser("add", help="check and save a file you brought")
    arguments.add_own(adding, {"name NAME": "as hearmap weights list has it"})
    arguments.add_own(adding, {"file FILE": "the file", "--accept-licence": accept})
    adding.set_defaults(run=run_add)


def run_list(given: argparse.Namespace) -> int:
    """Print each file of weights with its source, licence and whether it is here.

    Args:
        given: the command's arguments

    Returns:
        The exit status.
    """
    from core.backbones.weights import catalogue, store
    from core.errors import WeightsError

    for file in catalogue.WEIGHTS.values():
        here = catalogue.find(file.name)
        size = f"{'' if file.size_is_exact else 'about '}{file.size_bytes / 1e6:,.1f} MB"
        md5 = f"MD5 {file.md5}" if file.md5 else "no MD5"
        known = f"sha256 {file.sha256}" if file.sha256 else f"{md5}, sha256 not told"
        source = f" ({file.hash_source})" if file.hash_source else ""
        print(f"{file.name}: {file.title}")
        print(f"  {size}, {file.licence}, {known}{source}")
        print(f"  published as {file.published}")
        if file.needs:
            print(f"  needs {file.needs}")
        if here and file.sha256:
            print(f"  here: {here}")
        elif here:
            made_of = "unknown"
            with contextlib.suppress(WeightsError):
                made_of = catalogue.source_sha256(file.name)
            print(f"  here: {here}, made of a file with sha256 {made_of}")
        elif file.browser_page:
            print(f"  not here; {catalogue.without_network(file)}")
        else:
            part = store.downloaded_bytes(file.name)
            begun = f" ({part / 1e6:,.1f} MB of it are here already)" if part else ""
            accept = " --accept-licence" if file.must_accept else ""
            print(f"  not here; run: hearmap weights fetch {file.name}{accept}{begun}")
    return 0


def run_fetch(given: argparse.Namespace) -> int:
    """Download, check and save weights, unless they are here already.

    Args:
        given: the command's arguments

    Returns:
        The exit status.
    """
    from core.backbones.weights import store

    path = store.fetch(
        given.name,
        progress=terminal.progress(given.progress),
        into_environment=given.into_environment,
        accept_licence=given.accept_licence,
    )
    print(f"{given.name} is here: {path}")
    return 0


def run_add(given: argparse.Namespace) -> int:
    """Check and save weights from a file.

    Args:
        given: the command's arguments

    Returns:
        The exit status.
    """
    from core.backbones.weights import store

    path = store.add(given.name, given.file, accept_licence=given.accept_licence)
    print(f"{given.name} is here: {path}")
    return 0
