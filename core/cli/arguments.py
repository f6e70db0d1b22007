"""Arguments that several commands share, and what is printed for people."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from core.errors import SettingError
from core.runtime.progress import Progress, silent, smoothed_seconds_left

if TYPE_CHECKING:
    from core.audio import Channel


_OWN_OPTIONS = {"head", "backbone", "seed", "device", "precision", "false_alarm_rate"}


class Commands(Protocol):
    """What `add_subparsers` gives, as far as it is used."""

    def add_parser(self, name: str, **options: Any) -> argparse.ArgumentParser:
        """A parser of one command."""


class HeadNames:
    """The heads' names for `--help`, read only there: they wait for PyTorch.

    Any name passes here; the engine refuses an unknown one in a sentence of its own.
    """

    def __contains__(self, name: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        from core.detectors.presets import RECOMMENDED_HEAD
        from core.detectors.registry import HEADS

        return (f"{name} (default)" if name == RECOMMENDED_HEAD else name for name in HEADS)


def add_grouping(parser: argparse.ArgumentParser) -> None:
    """`--group-by`."""
    parser.add_argument(
        "--group-by",
        metavar="RULE",
        default="file",
        help="which clips were cut from one recording: file (default), folder, prefix or field:N",
    )


def add_device(parser: argparse.ArgumentParser) -> None:
    """`--device`."""
    parser.add_argument("--device", default="auto", help="auto (default), cpu or cuda")


def add_precision(parser: argparse.ArgumentParser) -> None:
    """`--precision`."""
    parser.add_argument(
        "--precision",
        default="float32",
        metavar="NAME",
        help="of the network's arithmetic: float32 (default), or bfloat16, which is faster on GPUs "
        "and on processors made for it",
    )


def add_channel(parser: argparse.ArgumentParser) -> None:
    """`--channel`."""
    parser.add_argument(
        "--channel",
        default="0",
        metavar="N|mean",
        help="channel of the recordings, from 0, or mean",
    )


def add_rate(parser: argparse.ArgumentParser, default: float | None) -> None:
    """`--false-alarm-rate`."""
    shown = "that of the model" if default is None else f"{default:g}"
    parser.add_argument(
        "--false-alarm-rate",
        type=float,
        default=default,
        metavar="RATE",
        help=f"share of normal clips that may be called unlike (default: {shown})",
    )


def add_progress(parser: argparse.ArgumentParser) -> None:
    """`--progress`."""
    parser.add_argument(
        "--progress",
        choices=("auto", "lines", "off"),
        default="auto",
        help="auto: on a terminal only; lines: a line a step, also into a file",
    )


def channel(text: str) -> Channel:
    """The channel that was asked for.

    Raises:
        SettingError: neither a number from 0 nor `mean`.
    """
    if text == "mean":
        return "mean"
    if text.isdecimal():
        return int(text)
    raise SettingError(f"--channel is a number from 0 or mean, not “{text}”.")


def groups(files: Sequence[Path], paths: Sequence[Path], rule: str) -> dict[Path, str] | None:
    """The recording each file was cut from; None leaves it to the sound, as `Detector.fit` does.

    A file of a folder that was given goes by its place in that folder, and with several folders
    also by the folder's own name.

    Raises:
        SettingError: there is no such rule.
    """
    from core.audio.name_rules import group_by

    names = _names_within(files, paths)
    by_file = dict(zip(files, group_by(names, rule), strict=True))
    return None if rule == "file" else by_file


def labels(files: Sequence[Path], paths: Sequence[Path], rule: str | None) -> dict[Path, str]:
    """The class of each file by a rule of `core.audio.name_rules`; none where there is no rule.

    Raises:
        SettingError: there is no such rule, or it finds no class for a file.
    """
    if rule is None:
        return {}
    from core.audio.name_rules import class_by

    return dict(zip(files, class_by(_names_within(files, paths), rule), strict=True))


def names(text: str) -> list[str]:
    """Names between commas.

    >>> names("padim, cfa")
    ['padim', 'cfa']
    """
    return [name.strip() for name in text.split(",") if name.strip()]


def settings(pairs: list[str]) -> dict[str, str]:
    """`name=value` pairs by name; the head checks names and values.

    Raises:
        SettingError: a pair has no name or no equals sign.
    """
    named = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        name = name.strip().replace("-", "_")
        if not equals or not name.isidentifier():
            raise SettingError(f"--set takes name=value, not “{pair}”.")
        if name in _OWN_OPTIONS:
            raise SettingError(f"{name} is no setting of a head; use --{name.replace('_', '-')}.")
        named[name] = value.strip()
    return named


def output_folder(path: Path) -> Path:
    """A folder to write results into, made if need be.

    Raises:
        SettingError: it cannot be one.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingError(f"--out “{path}” cannot be a folder: {error.strerror}.") from None
    return path


def progress(kind: str) -> Progress:
    """Progress on standard error: a line that is drawn over, or a line a step, or nothing."""
    if kind == "lines":
        return _Lines()
    return _Bar() if kind == "auto" and sys.stderr.isatty() else silent


def remark(text: str) -> None:
    """A line on standard error."""
    print(f"hearmap: {one_line(text)}", file=sys.stderr, flush=True)


def one_line(text: str) -> str:
    r"""The text without line breaks or other control characters.

    >>> one_line("a\nb\x1b[2J")
    'a b [2J'
    """
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _names_within(files: Sequence[Path], paths: Sequence[Path]) -> list[str]:
    """Each file's place in the folder that was given, with several also that folder's name."""
    folders = [path for path in paths if path.is_dir()]
    names = []
    for file in files:
        folder = next((folder for folder in folders if file.is_relative_to(folder)), file.parent)
        name = file.relative_to(folder)
        names.append(str(Path(folder.name, name) if len(folders) > 1 else name))
    return names


class _Clock:
    """How long work will still take, as a few words, from the fractions it has told."""

    def __init__(self) -> None:
        self._started = self._told = time.monotonic()
        self._first: float | None = None
        self._seconds_left: float | None = None

    def left(self, fraction: float) -> str:
        """Such as ", 4 min left"; nothing while it cannot be told."""
        now = time.monotonic()
        if self._first is None:
            # What an earlier run had finished says nothing of how fast this one goes.
            self._first, self._started = fraction, now
        done = (fraction - self._first) / max(1e-9, 1.0 - self._first)
        self._seconds_left = smoothed_seconds_left(
            self._seconds_left, now - self._told, now - self._started, done
        )
        self._told = now
        if self._seconds_left is None or fraction >= 1.0:
            return ""
        minutes = self._seconds_left / 60
        return f", {minutes:.0f} min left" if minutes >= 1.5 else f", {60 * minutes:.0f} s left"


class _Lines:
    """A line at each new stage, and at most one a second within a stage."""

    def __init__(self) -> None:
        self._stage, self._next = "", 0.0
        self._clock = _Clock()

    def __call__(self, stage: str, fraction: float) -> None:
        now = time.monotonic()
        if now >= self._next or (fraction >= 1.0 and stage != self._stage):
            self._stage, self._next = stage, now + 1.0
            left = self._clock.left(fraction)
            print(f"{fraction:4.0%}{left} {one_line(stage)}", file=sys.stderr, flush=True)


class _Bar:
    """One line of a terminal, drawn over at most ten times a second and cleared at the end."""

    def __init__(self) -> None:
        self._next = 0.0
        self._clock = _Clock()

    def __call__(self, stage: str, fraction: float) -> None:
        now = time.monotonic()
        if fraction >= 1.0:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
        elif now >= self._next:
            self._next = now + 0.1
            filled = round(20 * fraction)
            bar = "#" * filled + "." * (20 - filled)
            left = self._clock.left(fraction)
            line = f"\r\x1b[K{bar} {fraction:4.0%}{left} {one_line(stage)[:42]}"
            print(line, end="", file=sys.stderr, flush=True)
