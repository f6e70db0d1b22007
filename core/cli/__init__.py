"""The `hearmap` command: fit, score, calibrate, explain, report, rank, convert and others.

Results go to standard output, progress and remarks to standard error. Exit status: 0 well,
1 a problem, in one line, 2 bad arguments or a data set that is not as published, 3 some
recordings could not be read (the others were scored), 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from core.cli import bench, calibrate, convert, explain, fit, layers, rank, report, score, weights
from core.cli.terminal import one_line
from core.errors import DataSetError, HearMapError, SettingError
from core.runtime.atomic_write import error_reason

LONGEST_NAME = 200
COMMANDS = (fit, score, calibrate, explain, report, rank, layers, convert, weights, bench)


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints are one line."""

    def error(self, message: str) -> NoReturn:
        """End the program with a complaint.

        Args:
            message: what is wrong with the arguments
        """
        self.exit(2, f"hearmap: {one_line(message)} (see {self.prog} --help)\n")


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command line; a command is one module of this package.

    Returns:
        The parser.
    """
    top = _Parser(
        prog="hearmap",
        description="See and hear where a recording differs from the normal ones you supplied.",
    )
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        name = command.__name__.rpartition(".")[2]
        own = commands.add_parser(name, help=command.HELP, description=command.DESCRIPTION)
        own.set_defaults(run=getattr(command, "run", None))
        command.add_arguments(own)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; no traceback reaches the user.

    Args:
        arguments: those of the command line, by default this process's

    Returns:
        The exit status.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by whoever started this
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        # A file name that the terminal's encoding lacks must not end a run.
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        given = parser().parse_args(arguments)
        status: int = given.run(given)
        sys.stdout.flush()
        return status
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 1
    except KeyboardInterrupt:
        return _said("stopped; nothing half-done was saved.", 130)
    except BrokenPipeError:
        # The reader went away (`| head`): Python must not try to flush again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 141
    except MemoryError:
        return _said("there is not enough memory for this; try fewer or shorter recordings.", 1)
    except HearMapError as error:
        return _said(error, 2 if isinstance(error, (SettingError, DataSetError)) else 1)
    except OSError as error:
        try:
            sys.stdout.flush()
        except OSError:
            # The disk that it goes to is full: Python must not try to flush again at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return _said(_sentence(error), 1)


def _sentence(error: OSError) -> str:
    name = str(error.filename or "")
    name = name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…"
    where = f" “{name}”" if name else ""
    return f"The system refused{where}: {error_reason(error)}."


def _said(problem: object, status: int) -> int:
    print(f"hearmap: {one_line(str(problem))}", file=sys.stderr)
    return status
