"""`hearmap convert IN OUT`: annotations from one program's format into another's."""

from __future__ import annotations

import argparse
import dataclasses

from core.cli import arguments
from core.errors import SettingError
from core.exchange import BoxAnnotation
from core.exchange.formats import FORMATS, Format, format_named, format_of
from core.runtime.atomic_write import os_errors_as, write_file

HELP = "turn annotations of Audacity, Raven, JAMS or CSV into each other's format"
DESCRIPTION = (
    "Write the annotations of a file in another program's format: an Audacity label track, a Raven "
    "selection table, a JAMS file or a CSV file. The ends of the names say the formats; a file "
    "that is there is never overwritten."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments.

    Args:
        parser: the command's parser
    """
    endings = ", ".join(f"{one.suffix} ({one.title})" for one in FORMATS.values())
    names = "{" + ",".join(FORMATS) + "}"
    arguments.add_own(parser, {"source FILE": "annotations in any of the formats"})
    arguments.add_own(parser, {"out FILE": f"a new file: {endings}"})
    arguments.add_own(
        parser, {f"--from {names}": "the format of the first file"}, dest="source_format"
    )
    arguments.add_own(parser, {f"--to {names}": "the format of the second file"}, dest="out_format")
    recording = "only those of this recording; names it where the first file does not"
    arguments.add_own(parser, {"--recording NAME": recording})


def run(given: argparse.Namespace) -> int:
    """Convert one file.

    Args:
        given: the command's arguments

    Returns:
        The exit status.

    Raises:
        SettingError: the file cannot be read or makes no sense, or the other is there already.
    """
    with os_errors_as(SettingError, f"“{given.source}” cannot be read"):
        data = given.source.read_bytes()
    name = given.source.name
    source = FORMATS[given.source_format] if given.source_format else format_of(data, name)
    out = FORMATS[given.out_format] if given.out_format else format_named(given.out.name)
    chosen = _of_recording(source.read(data, name), given.recording)
    _check_one_recording(chosen, out)
    with os_errors_as(SettingError, f"“{given.out}” cannot be written"):
        if given.out.exists() or given.out.is_symlink():
            raise SettingError(f"“{given.out}” is there already; choose another name.")
    write_file(given.out, out.write(chosen))
    noun = "annotation" if len(chosen) == 1 else "annotations"
    print(f"{len(chosen)} {noun}, {source.title} to {out.title}; {given.out}")
    return 0


def _of_recording(found: list[BoxAnnotation], recording: str | None) -> list[BoxAnnotation]:
    if recording is None:
        return found
    if not any(one.recording for one in found):
        return [dataclasses.replace(one, recording=recording) for one in found]
    chosen = [one for one in found if f"/{one.recording}".endswith(f"/{recording}")]
    if not chosen:
        raise SettingError(f"There is no annotation of “{recording}”.")
    _check_distinct(chosen, recording)
    return chosen


def _check_distinct(chosen: list[BoxAnnotation], recording: str) -> None:
    names = sorted({one.recording for one in chosen})
    if len(names) > 1:
        raise SettingError(
            f"“{recording}” is the name of {len(names)} recordings, “{names[0]}” and "
            f"“{names[1]}” among them; give one of them with its folders."
        )


def _check_one_recording(chosen: list[BoxAnnotation], out: Format) -> None:
    names = {one.recording for one in chosen}
    if out.of_one_recording and len(names) > 1:
        raise SettingError(
            f"{out.title} has a file for each recording, and these are annotations of "
            f"{len(names)}; choose one with --recording, or write Raven or CSV."
        )
