"""Arguments that several commands share."""

from __future__ import annotations

import argparse
import dataclasses
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.cli import terminal
from core.errors import AudioError, SettingError
from core.runtime.legible import legible

# Imports wait in the functions that need them: `hearmap --help` and light commands start without
# PyTorch.
if TYPE_CHECKING:
    from core.audio import ChannelChoice
    from core.detectors.detector import Detector
    from core.types import Clip
    from core.workflows.source import FileSource

_OWN_OPTIONS = {
    name: f"--{name.replace('_', '-')}"
    for name in ("head", "backbone", "seed", "device", "precision", "false_alarm_rate")
} | {"level_counts": "--same-microphone"}


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


# Help by usage, for `add`. Defaults that are not the same everywhere are set by `set_defaults`.
_SHARED = {
    "model MODEL": "a folder made by hearmap fit",
    "paths PATH...": "files or folders",
    "--head NAME": "the anomaly algorithm: %(choices)s",
    "--preset NAME recommended": "the head's settings: recommended (default), or published, "
    "as in its own paper; anopatch also has small, published but for a CPU",
    "--backbone NAME": "the network, one whose weights are here (hearmap weights); by default "
    "aisfx, for anopatch beats (or beats-small)",
    "--seed SEED 0": "makes the results repeatable",
    "--json": "print JSON; hearmap score prints an object a line",
    "--group-by RULE file": "which clips were cut from one recording: file (default), folder, "
    "prefix or field:N",
    "--false-alarm-rate RATE": "share of normal clips that may be called anomalous (default: that "
    "of the model, 0.05 for a new one)",
    "--channel CHANNEL": "channel of the recordings: a number from 0, mean, or loudest (of each "
    "recording that of the highest level); by default that of the model, 0 for a new one",
    "--device DEVICE auto": "auto (default), cpu or cuda",
    "--precision NAME float32": "of the network's arithmetic: float32 (default), or bfloat16, "
    "which is faster on GPUs and on processors made for it",
    "--progress {auto,lines,off} auto": "auto: on a terminal only; lines: a line a step, also into "
    "a file",
}


def channel(text: str) -> ChannelChoice:
    """Read `--channel`.

    Args:
        text: what was given

    Returns:
        The channel.

    Raises:
        SettingError: it is none.
    """
    from core.audio.channels import channel_choice

    try:
        return channel_choice(text)
    except SettingError:
        raise SettingError(
            f"--channel is a number from 0, mean or loudest, not “{text}”; hearmap score also "
            "takes each."
        ) from None


def seed(text: str) -> int:
    """Read `--seed`.

    Args:
        text: what was given

    Returns:
        The seed.

    Raises:
        SettingError: it is no whole number, or out of range.
    """
    from core.detectors.settings import HIGHEST_SEED, checked_seed

    try:
        return checked_seed(int(text))
    except ValueError:
        raise SettingError(
            f"A seed is a whole number from 0 to {HIGHEST_SEED}, not “{text}”."
        ) from None


# What a value is, by its metavar; others are texts.
_TYPES: dict[str, Callable[[str], object]] = {
    "RATE": float,
    "CHANNEL": channel,
    "N": int,
    "SEED": seed,
    "TEXT": legible,
    **dict.fromkeys(("MODEL", "PATH", "DIR", "ROOT", "FILE", "CSV", "CLIP"), Path),
}


def add(parser: argparse.ArgumentParser, *names: str) -> None:
    """Add arguments that several commands share.

    Args:
        parser: the command's parser
        names: such as “paths” or “--seed”
    """
    for usage, about in _SHARED.items():
        name = usage.split()[0]
        if name in names:
            more = {"choices": HeadNames()} if name == "--head" else {}
            add_own(parser, {usage: about}, **more)


def add_own(parser: argparse._ActionsContainer, options: Mapping[str, str], **more: Any) -> None:
    """Add arguments of one command.

    Args:
        parser: the command's parser, or a group of it
        options: help by usage: “--out DIR”, “paths PATH...” for one or more, “--json” for a flag,
            “--progress {auto,off} auto” for a choice and its default, “--class-by/--label-by RULE”
            for two names. The metavar says the type: PATH, DIR, ROOT, FILE, CSV, CLIP and MODEL are
            paths, N and SEED whole numbers, RATE any number
        more: what else `add_argument` takes, for each of them
    """
    for usage, about in options.items():
        names, *value_and_default = usage.split()
        metavar, default = (*value_and_default, None, None)[:2]
        value: dict[str, Any] = {"default": default}
        if metavar is None:
            value = {"action": "store_true"}
        elif metavar.startswith("{"):
            value["choices"] = metavar[1:-1].split(",")
        else:
            name = metavar.removesuffix("...")
            n_values = None if name == metavar else "+"
            value |= {"metavar": name, "type": _TYPES.get(name, str), "nargs": n_values}
        parser.add_argument(*names.split("/"), help=about, **(value | more))


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
    paths: Sequence[Path],
    group_rule: str = "file",
    class_rule: str | None = None,
    *,
    note: Callable[[Path, str], None] | None = None,
) -> list[FileSource]:
    """Find the recordings under the paths, each with its name, its group and its class.

    Args:
        paths: files and folders
        group_rule: a group rule of `core.audio.name_rules`; “file” leaves the group to the sound
        class_rule: a class rule of it, or None where there are no classes
        note: is told of each path that gives no recording, and of each folder that cannot be
            searched, with a sentence; by default the first is an error, and standard error names
            the second

    Returns:
        The recordings, in the order of their names.

    Raises:
        AudioError: there is no `note`, and a path is not there, or holds no audio.
        SettingError: there is no such rule, or it finds no class for a file.
    """
    from core.audio import find_audio
    from core.audio.name_rules import class_by, group_by
    from core.workflows.source import FileSource

    def left_out(path: Path, sentence: str) -> None:
        if path in paths:
            raise AudioError(sentence)
        terminal.remark(f"left out: {sentence}")

    files = find_audio(paths, note or left_out)
    names = _names_below(files, paths)
    groups = group_by(names, group_rule)
    classes = [""] * len(files) if class_rule is None else class_by(names, class_rule)
    found = [
        FileSource(path=file, group=None if group_rule == "file" else group, class_name=class_name)
        for file, group, class_name in zip(files, groups, classes, strict=True)
    ]
    return named(found, paths)


def named(found: Sequence[FileSource], paths: Sequence[Path]) -> list[FileSource]:
    """Name recordings so that no two have one name.

    A file of a folder that was given goes by its place in that folder, and with several folders
    also by the folder's own name. Files that would have one name go by their place below the
    innermost folder that all paths share.

    Args:
        found: the recordings
        paths: all files and folders that were given

    Returns:
        The recordings in their order, with names.
    """
    files = [source.path for source in found]
    names = _names_below(files, paths)
    counts = Counter(names)
    try:
        shared = os.path.commonpath([file.parent.absolute() for file in files])
    except ValueError:  # there is none, or they lie on several drives
        shared = os.path.abspath(os.sep)
    return [
        dataclasses.replace(
            source, name=name if counts[name] == 1 else _relative(source.path, shared)
        )
        for source, name in zip(found, names, strict=True)
    ]


def _names_below(files: Sequence[Path], paths: Sequence[Path]) -> list[str]:
    # Places of files in the folders that were given.
    folders = [path for path in paths if os.path.isdir(path)]
    names = []
    for file in files:
        folder = next((folder for folder in folders if file.is_relative_to(folder)), file.parent)
        name = file.relative_to(folder)
        names.append(legible(str(Path(folder.name, name) if len(folders) > 1 else name)))
    return names


def _relative(file: Path, folder: str) -> str:
    return legible(Path(os.path.relpath(file.absolute(), folder)).as_posix())


def readable(
    chosen: Sequence[FileSource], channel: ChannelChoice, sample_rate: int
) -> Iterator[tuple[FileSource, Clip]]:
    """Read recordings; standard error has the warnings, and names those that cannot be read.

    Args:
        chosen: the recordings
        channel: one channel, from 0, “mean” or “loudest”
        sample_rate: the rate they are resampled to, in Hz

    Yields:
        Each recording that can be read, with its clip.
    """
    from core.workflows.grouped_warnings import grouped_warnings

    warned: list[tuple[str, tuple[str, ...]]] = []
    for source in chosen:
        try:
            clip, info = source.read(channel, sample_rate)
        except AudioError as error:
            terminal.remark(f"left out: {error}")
        else:
            warned.append((source.shown, info.warnings))
            yield source, clip
    for sentence in grouped_warnings(warned, len(warned)):
        terminal.remark(sentence)


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
            raise SettingError(f"{name} is no setting of a head; use {_OWN_OPTIONS[name]}.")
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
