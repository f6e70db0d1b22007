"""Finding recordings: files by name, and folders searched through, whatever else lies there."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from core.audio.source import shown_name
from core.errors import AudioError
from core.runtime.atomic_write import error_reason

AUDIO_EXTENSIONS = (
    *(".wav", ".wave", ".rf64", ".w64", ".aiff", ".aif", ".aifc", ".au", ".snd", ".caf"),
    *(".flac", ".ogg", ".oga", ".opus", ".mp3", ".mp2", ".aac", ".m4a", ".3gp", ".amr"),
    *(".wma", ".asf", ".ac3", ".mp4", ".m4v", ".mov", ".mkv", ".mka", ".webm", ".avi", ".wmv"),
    *(".mpg", ".mpeg"),
)

Note = Callable[[Path, str], None]


def find_audio(paths: Sequence[Path], note: Note | None = None) -> list[Path]:
    """Find the audio files among paths and in the folders among them.

    Args:
        paths: files, which are taken whatever they are called, and folders, which are searched
            through by extension, hidden files and folders left out; each folder once, however many
            links lead to it
        note: is told of each path that gives no file, and of each folder that cannot be searched,
            with a sentence

    Returns:
        The files, sorted, each once.

    Raises:
        AudioError: there is no `note`, and a path is not there, or a folder holds no audio or
            cannot be searched.
    """

    def said(path: Path, sentence: str) -> None:
        if note is None:
            raise AudioError(sentence)
        note(path, sentence)

    found: dict[str, Path] = {}
    for path in paths:
        shown = f"“{shown_name(str(path))}”"
        try:
            is_folder = stat.S_ISDIR(os.stat(path).st_mode)
        except FileNotFoundError:
            link = "is a link to something that is not there" if os.path.islink(path) else ""
            said(path, f"{shown} {link or 'is not there; check its name and folder'}.")
            continue
        except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
            reason = error_reason(error) if isinstance(error, OSError) else "it is no name"
            said(path, f"{shown} cannot be opened: {reason}.")
            continue
        problems: list[Path] = []
        inside = [path]
        if is_folder:
            search = _Search(said, problems)
            inside = search.files(path)
            if not inside and not problems:
                said(path, f"{shown} holds no audio files.")
        for file in inside:
            found.setdefault(os.path.realpath(file), file)
    return sorted(found.values())


class _Search:
    """One search through a folder; folders that links lead to come after all others."""

    def __init__(self, said: Note, problems: list[Path]) -> None:
        self._said = said
        self._problems = problems
        self._searched: set[tuple[int, int]] = set()
        self._links: list[Path] = []

    def files(self, folder: Path) -> list[Path]:
        # The folder, then those that links lead to.
        found = list(self._below(folder))
        while self._links:
            found += self._below(self._links.pop(0))
        return found

    def _below(self, folder: Path) -> Iterator[Path]:
        waiting = [folder]
        while waiting:
            folder = waiting.pop()
            try:
                about = os.stat(folder)
                if (about.st_dev, about.st_ino) in self._searched:
                    continue
                self._searched.add((about.st_dev, about.st_ino))
                with os.scandir(folder) as entries:
                    listed = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                self._problems.append(folder)
                shown = shown_name(str(folder))
                self._said(folder, f"The folder “{shown}” cannot be read: {error_reason(error)}.")
                continue
            for entry in listed:
                if entry.name.startswith(".") or entry.name == "__MACOSX":
                    continue
                path = folder / entry.name
                if _is_folder(entry):
                    (self._links if entry.is_symlink() else waiting).append(path)
                elif entry.name.lower().endswith(AUDIO_EXTENSIONS):
                    yield path


def _is_folder(entry: os.DirEntry[str]) -> bool:
    # A link that leads nowhere, or round in a circle, is no folder.
    try:
        return entry.is_dir()
    except OSError:
        return False
