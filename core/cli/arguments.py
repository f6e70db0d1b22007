"""Arguments that several commands share."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.cli import terminal
from core.errors import AudioError, SettingError

# Imports wait in the functions that need them: `hearmap --help` and light commands start without
# PyTorch.
if TYPE_CHECKING:
    from core.audio import Channel
    from core.detectors.detector import Detector
    from core.types import Clip
    from core.workflows.source import FileSource

_OWN_OPTIONS = {"head", "backbone", "seed", "device", "precision", "false_alarm_rate"}


class HeadNames:
    """The heads' names for `--help`, read only there: they wait for PyTorch.

    Any name passes here; the engine refuses an unknown one in a sentence of its own.
    """

    def __contains__(self, name: object) -> bool:
        """Take any name.

        Returns:
            Always true.
        """
        return True

    def __iter__(self) -> Iterator[str]:
        """Name the heads.

        Returns:
            The names, the default marked.
        """
        from core.detectors.presets import RECOMMENDED_HEAD
        from core.detectors.registry import HEADS

        return (f"{name} (default)" if name == RECOMMENDED_HEAD else name for name in HEADS)


# What `add` takes. Defaults that are not the same everywhere are set by `set_defaults`.
_ARGUMENTS: dict[str, dict[str, Any]] = {
    "model": {"type": Path, "metavar": "MODEL", "help": "a folder made by hearmap fit"},
    "paths": {"nargs": "+", "type": Path, "metavar": "PATH", "help": "files or folders"},
    "--head": {
        "choices": HeadNames(),
        "metavar": "NAME",
        "help": "the anomaly algorithm: %(choices)s",
    },
    "--preset": {
        "default": "recommended",
        "metavar": "NAME",
        "help": "the head's settings: recommended (default), or published, as in its own paper; "
        "anopatch also has small, published but for a CPU",
    },
    "--backbone": {
        "metavar": "NAME",
        "help": "the network, one whose weights are here (hearmap weights); by default aisfx, for "
        "anopatch beats (or beats-small)",
    },
    "--seed": {"type": int, "default": 0, "help": "makes the results repeatable"},
    "--json": {
        "action": "store_true",
        "help": "print JSON; hearmap score prints an object a line",
    },
    "--group-by": {
        "metavar": "RULE",
        "default": "file",
        "help": "which clips were cut from one recording: file (default), folder, prefix or "
        "field:N",
    },
    "--false-alarm-rate": {
        "type": float,
        "metavar": "RATE",
        "help": "share of normal clips that may be called anomalous (default: that of the model, "
        "0.05 for a new one)",
    },
    "--channel": {
        "default": "0",
        "metavar": "N|mean",
        "help": "channel of the recordings, from 0, or mean",
    },
    "--device": {"default": "auto", "help": "auto (default), cpu or cuda"},
    "--precision": {
        "default": "float32",
        "metavar": "NAME",
        "help": "of the network's arithmetic: float32 (default), or bfloat16, which is faster on "
        "GPUs and on processors made for it",
    },
    "--progress": {
        "choices": ("auto", "lines", "off"),
        "default": "auto",
        "help": "auto: on a terminal only; lines: a line a step, also into a file",
    },
}


def add(parser: argparse.ArgumentParser, *names: str) -> None:
    """Add arguments that several commands share.

    Args:
        parser: the command's parser
        names: names of `_ARGUMENTS`
    """
    for name in names:
        parser.add_argument(name, **_ARGUMENTS[name])


def channel(text: str) -> Channel:
    """Read `--channel`.

    Args:
        text: what was given

    Returns:
        The channel.

    Raises:
        SettingError: it is neither a number from 0 nor `mean`.
    """
    if text == "mean":
        return "mean"
    if text.isdecimal():
        return int(text)
    raise SettingError(f"--channel is a number from 0 or mean, not “{text}”.")


def load_detector(given: argparse.Namespace) -> Detector:
    """Load MODEL at the false-alarm rate that was asked for.

    Args:
        given: the command's arguments, with model, device and false_alarm_rate

    Returns:
        The detector.

    Raises:
        ModelError: the model cannot be loaded.
        SettingError: the rate is not between 0 and 1.
    """
    from core.detectors.detector import Detector

    detector = Detector.load(given.model, device=given.device)
    if given.false_alarm_rate is not None:
        detector.false_alarm_rate = given.false_alarm_rate
    return detector


def sources(
    paths: Sequence[Path], group_rule: str = "file", class_rule: str | None = None
) -> list[FileSource]:
    """Find the recordings under the paths, each with its group and its class.

    A file of a folder that was given goes by its place in that folder, and with several folders
    also by the folder's own name.

    Args:
        paths: files and folders
        group_rule: a group rule of `core.audio.name_rules`; “file” leaves the group to the sound
        class_rule: a class rule of it, or None where there are no classes

    Returns:
        The recordings, in the order of their names.

    Raises:
        AudioError: a path is not there, or holds no audio.
        SettingError: there is no such rule, or it finds no class for a file.
    """
    from core.audio import find_audio
    from core.audio.name_rules import class_by, group_by
    from core.workflows.source import FileSource

    files = find_audio(paths)
    folders = [path for path in paths if path.is_dir()]
    names = []
    for file in files:
        folder = next((folder for folder in folders if file.is_relative_to(folder)), file.parent)
        name = file.relative_to(folder)
        names.append(str(Path(folder.name, name) if len(folders) > 1 else name))
    groups = group_by(names, group_rule)
    classes = [""] * len(files) if class_rule is None else class_by(names, class_rule)
    return [
        FileSource(path=file, group=None if group_rule == "file" else group, class_name=class_name)
        for file, group, class_name in zip(files, groups, classes, strict=True)
    ]


def readable(
    chosen: Sequence[FileSource], channel: Channel, sample_rate: int
) -> Iterator[tuple[FileSource, Clip]]:
    """Read recordings; those that cannot be read are named on standard error.

    Args:
        chosen: the recordings
        channel: one channel, from 0, or “mean”
        sample_rate: the rate they are resampled to, in Hz

    Yields:
        Each recording that can be read, with its clip.
    """
    for source in chosen:
        try:
            clip = source.read(channel, sample_rate)
        except AudioError as error:
            terminal.remark(f"left out: {error}")
        else:
            yield source, clip


def names(text: str) -> list[str]:
    """Split names between commas.

    Args:
        text: what was given

    Returns:
        The names.

    >>> names("padim, cfa")
    ['padim', 'cfa']
    """
    return [name.strip() for name in text.split(",") if name.strip()]


def settings(pairs: list[str]) -> dict[str, str]:
    """Read `name=value` pairs.

    Args:
        pairs: what was given

    Returns:
        Values by name; the head checks both.

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
    """Make a folder to write results into, if need be.

    Args:
        path: what was given

    Returns:
        The folder.

    Raises:
        SettingError: it cannot be one.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingError(f"--out “{path}” cannot be a folder: {error.strerror}.") from None
    return path
